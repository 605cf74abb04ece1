import { posix } from 'node:path'
import { lookFunction, LINKED_FILE_PROBLEMS, type LinkedFileProblem } from '../../facts/linked-files.ts'
import type { Host } from '../../inventory/types.ts'
import { raw } from '../../shell/raw.ts'
import { sh } from '../../shell/sh.ts'
import { moveAside } from '../../shell/typed.ts'
import type { Command } from '../../shell/types.ts'
import { path, type Path } from '../../values/path.ts'
import { scpTo, shellOn, sshTo } from '../../shell/ssh-command.ts'
import { replacedFiles, sentSources } from '../linked-source.ts'
import type { Stage } from '../stage.ts'
import type { Paths } from '../types.ts'

type LinkedStage = Pick<Stage, 'linkedFiles' | 'linkedSources' | 'shipit'>

/** Fails with a line for each linked file that is missing or not a file. One that the deploy sends may be missing. */
export const checkLinkedFiles = (stage: LinkedStage, host: Host, { shared, releases }: Pick<Paths, 'shared' | 'releases'>): Command => {
  const { linkedFiles: files } = stage
  const sent = sentSources(stage.linkedSources).map((source) => shared.join(source.path))
  return sh`
${lookFunction(releases, replacedFiles(stage.linkedSources, shared))}
wrong=
for file in ${files.map((file) => shared.join(file))}; do
  look "$file"
  case $what in
    ('') continue ;;${sent.length === 0 ? raw('') : sentAnyway(sent)}
    ${caseArms()}
  esac
  wrong=1
  if [ -L "$file" ]; then message="$message (it leads to $(readlink "$file"))"; fi
  printf 'linked file %s %s\n' "$file" "$message" >&2
done
[ -z "$wrong" ]
`
    .title('look for the linked files')
    .hint(({ stderr }) => linkedFilesRemedy(unlinkedIn(stderr, files, shared), host, shared, stage))
}

const sentAnyway = (sent: readonly Path[]): Command => sh`
    (missing | homeless)
      for other in ${sent}; do if [ "$file" = "$other" ]; then continue 2; fi; done
      if [ "$what" = missing ]; then message=${LINKED_FILE_PROBLEMS.missing}; else message=${LINKED_FILE_PROBLEMS.homeless}; fi ;;`

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

/**
 * What to type on this machine, in the project: it moves away what is in the way, and copies each file to its place. shipit sends those that
 * the config says where to find.
 */
export const linkedFilesRemedy = (
  unlinked: readonly MissingFile[],
  host: Host,
  shared: Path,
  { linkedSources, shipit }: Pick<LinkedStage, 'linkedSources' | 'shipit'>,
): string | undefined => {
  const known = unlinked.filter(([file, what]) => what !== 'closed' && what !== 'under' && linkedSources.some(({ path }) => path === file))
  const pushes = [
    ...known.flatMap(([file, what]) =>
      what === 'missing' || what === 'homeless' ? [] : [shellOn(host, moveAside(shared.join(file), 'before'))],
    ),
    ...(known.length > 0 ? [shipit('linked:push', ...known.map(([file]) => file), '--hosts', host.name)] : []),
  ]
  const commands = unlinked.flatMap((one) => {
    const [file, what] = one
    const to = shared.join(file)
    if (known.includes(one)) return []
    if (what === 'missing') return [scpTo(host, file, to)]
    if (what === 'homeless') return [sshTo(host, ['mkdir', '-p', path(posix.dirname(String(to)))]), scpTo(host, file, to)]
    // the check of the directories reports that
    return what === 'closed' || what === 'under' ? [] : [shellOn(host, moveAside(to, 'before')), scpTo(host, file, to)]
  })
  const closed = unlinked.flatMap(([file, what]) => (what === 'closed' ? [sshTo(host, ['namei', '-l', shared.join(file)])] : []))
  const parts = [
    ...(pushes.length > 0 ? [`send ${known.length === 1 ? 'it' : 'them'} from this machine: ${pushes.join(' && ')}`] : []),
    ...(commands.length > 0 ? [`put linked files there once, by hand: ${commands.join(' && ')}`] : []),
    ...(closed.length > 0 ? [`check the permissions there: ${closed.join(' && ')}`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join('; ')
}
