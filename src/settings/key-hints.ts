import type { ConfigPath } from '../errors/source-location.ts'

/**
 * Keys that people bring from Capistrano into a config, by the kind of object they put them in, and what to write instead. A key is looked
 * up only if the schema does not know it.
 */
const IN_A_TASK: Readonly<Record<string, string>> = {
  in: 'rolling: { size: 1 } goes host by host, rolling: { size: 2 } in groups of two; without it all hosts run at once',
  wait: "rolling: { size: 1, wait: '5s' } waits between two hosts",
  limit: 'rolling: { size: 2 } runs on two hosts at a time',
  roles: "on: 'app' selects the hosts of a task",
  desc: 'write description',
  execute: 'write steps: () => [sh`…`]',
  before: "hooks: { before: { 'deploy:updated': 'the:task' } } in the config runs a task before another",
  after: "hooks: { after: { 'deploy:published': 'the:task' } } in the config runs a task after another",
}
/** also in a stage */
const IN_THE_CONFIG: Readonly<Record<string, string>> = {
  user: "write ssh: { user: 'deploy' }",
  default_env: 'write env',
  scm: 'leave it out: git is the only one',
  format: 'type --output on the command line',
  log_level: 'type --verbose on the command line',
  pty: 'write .tty() after the command that needs a terminal',
  use_sudo: 'write .sudo() after each command that needs it',
  bundle_flags: "write bundler({ flags: ['--quiet'] }), in use",
  rbenv_ruby: "write rbenv({ ruby: '3.4.1' }), in use",
  hostVars: 'write it at the top level of the config: it is for all stages',
  stageVars: 'write it at the top level of the config: it is for all stages',
  rails_env: "write rails({ railsEnv: 'production' }), in use",
}

/** The settings of a service, by recipe. Given as settings of the recipe, they are in the wrong place. */
const OF_A_SERVICE: Readonly<Record<string, string>> = {
  systemd:
    'name unit units on serviceUnitUser user systemctlBin shared reloadOrRestart exec listen env envFiles log errorLog notify stopTimeout wants ' +
    'directives rolling after',
}

/** The one problem with settings of a service that were given as settings of the recipe: their names, and what to write. */
export interface MisplacedSettings {
  readonly keys: readonly string[]
  readonly message: string
}

/** `unknown`: the keys that the recipe does not have; `value`: its settings as given. */
export const misplacedSettings = (recipe: string, unknown: readonly string[], value: unknown): MisplacedSettings | undefined => {
  const known = Object.hasOwn(OF_A_SERVICE, recipe) ? OF_A_SERVICE[recipe]!.split(' ') : []
  const keys = unknown.filter((key) => known.includes(key))
  if (keys.length === 0) return undefined
  const { name } = value as { readonly name?: unknown }
  const service = typeof name === 'string' && /^[A-Za-z]\w*$/.test(name) ? name : 'web'
  const inside = keys.filter((key) => key !== 'name').map((key) => `${key}: …`)
  const body = inside.length === 0 ? '{}' : `{ ${[...inside.slice(0, 3), ...(inside.length > 3 ? ['…'] : [])].join(', ')} }`
  const names = keys.length === 1 ? keys[0]! : `${keys.slice(0, -1).join(', ')} and ${keys.at(-1)!}`
  return { keys, message: `unknown setting${keys.length === 1 ? '' : 's'} ${names}: write services: { ${service}: ${body} }` }
}

/** What to write instead of a key of a config that the schema does not know; undefined if there is only the nearest name to suggest. */
export const keyHint = (path: ConfigPath, key: string): string | undefined => {
  const ofConfig = path.length === 0 || (path.length === 2 && path[0] === 'stages')
  const table = path.at(-2) === 'tasks' ? IN_A_TASK : ofConfig ? IN_THE_CONFIG : {}
  return Object.hasOwn(table, key) ? table[key] : undefined
}
