import type { Call } from '../shell/types.ts'
import { STAGE_COMMANDS } from '../values/reserved-words.ts'

/**
 * Task names that people bring from Capistrano, its plugins, Mina and Deployer, which shipit calls something else or does not have, and
 * what to do instead. `shipit STAGE TASK` is replaced by the command that this run would print. A name that the stage has is never looked
 * up here.
 */
const HINTS: Readonly<Record<string, string>> = {
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
  'deploy:unlock': 'the lock of a deploy ends with it; to end one that is held: shipit STAGE unlock',
  'deploy:lock': 'every deploy takes the lock itself; to keep others from deploying, shipit STAGE lock -m REASON',
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
  'deploy:print_config_variables': 'see the settings: shipit STAGE config',
  'git:wrapper': 'there is no wrapper; hook on git:check',
  'git:set_current_revision': 'the task is called deploy:set_current_revision',
  'git:set_current_revision_time': 'the task is called deploy:set_current_revision_time',
  'bundler:map_bins': "write bundle exec in the command, or map the program in the config: commands: { rake: 'bundle exec rake' }",
  'rbenv:map_bins': 'rbenv() sets PATH and RBENV_VERSION for every command: no program needs to be mapped',
  'puma:smart_restart': 'shipit STAGE puma:restart, or puma:phased_restart',
  'puma:systemd:restart': 'shipit STAGE puma:restart',
  'sidekiq:rolling_restart': 'give sidekiq() the setting rolling: 1, then shipit STAGE sidekiq:restart',
  // what a command does, and what is not in shipit
  'deploy:pending': 'shipit STAGE pending',
  'deploy:pending:diff': 'shipit STAGE pending --diff',
  'deploy:web:disable': 'shipit has no maintenance page; write a task that creates a file for your web server to check',
  'deploy:web:enable': 'shipit has no maintenance page; write a task that creates a file for your web server to check',
  'maintenance:enable': 'shipit has no maintenance page; write a task that creates a file for your web server to check',
  'maintenance:disable': 'shipit has no maintenance page; write a task that creates a file for your web server to check',
  'deploy:upload': 'write a task with the step upload(from, to), or write(path, text)',
  console: 'a console is a task with .tty(), and the recipe rails() has rails:console; to open a shell: shipit STAGE ssh',
  ssh: 'open a shell on a host: shipit STAGE ssh',
  shell: 'open a shell on a host: shipit STAGE ssh',
  upload: 'upload() is a step: write a task with it',
  download: 'download() is a step: write a task with it',
  bash: 'open a shell on a host: shipit STAGE ssh',
  init: 'a command without a stage: shipit init',
  schema: 'a command without a stage: shipit schema',
  types: 'a command without a stage: shipit types',
  demo: 'a command without a stage: shipit demo',
  invoke: 'a command on the hosts: shipit STAGE exec -- uptime',
  run: 'a command on the hosts: shipit STAGE exec -- uptime',
}

/** Names for all services at once: the verb of the tasks to name instead, what to say without any of them, and with them. */
const SERVICES: Readonly<Record<string, { verb: string; alone: string; with: (commands: string) => string }>> = {
  status: {
    verb: 'status',
    alone: 'see what runs where: shipit STAGE status',
    with: (commands) => `see what runs where: shipit STAGE status; see a service: ${commands}`,
  },
  restart: {
    verb: 'restart',
    alone: 'write a task that restarts it, and hook it on deploy:restart',
    with: (commands) => `name what to restart: ${commands}`,
  },
  start: {
    verb: 'start',
    alone: 'write a task that starts it',
    with: (commands) => `name what to start: ${commands}`,
  },
  stop: {
    verb: 'stop',
    alone: 'write a task that stops it',
    with: (commands) => `name what to stop: ${commands}`,
  },
  log: {
    verb: 'log',
    alone: 'see the logs of the application: shipit STAGE logs',
    with: (commands) => `follow the log of a service: ${commands}`,
  },
}

/** Other names for those. */
const ALIASES: Readonly<Record<string, string>> = {
  'deploy:status': 'status',
  'deploy:start': 'start',
  'deploy:stop': 'stop',
  logs: 'log',
}

const COMMAND = /shipit STAGE ((?:plan )?[a-z_]+(?::[a-z_]+)*(?: --release NAME| --diff)?)/g

/** What has to follow a command. */
const COMMAND_WORDS: Readonly<Record<string, string>> = { exec: ' -- COMMAND', lock: ' -m REASON', plan: ' TASK', tree: ' TASK' }

/** The recipe that a task name belongs to: by the whole name, or by its prefix. */
const RECIPES_BY_PREFIX: readonly (readonly [prefix: string, recipe: string])[] = [
  ['deploy:migrate', 'rails'],
  ['deploy:assets:', 'rails'],
  ['rails:', 'rails'],
  ...['bundler', 'eb', 'inspeqtor', 'monit', 'puma', 'rbenv', 'sidekiq'].map((name) => [`${name}:`, name] as const),
]

/** Capistrano plugins that have no recipe yet. */
const NO_RECIPE: readonly string[] =
  'airbrake chruby composer delayed_job nginx npm nvm passenger pm2 resque rvm slackistrano symfony thin unicorn whenever yarn'.split(' ')

/** The name of a release; and what can be a commit, a version, or the full name of a branch or tag, but not a task. */
const RELEASE = /^\d{14}$/
const COMMIT = /^(?:[0-9a-f]{7,64}|v?\d+(?:\.\d+)+|refs\/\S+)$/

/**
 * What to do instead of a task that the stage does not have; undefined if there is nothing better than the nearest name. `tasks`: those
 * that it has.
 */
export const taskNameHint = (
  name: string,
  shipit: Call,
  config: string,
  recipes: readonly string[],
  tasks: readonly string[] = [],
): string | undefined => {
  const answer = Object.hasOwn(HINTS, name) ? HINTS[name] : serviceHint(name, shipit, tasks)
  if (answer !== undefined) return answer.replaceAll(COMMAND, (_, words: string) => shipit(...words.split(' ')))
  if (STAGE_COMMANDS.includes(name)) return `a command, not a task: ${shipit(name)}${COMMAND_WORDS[name] ?? ''}`
  if (RELEASE.test(name)) return `name a release with an option: ${shipit('deploy:rollback', '--release', name)}`
  if (COMMIT.test(name)) return `name a branch, tag or commit with an option: ${shipit('deploy', '--branch', name)}`
  const [, recipe] = RECIPES_BY_PREFIX.find(([prefix]) => name === prefix || (prefix.endsWith(':') && name.startsWith(prefix))) ?? []
  if (recipe !== undefined && !recipes.includes(recipe))
    return /\.(?:json|ya?ml)$/.test(config)
      ? `it belongs to the recipe ${recipe}, which ${config} does not use: add ${JSON.stringify(recipe)} to the list in use`
      : `it belongs to the recipe ${recipe}(), which ${config} does not use: import { ${recipe} } from 'shipit-ts/recipes', and add ${recipe}() to use`
  const plugin = NO_RECIPE.find((each) => name.startsWith(`${each}:`))
  return plugin === undefined
    ? undefined
    : `there is no recipe for ${plugin} yet: write its commands as tasks of ${config} and hook them where you want them`
}

const serviceHint = (name: string, shipit: Call, tasks: readonly string[]): string | undefined => {
  const key = Object.hasOwn(ALIASES, name) ? ALIASES[name]! : name
  const answer = Object.hasOwn(SERVICES, key) ? SERVICES[key]! : undefined
  if (answer === undefined) return undefined
  // deploy:restart is a place for hooks
  const serviceTasks = tasks.filter((task) => task.endsWith(`:${answer.verb}`) && !task.startsWith('deploy:'))
  return serviceTasks.length === 0 ? answer.alone : answer.with(serviceTasks.map((task) => shipit(task)).join(', or '))
}

/** The names with an answer of their own. */
export const HINTED_NAMES: readonly string[] = [HINTS, SERVICES, ALIASES].flatMap((names) => Object.keys(names))

/** Whether a word looks like the name of a task. */
export const looksLikeTask = (word: string): boolean => HINTED_NAMES.includes(word) || /^[a-z_]+(:[a-z_]+)+$/.test(word)
