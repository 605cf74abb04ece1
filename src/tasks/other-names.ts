import type { Call } from '../shell/types.ts'

/**
 * Task names that people bring from Capistrano, its plugins, Mina and Deployer, which shipit calls something else or does not have, and
 * what to do instead. `shipit STAGE TASK` is replaced by the command that this run would print. A name that the stage has is never looked
 * up here.
 */
const ANSWERS: Readonly<Record<string, string>> = {
  // other names for existing tasks
  rollback: 'shipit STAGE deploy:rollback',
  'deploy:revert': 'shipit STAGE deploy:rollback',
  'rollback:release': 'shipit STAGE deploy:rollback --release NAME',
  check: 'shipit STAGE deploy:check; or, to examine the hosts, shipit STAGE doctor',
  'deploy:check_dependencies': 'shipit STAGE deploy:check',
  setup: 'make the directories: shipit STAGE deploy:check; a deploy does it too',
  'deploy:setup': 'make the directories: shipit STAGE deploy:check; a deploy does it too',
  'deploy:cold': 'the first deploy is like any other: shipit STAGE deploy',
  'deploy:prepare': 'make the directories: shipit STAGE deploy:check; a deploy does it too',
  cleanup: 'shipit STAGE deploy:cleanup',
  unlock: 'no unlocking is needed: the lock ends with the process that holds it',
  'deploy:unlock': 'no unlocking is needed: the lock ends with the process that holds it',
  'deploy:lock': 'every deploy takes the lock itself',
  status: 'examine the hosts: shipit STAGE doctor; sidekiq:status and puma:status show services',
  'deploy:status': 'examine the hosts: shipit STAGE doctor; sidekiq:status and puma:status show services',
  restart: 'name what is to be restarted: shipit STAGE sidekiq:restart, or a task of your own on deploy:restart',
  'deploy:symlink': 'only a deploy or a rollback switches: shipit STAGE deploy',
  'deploy:create_symlink': 'only a deploy or a rollback switches: shipit STAGE deploy',
  'deploy:publish': 'only a deploy or a rollback switches: shipit STAGE deploy',
  'deploy:update': 'shipit STAGE deploy',
  'deploy:update_code': 'shipit STAGE deploy',
  'deploy:finalize_update': 'the hook is called deploy:updated',
  'deploy:migrations': 'the recipe rails() migrates in every deploy: shipit STAGE deploy',
  'deploy:migrating': 'hook before deploy:migrate instead, a task of the recipe rails()',
  'deploy:migrated': 'hook after deploy:migrate instead, a task of the recipe rails()',
  'deploy:compile_assets': 'the task is called deploy:assets:precompile, in the recipe rails()',
  'deploy:normalize_assets': 'deploy:assets:precompile of the recipe rails() does it',
  'deploy:cleanup_assets': 'the task is called deploy:assets:clean, in the recipe rails()',
  'deploy:rollback_assets': 'the task is called deploy:assets:restore_manifest, in the recipe rails()',
  'deploy:cleanup_rollback': 'a rollback keeps the release that it leaves; hook on deploy:finishing_rollback',
  'deploy:rollback_release_path': 'the hook is called deploy:reverting',
  'deploy:set_previous_revision': 'the hook is called deploy:started',
  'deploy:print_config_variables': 'see what the settings lead to: shipit STAGE plan deploy --full',
  'git:wrapper': 'there is no wrapper; hook on git:check',
  'git:set_current_revision': 'the task is called deploy:set_current_revision',
  'git:set_current_revision_time': 'the task is called deploy:set_current_revision_time',
  'bundler:map_bins': 'programs are not mapped: write bundle exec in the command',
  'rbenv:map_bins': 'rbenv() sets PATH and RBENV_VERSION for every command; nothing is mapped',
  'puma:smart_restart': 'shipit STAGE puma:restart, or puma:phased_restart',
  'puma:systemd:restart': 'shipit STAGE puma:restart',
  'sidekiq:rolling_restart': 'give sidekiq() the setting rolling: 1, then shipit STAGE sidekiq:restart',
  // not in shipit
  'deploy:pending': 'see the live commit and the one to deploy: shipit STAGE plan deploy; git log LIVE..NEW lists those between',
  'deploy:pending:diff': 'see the live commit and the one to deploy: shipit STAGE plan deploy; git diff LIVE NEW compares them',
  'deploy:web:disable': 'shipit has no maintenance page; write a task that your web server looks at',
  'deploy:web:enable': 'shipit has no maintenance page; write a task that your web server looks at',
  'maintenance:enable': 'shipit has no maintenance page; write a task that your web server looks at',
  'maintenance:disable': 'shipit has no maintenance page; write a task that your web server looks at',
  'deploy:upload': 'shipit has no upload yet; write() in a task writes a text to a file',
  'deploy:start': 'name what is to be started: shipit STAGE sidekiq:start, puma:start, or a task of your own',
  'deploy:stop': 'name what is to be stopped: shipit STAGE sidekiq:stop, puma:stop, or a task of your own',
  console: 'shipit cannot open a terminal yet: ssh to the host, then cd to current and run the console',
  'rails:console': 'shipit cannot open a terminal yet: ssh to the host, then cd to current and run the console',
  ssh: 'shipit cannot open a terminal yet: ssh to the host',
  shell: 'shipit cannot open a terminal yet: ssh to the host',
  invoke: 'write the command as a task, tasks: { uptime: { steps: () => [sh`uptime`] } }, then shipit STAGE uptime',
  run: 'write the command as a task, tasks: { uptime: { steps: () => [sh`uptime`] } }, then shipit STAGE uptime',
  logs: 'follow the log of a service: shipit STAGE sidekiq:log, or puma:log',
  log: 'follow the log of a service: shipit STAGE sidekiq:log, or puma:log',
}

const COMMAND = /shipit STAGE ((?:plan )?[a-z_]+(?::[a-z_]+)*(?: --release NAME)?)/g

/** The recipe that a task name belongs to: by the whole name, or by its prefix. */
const OWNERS: readonly (readonly [prefix: string, recipe: string])[] = [
  ['deploy:migrate', 'rails'],
  ['deploy:assets:', 'rails'],
  ...['bundler', 'eb', 'inspeqtor', 'monit', 'puma', 'rbenv', 'sidekiq'].map((name) => [`${name}:`, name] as const),
]

/** Capistrano plugins that have no recipe yet. */
const WITHOUT: readonly string[] =
  'airbrake chruby composer delayed_job nginx npm nvm passenger pm2 resque rvm slackistrano symfony thin unicorn whenever yarn'.split(' ')

/** The name of a release; and what can be a commit, a version, or the full name of a branch or tag, but not a task. */
const RELEASE = /^\d{14}$/
const COMMIT = /^(?:[0-9a-f]{7,64}|v?\d+(?:\.\d+)+|refs\/\S+)$/

/** What to do instead of a task that the stage does not have; undefined if there is nothing better than the nearest name. */
export const otherName = (name: string, shipit: Call, config: string, recipes: readonly string[]): string | undefined => {
  const answer = Object.hasOwn(ANSWERS, name) ? ANSWERS[name] : undefined
  if (answer !== undefined) return answer.replaceAll(COMMAND, (_, words: string) => shipit(...words.split(' ')))
  if (RELEASE.test(name)) return `a release is named by an option: ${shipit('deploy:rollback', '--release', name)}`
  if (COMMIT.test(name)) return `a branch, a tag or a commit is named by an option: ${shipit('deploy', '--branch', name)}`
  const [, recipe] = OWNERS.find(([prefix]) => name === prefix || (prefix.endsWith(':') && name.startsWith(prefix))) ?? []
  if (recipe !== undefined && !recipes.includes(recipe))
    return /\.(?:json|ya?ml)$/.test(config)
      ? `it belongs to the recipe ${recipe}, which ${config} does not use: add ${JSON.stringify(recipe)} to the list in use`
      : `it belongs to the recipe ${recipe}(), which ${config} does not use: import { ${recipe} } from 'shipit-ts/recipes', and add ${recipe}() to use`
  const plugin = WITHOUT.find((each) => name.startsWith(`${each}:`))
  return plugin === undefined
    ? undefined
    : `there is no recipe for ${plugin} yet: write its commands as tasks of ${config} and hook them where you want them`
}

/** The names with an answer of their own. */
export const OTHER_NAMES: readonly string[] = Object.keys(ANSWERS)

/** Whether a word looks like the name of a task. */
export const soundsLikeTask = (word: string): boolean => Object.hasOwn(ANSWERS, word) || /^[a-z_]+(:[a-z_]+)+$/.test(word)
