import { sh } from '../src/index.ts'
import type { Command, RecipeFacts, Word } from '../src/index.ts'

/** Ends with 0 where nothing is at a path. What cannot be looked at is a failure: that is not "nothing". */
export const nothingAt = (path: Word | Command): Command =>
  sh`why=$(LC_ALL=C ls -dL ${path} 2>&1) || case $why in (*': No such file or directory' | *': Not a directory') ;; (*) printf '%s\n' "$why" >&2; exit 1 ;; esac`

/** Prints a file as it is, and nothing where there is none. */
export const readFile = (path: Word): Command => sh`if [ -e ${path} ]; then cat ${path}; else ${nothingAt(path)}; fi`.probe()

/** Asks for the files below a folder that carry a mark, a path a line. `prefix` sets what runs it in `$@`: `sudo -n`. */
export const markedIn = (dir: string, mark: string, prefix: Command | readonly never[]): Command =>
  sh`set --; ${prefix} LC_ALL=C "$@" grep -rlF -e ${mark} -- ${dir} || [ $? = 1 ]`.probe()

/** The names of those files; none where they could not be asked for: see {@link unlooked}. */
export const namesOf = (asked: RecipeFacts[string] | undefined): readonly string[] =>
  asked?.ok === true ? asked.stdout.split('\n').flatMap((path) => (path === '' ? [] : path.slice(path.lastIndexOf('/') + 1))) : []

/** Why {@link markedIn} could not look; undefined where it could, or there is no such folder. A refusal of sudo's is 1, too: it has words. */
export const unlooked = (asked: RecipeFacts[string] | undefined, dir: string): string | undefined => {
  if (asked === undefined || asked.stderr.includes(`${dir}: No such file`)) return undefined
  if (asked.ok && (asked.stdout !== '' || asked.stderr === '')) return undefined
  return asked.stderr.trim() || `${dir} cannot be read`
}
