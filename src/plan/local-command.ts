import { alternativesOf } from '../shell/attempts.ts'
import { isCommand } from '../shell/brand.ts'
import type { Command } from '../shell/types.ts'
import { usageError } from '../values/errors.ts'
import { isInHostHome, isPath, path, type Path } from '../values/path.ts'

/** Rejects a local command with a path in the home of a host: `~/` is a different directory here. Throws (usage). */
export const checkLocalCommand = (command: Command): Command => {
  const homePath = hostHomePath(command)
  if (homePath === undefined) return command
  throw usageError(
    `${homePath.toString()} is in a home directory on the hosts, and this command runs on this machine, where ~ is a different one`,
    {
      hint: 'give deployTo as an absolute path, or run the command on a host',
    },
  )
}

const hostHomePath = (value: unknown): Path | undefined => {
  if (isPath(value)) return isInHostHome(value) ? value : undefined
  if (isCommand(value)) {
    const { parts, dir, env = {}, guards = [] } = value.spec
    return first([
      // the shell expands ~/ in a text too
      typeof dir === 'string' ? path(dir) : dir,
      ...parts.map((part) => ('value' in part ? part.value : undefined)),
      ...Object.values(env),
      ...guards.map(({ guard }) => guard),
      ...alternativesOf(value.spec),
    ])
  }
  if (Array.isArray(value)) return first(value)
  return typeof value === 'object' && value !== null && 'dirs' in value ? first(value.dirs as readonly unknown[]) : undefined
}

const first = (values: readonly unknown[]): Path | undefined => values.map(hostHomePath).find((found) => found !== undefined)
