import type { Host } from '../inventory/types.ts'
import { pathsOf } from '../plan/context.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import { sh } from '../shell/sh.ts'
import type { Command, Failed, ShValue } from '../shell/types.ts'
import type { Stage } from '../tasks/stage.ts'
import type { Paths } from '../tasks/types.ts'
import { ShipitError, usageError } from '../values/errors.ts'
import { path, type Path } from '../values/path.ts'

/** A command that was typed for the hosts of a stage, and how it runs there. */
export interface TypedCommand {
  /** one with blanks is a line for `/bin/sh`; several are a program and its arguments */
  readonly words: readonly string[]
  readonly as?: string | undefined
  readonly sudo?: boolean
  /** `current`, `release`, `shared`, a path in one of them, or a path from `/` or `~/` */
  readonly in?: string | undefined
}

/** The command as a value, with the environment of a host. Throws (usage) for what can run on no host. */
export const execCommand = (typed: TypedCommand, stage: Stage): ((host: Host) => Command) => {
  if (typed.as !== undefined && typed.sudo)
    throw usageError('--as and --sudo exclude each other', { hint: '--as root runs it as root, in a shell of root' })
  const place = typed.in === undefined ? undefined : placeOf(typed.in, pathsOf(stage, undefined))
  const [first = '', ...others] = typed.words
  const line = others.length === 0 && /\s/.test(first)
  const words: ShValue[] = [...(place?.physical ? IN_PHYSICAL(place.dir) : []), ...(line ? ['/bin/sh', '-c', first] : [first, ...others])]
  let command = sh`${words}`.hint((failed) => hintFor(typed, failed, stage))
  if (place && !place.physical) command = command.in(place.dir)
  if (typed.as !== undefined) command = command.as(typed.as)
  const made = typed.sudo ? withSudo(command) : command
  return (host) => withDefaults(made, stage, host)
}

/** Runs the rest of the words in the directory that a link leads to, and stays there when the link changes. */
const IN_PHYSICAL = (dir: Path): ShValue[] => ['/bin/sh', '-c', 'cd -P -- "$1" && shift && exec "$@"', 'sh', dir]

const placeOf = (typed: string, paths: Paths): { readonly dir: Path; readonly physical: boolean } => {
  if (/^(?:\/|~\/|~$)/.test(typed)) return { dir: path(typed), physical: false }
  const [place = '', ...rest] = typed.split('/').filter((part) => part !== '')
  const places: Readonly<Record<string, Path>> = { current: paths.current, release: paths.current, shared: paths.shared }
  const dir = Object.hasOwn(places, place) ? places[place] : undefined
  if (dir === undefined)
    throw usageError(`--in ${typed}: unknown place`, { hint: 'current, release, shared, a path in one of them, or a path from / or ~/' })
  return { dir: rest.length === 0 ? dir : dir.join(...rest), physical: place === 'release' }
}

/** sudo's own checks speak of templates in a config. */
const withSudo = (command: Command): Command => {
  try {
    return command.sudo()
  } catch (error) {
    if (!(error instanceof ShipitError)) throw error
    throw usageError(`--sudo: ${error.message.replaceAll(/sh`([^`]*)`/g, '$1')}`, { hint: 'use --as root' })
  }
}

/** Called with a failure. What shipit knows about any failed command is added where this has nothing to say. */
const hintFor = ({ in: place }: TypedCommand, { stderr }: Failed, { shipit }: Stage): string | undefined =>
  place !== undefined && /^(?:current|release)\b/.test(place) && /\bcd: /.test(stderr)
    ? `nothing is live there; this puts a release on every host that gets one: ${shipit('deploy')}`
    : undefined
