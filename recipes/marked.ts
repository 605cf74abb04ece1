import { fail, sh } from '../src/index.ts'
import type { Command, RecipeFacts, Word } from '../src/index.ts'

type Fact = RecipeFacts[string] | undefined

/** Fails, with the reason, if it cannot tell whether the path exists. */
export const looked = (path: Word | Command): Command =>
  sh`why=$(LC_ALL=C ls -dL ${path} 2>&1) || case $why in (*': No such file or directory' | *': Not a directory') ;; (*) printf '%s\n' "$why" >&2; exit 1 ;; esac`

/** Prints a file unchanged, or nothing if it does not exist. */
export const readFile = (path: Word): Command => sh`if [ -e ${path} ]; then cat ${path}; else ${looked(path)}; fi`.probe()

/**
 * Lists the files in a folder that contain a mark; with `sudo`, searches as root if the account may not read them all. Exit code 1 means
 * that grep found none, or that sudo refused: `test -d` tells which.
 */
export const markedIn = (dir: string, mark: string, sudo: boolean): Command =>
  sh`
marked() { LC_ALL=C "$@" grep -rlF -e ${mark} -- ${dir} || { [ $? = 1 ] && "$@" test -d ${dir} 2>/dev/null; }; }
${sudo ? sh`marked 2>/dev/null || marked sudo -n` : sh`marked`}`.probe()

/** The names of the files that {@link markedIn} found. */
export const namesOf = (asked: Fact, dir: string): readonly string[] => {
  const names = (asked?.stdout ?? '').split('\n').flatMap((path) => (path.startsWith(`${dir}/`) ? [path.slice(dir.length + 1)] : []))
  return [...new Set(names)].filter((name) => !name.includes('/'))
}

/** A step that fails with the reason why {@link markedIn} could not look; undefined if it could, or if the folder does not exist. */
export const cannotLook = (asked: Fact, dir: string): Command | undefined => {
  if (asked === undefined || asked.ok || asked.stderr.includes(`${dir}: No such file`)) return undefined
  return fail(asked.stderr.trim() || `${dir} cannot be read`).title(`look into ${dir}`)
}
