import { command as make } from '../shell/command.ts'
import type { Command, Part } from '../shell/types.ts'
import { underUmask } from '../values/umask.ts'

/**
 * The command with the umask of its stage, unless it has its own. An alternative has that of its command. Files that a step sends or writes
 * get it as well, where the step gives them no mode.
 */
export const withUmask = (command: Command, umask: string | undefined): Command => {
  const { spec } = command
  const own = spec.umask ?? umask
  if (own === undefined || spec.message !== undefined) return command
  const { upload, rsync, attempts } = spec
  return make({
    ...spec,
    umask: own,
    parts: [...(spec.writes === undefined || upload !== undefined || rsync !== undefined ? [] : modesUnder(own)), ...spec.parts],
    ...(upload && { upload: { ...upload, umask: own } }),
    ...(rsync && { rsync: { ...rsync, umask: own } }),
    ...(attempts && {
      attempts: attempts.map((one) => ('retry' in one ? one : { orElse: withUmask(one.orElse, own) })),
    }),
  })
}

/** For the script of `write()`: the mode of a new file without one of its own, and the umask of new folders. */
const modesUnder = (umask: string): readonly Part[] => [
  { text: `shipit_umask=${umask} shipit_mode=${underUmask(0o666, umask).toString(8).padStart(4, '0')}\n` },
]
