import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { UPLOAD_LOOK, UPLOAD_OWN, UPLOAD_PLACE } from '../shell/upload-program.ts'
import { path } from '../values/path.ts'
import type { ProbeResult } from './types.ts'

/** What an upload would send, as far as a host is asked about it. */
export interface UploadQuestion {
  /** the file or folder on the host */
  readonly to: string
  readonly kind: 'file' | 'folder'
  /** its names begin with `./`; `size`: of a file, in bytes */
  readonly entries: readonly { readonly name: string; readonly kind: 'file' | 'folder' | 'link'; readonly size: number }[]
  /** whether what is in the files counts, or only whether they are there */
  readonly contents: boolean
  /** whether what else is in the folder counts */
  readonly list: boolean
  /** it is in a release, where a link may come from the repository */
  readonly inRelease: boolean
}

/** What a host has in the place of an upload. */
export type UploadFact =
  /** it cannot be put there, and why */
  | { readonly is: 'refused'; readonly message: string }
  /** not known, and why: most often something there is closed to the account that asked */
  | { readonly is: 'unread'; readonly message: string }
  | {
      readonly is: 'read'
      /** lines of `look`, `sums` and `links` of the program on the host, which `transfer/host-files.ts` reads */
      readonly found: readonly string[]
      readonly sums: readonly string[]
      readonly links: readonly string[]
      /** what is in the folder, if that was asked; undefined: more than is listed */
      readonly listed: { readonly folders: readonly string[]; readonly others: readonly string[] } | undefined
    }

/** How many bytes of names are read from a folder that an upload would remove something from. */
const MOST_LISTED = 400_000

/** The commands that look, which write nothing. Only files of the same size are read. */
export const uploadCommands = (question: UploadQuestion): readonly Command[] => [
  compareCommand(question),
  ...(question.list ? [listCommand(question)] : []),
]

const compareCommand = ({ to, kind, entries, contents, inRelease }: UploadQuestion): Command =>
  sh`
LC_ALL=C; export LC_ALL
to=${path(to)} kind=${kind} in_release=${inRelease ? '1' : ''}
${raw(UPLOAD_PLACE)}
${raw(UPLOAD_LOOK)}
# says so if it is closed, and not missing
ls -d "$dir" >/dev/null || :
if [ -d "$dir" ] && [ ! -x "$dir" ]; then echo 'Permission denied' >&2; exit 1; fi
found=
if [ -d "$dir" ]; then
  cd "$dir"
  found=$(printf '%s\0' ${entries.map(({ name }) => name)} | look) || :
fi
printf '%s\nsums\n' "$found"
# those of ours that are as large there
same() {
  { printf '%s\n' ${contents ? entries.map((entry) => `${entry.kind === 'file' ? entry.size : entry.kind} ${entry.name}`) : []}; echo; printf '%s\n' "$found"; } | awk -v kind="$1" '
    !theirs && $0 == "" { theirs = 1; next }
    !theirs { at = index($0, " "); size[substr($0, at + 1)] = substr($0, 1, at - 1); next }
    {
      name = substr($0, index($0, " ./") + 1)
      if (kind == "file" && $1 ~ /^8/ && name in size && size[name] == $2) print name
      if (kind == "link" && $1 ~ /^[aA]/ && size[name] == "link") print name
    }'
}
large=$(if [ -n "$found" ]; then same file; fi)
if [ -n "$large" ]; then printf '%s\n' "$large" | tr '\n' '\0' | sums || :; fi
echo links
if [ -n "$found" ]; then same link | while IFS= read -r name; do printf '>%s\n' "$(readlink "$name")"; done; fi
`
    .title(`compare ${to}`)
    .probe()

const listCommand = ({ to }: UploadQuestion): Command =>
  sh`
LC_ALL=C; export LC_ALL
dir=${path(to)}
if [ -d "$dir" ] && [ ! -x "$dir" ]; then echo 'Permission denied' >&2; exit 1; fi
${raw(UPLOAD_OWN)}
if [ -d "$dir" ]; then
  cd "$dir"
  find . -type d -print0 | head -c ${MOST_LISTED}
  printf '\0'
  find . ! -type d -print0 | head -c ${MOST_LISTED}
fi
`
    .title(`list ${to}`)
    .probe()

/** What {@link UPLOAD_PLACE} and {@link UPLOAD_OWN} print before they end. */
const REFUSALS = /is a directory$|is a link, and upload\(\) puts|is not a directory$|is a part of a deployment of shipit/m

/** Their answers. What is said besides files that are not there makes all of it unknown: nothing is taken for new because it was not read. */
export const parseUpload = ([compared, list]: readonly ProbeResult[]): UploadFact => {
  const answers = [compared!, ...(list ? [list] : [])]
  const odd = answers.flatMap(({ stderr }) => linesOf(stderr)).filter((line) => !/o such file or directory/.test(line))
  if (odd.some((line) => /ermission denied/.test(line))) return { is: 'unread', message: 'it is closed to this account' }
  const refused = answers.find(({ code, stderr }) => code === 1 && REFUSALS.test(stderr))
  if (refused !== undefined) return { is: 'refused', message: refused.stderr.trim() }
  const failed = answers.find(({ ok }) => !ok)
  if (odd.length > 0 || failed !== undefined) return { is: 'unread', message: `it could not be read: ${odd[0] ?? `exit ${failed!.code}`}` }
  const [found = '', sums = '', links = ''] = sectionsOf(compared!.stdout)
  return {
    is: 'read',
    found: linesOf(found),
    sums: linesOf(sums),
    links: linesOf(links).flatMap((line) => (line.startsWith('>') ? [line.slice(1)] : [])),
    listed: listed(list?.stdout ?? ''),
  }
}

/** Targets of links, the last section, may have any lines. */
const sectionsOf = (text: string): readonly string[] => {
  const sums = text.indexOf('sums\n') === 0 ? 0 : text.indexOf('\nsums\n') + 1
  const links = text.indexOf('links\n', sums)
  return [text.slice(0, sums), text.slice(sums + 'sums\n'.length, links), text.slice(links + 'links\n'.length)]
}

const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')

const listed = (text: string): (UploadFact & { readonly is: 'read' })['listed'] => {
  const end = text.indexOf('\0\0')
  const [folders, others] = text.startsWith('\0') || end < 0 ? ['', text] : [text.slice(0, end), text.slice(end + 2)]
  if ([folders, others].some((part) => Buffer.byteLength(part) >= MOST_LISTED - 2)) return undefined
  const names = (part: string): readonly string[] => part.split('\0').filter((name) => name !== '' && name !== '.')
  return { folders: names(folders), others: names(others) }
}
