import { note, sh } from '../../index.ts'
import type { Command, StepsContext } from '../../index.ts'
import { expandHome } from '../expand-home.ts'
import { deployFolder, type HeaderContext, headerOf, isSameStage, olderHeader, parseHeader } from './header.ts'
import type { ManagedFile } from './managed.ts'

type Of = Pick<StepsContext, 'application' | 'stage' | 'paths' | 'layout'>

/** The message about a unit, job or process that has our name but is not ours. `why` is the reason, such as `runs in /srv/other`. */
export const foreignMessage = (c: Of, what: string, why: string): string =>
  `${what} ${why}: it does not belong to ${c.application} (${c.stage}), which is deployed to ${expandHome(c, c.paths.deployTo)}`

/** What is printed after the path of a file whose name is ours but whose content is not. */
export const foreignFileText = ({ application, stage }: Pick<Of, 'application' | 'stage'>): string =>
  `exists and does not belong to ${application} (${stage})`

/** The files that {@link foreignFileText} was printed for. */
export const foreignFilesIn = (stderr: string): string[] =>
  Array.from(stderr.matchAll(/^(\S+) exists and does not belong to /gm), ([, file]) => file!)

/**
 * Shell function `ours FILE LINE`: succeeds if nothing is there, or a file whose first line is LINE, our header with its name, or that of an
 * older version. Otherwise prints its owner on stderr. A link is never ours.
 */
export const oursFunction = (c: HeaderContext): Command => sh`first() { line=; IFS= read -r line < "$1" || :; } 2>/dev/null
ours() {
  if [ ! -e "$1" ] && [ ! -L "$1" ]; then return 0; fi
  line=
  if [ -f "$1" ]; then first "$1"; fi
  if [ ! -L "$1" ]; then case $line in ("$2" | ${olderHeader(c)}) return 0 ;; esac; fi
  case $line in
    ('# Written by shipit '* | '# by shipit, for '*) printf '%s %s: it begins with "%s"\n' "$1" ${whichIs(c)} "$line" >&2 ;;
    (*) printf '%s %s\n' "$1" ${whichIs(c)} >&2 ;;
  esac
  return 1
}`

const whichIs = (c: HeaderContext): string => `${foreignFileText(c)}, ${c.usedAs}:install, deployed to ${deployFolder(c)}`

/** Calls {@link oursFunction} for a file. */
export const oursAt = (c: HeaderContext, path: string): Command => sh`ours ${path} ${headerOf(c, path.slice(path.lastIndexOf('/') + 1))}`

/** Something that looks like ours but is left alone: `why` is a sentence about it, without its name. */
export interface LeftFile {
  readonly name: string
  readonly why: string
}

/** Why a link is left alone: its target may be in use elsewhere, and we would not have written it there. */
export const LINK = 'is a link, and shipit makes no links'

/**
 * What the first line of a file proves: `ours`; `use`: another use of the recipe wrote it; `left`: a copy or a link; `elsewhere`: it names
 * another folder; `older`: it names neither file nor folder. Undefined: it belongs to another application or stage.
 */
export const proveOrigin = (
  c: HeaderContext,
  { name, header: line, kind }: ManagedFile,
): { readonly is: 'ours' } | { readonly is: 'use' | 'left' | 'elsewhere' | 'older'; readonly why: string } | undefined => {
  const header = parseHeader(line)
  if (header === undefined || !isSameStage(c, header)) return undefined
  const { use } = header
  if (use !== undefined && use !== c.usedAs) return { is: 'use', why: `was written by ${use}:install` }
  if (kind === 'odd') return { is: 'left', why: 'has control characters in its name' }
  if (kind === 'link') return { is: 'left', why: LINK }
  if (header.of === undefined) return { is: 'older', why: 'was written by an older shipit, and it is not known for which deployment' }
  if (header.of.name !== name) return { is: 'left', why: `is a copy of ${header.of.name}` }
  return header.of.deployTo === deployFolder(c) ? { is: 'ours' } : { is: 'elsewhere', why: `was written for ${header.of.deployTo}` }
}

/**
 * Sorts the managed files in a folder: those that this use wrote, those that are left alone, and those of other uses. `own`: the names that
 * it writes now; only under these is a file of an older version known to be ours.
 */
export const ownFiles = (
  c: HeaderContext,
  files: readonly ManagedFile[] = [],
  own: readonly string[],
): { readonly ours: readonly string[]; readonly left: readonly LeftFile[]; readonly uses: readonly LeftFile[] } => {
  const all = files.map((file) => ({ name: file.name, proven: proveOrigin(c, file) }))
  const isOurs = ({ name, proven }: (typeof all)[number]) => proven?.is === 'ours' || (proven?.is === 'older' && own.includes(name))
  return {
    ours: all.filter(isOurs).map(({ name }) => name),
    left: all.flatMap((one) => (isOurs(one) || one.proven?.is === 'use' ? [] : leftOf(one.name, one.proven))),
    uses: all.flatMap((one) => (one.proven?.is === 'use' ? leftOf(one.name, one.proven) : [])),
  }
}

const leftOf = (name: string, proven: ReturnType<typeof proveOrigin>): readonly LeftFile[] =>
  proven === undefined || proven.is === 'ours' ? [] : [{ name, why: proven.why }]

/** A note that names the files that are left alone; undefined if there are none. */
export const noteLeft = (left: readonly LeftFile[]): Command | undefined =>
  left.length === 0
    ? undefined
    : note(left.map(({ name, why }) => `${name} ${why}, and so is left as it is`)).title('files left as they are')
