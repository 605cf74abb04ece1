/**
 * Keys that people bring from Capistrano into a config, by the kind of object they put them in, and what to write instead. A key is looked
 * up only if the schema does not know it.
 */
const IN_A_TASK: Readonly<Record<string, string>> = {
  in: 'rolling: { size: 1 } goes host by host, rolling: { size: 2 } in groups of two; without it all hosts run at once',
  wait: "rolling: { size: 1, wait: '5s' } waits between two hosts",
  limit: 'rolling: { size: 2 } runs on two hosts at a time',
  roles: "on: 'app' says where a task runs",
  desc: 'write description',
  execute: 'write steps: () => [sh`…`]',
  before: "hooks: { before: { 'deploy:updated': 'the:task' } } of the config hangs a task on another",
  after: "hooks: { after: { 'deploy:published': 'the:task' } } of the config hangs a task on another",
}
/** also in a stage */
const IN_THE_CONFIG: Readonly<Record<string, string>> = {
  user: "write ssh: { user: 'deploy' }",
  default_env: 'write env',
  scm: 'leave it out: git is the only one',
  format: 'type --output on the command line',
  log_level: 'type --verbose on the command line',
  pty: 'leave it out: no command gets a terminal',
  use_sudo: 'write .sudo() behind each command that needs it',
  bundle_flags: "write bundler({ flags: ['--quiet'] }), in use",
  rbenv_ruby: "write rbenv({ ruby: '3.4.1' }), in use",
  rails_env: "write rails({ railsEnv: 'production' }), in use",
}

/** What to write instead of a key that the schema does not know; undefined if there is only the nearest name to suggest. */
export const otherKey = (path: readonly (string | number)[], key: string): string | undefined => {
  const ofConfig = path.length === 0 || (path.length === 2 && path[0] === 'stages')
  const table = path.at(-2) === 'tasks' ? IN_A_TASK : ofConfig ? IN_THE_CONFIG : {}
  return Object.hasOwn(table, key) ? table[key] : undefined
}
