import { posix } from 'node:path'
import { lookFunction, LINKED_FILE_PROBLEMS, type LinkedFileProblem } from '../../facts/linked-files.ts'
import type { Host } from '../../inventory/types.ts'
import { sh } from '../../shell/sh.ts'
import { moveAside } from '../../shell/typed.ts'
import type { Command } from '../../shell/types.ts'
import { path, type Path } from '../../values/path.ts'
import { scpTo, shellOn, sshTo } from '../../shell/ssh-command.ts'
import type { Paths } from '../types.ts'

/** Fails with a line for each linked file that is missing or not a file. */
export const checkLinkedFiles = (files: readonly string[], host: Host, { shared, releases }: Pick<Paths, 'shared' | 'releases'>): Command =>
  sh`
${lookFunction(releases)}
wrong=
for file in ${files.map((file) => shared.join(file))}; do
  look "$file"
  case $what in
    ('') continue ;;
    ${caseArms()}
  esac
  wrong=1
  if [ -L "$file" ]; then message="$message (it leads to $(readlink "$file"))"; fi
  printf 'linked file %s %s\n' "$file" "$message" >&2
done
[ -z "$wrong" ]
`
    .title('look for the linked files')
    .hint(({ stderr }) => linkedFilesRemedy(unlinkedIn(stderr, files, shared), host, shared))

const caseArms = (): Command =>
  Object.entries(LINKED_FILE_PROBLEMS)
    .map(([problem, message]) => sh`(${problem}) message=${message} ;;`)
    .reduce(
      (all, arm) => sh`${all}
    ${arm}`,
    )

/** The files that the failed check named. */
const unlinkedIn = (stderr: string, files: readonly string[], shared: Path): readonly MissingFile[] =>
  files.flatMap((file) => {
    // the output has the host's home in place of ~
    const place = `${String(shared).replace(/^~/, '')}/${file}`
    const what = (Object.keys(LINKED_FILE_PROBLEMS) as LinkedFileProblem[])
      .toSorted((a, b) => LINKED_FILE_PROBLEMS[b].length - LINKED_FILE_PROBLEMS[a].length)
      .find((key) => stderr.includes(`${place} ${LINKED_FILE_PROBLEMS[key]}`))
    return what === undefined ? [] : [[file, what] as const]
  })

type MissingFile = readonly [file: string, what: LinkedFileProblem]

/** What to type on this machine, in the project: it moves away what is in the way, and copies each file to its place. */
export const linkedFilesRemedy = (unlinked: readonly MissingFile[], host: Host, shared: Path): string | undefined => {
  const commands = unlinked.flatMap(([file, what]) => {
    const to = shared.join(file)
    if (what === 'missing') return [scpTo(host, file, to)]
    if (what === 'homeless') return [sshTo(host, ['mkdir', '-p', path(posix.dirname(String(to)))]), scpTo(host, file, to)]
    // the check of the directories reports that
    return what === 'closed' || what === 'under' ? [] : [shellOn(host, moveAside(to, 'before')), scpTo(host, file, to)]
  })
  const closed = unlinked.flatMap(([file, what]) => (what === 'closed' ? [sshTo(host, ['namei', '-l', shared.join(file)])] : []))
  const parts = [
    ...(commands.length > 0 ? [`put linked files there once, by hand: ${commands.join(' && ')}`] : []),
    ...(closed.length > 0 ? [`check the permissions there: ${closed.join(' && ')}`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}
