import { posix } from 'node:path'
import { command as make } from '../shell/command.ts'
import { sh } from '../shell/sh.ts'
import { typed } from '../shell/typed.ts'
import type { Command, Failed } from '../shell/types.ts'
import { joinCommands } from './join-commands.ts'
import type { Linked, Tree } from './linked-paths.ts'
import type { Paths } from './types.ts'

/** A place in a release that a command is about to change. */
export interface InsideTarget {
  /** inside the release: `'.bundle/config'` */
  readonly path: string
  /**
   * `replace` (default): removes it or renames over it, whatever it is; `write`: writes a file in place; `fill`: puts files into this
   * directory. All of them use the directories around it.
   */
  readonly how?: 'replace' | 'write' | 'fill'
  /** follows "PATH is a link to …,": `and linkedFiles has config/master.key` */
  readonly why: string
}

/** Where the release is, and which of its links are ours. */
export type InsideContext = Linked & Tree & { readonly paths: Pick<Paths, 'release' | 'shared'> }

/**
 * The command, after a check that it stays inside the release: each directory on the way to a target is a real one, does not exist yet, or
 * is a link into shared that shipit made (linkedDirs, linkedFiles). A repository can contain any link, and what is removed or written
 * through one is outside the release. All problems are reported before anything changes, and then the command does not run.
 *
 * Use it for anything a recipe writes into a release. Throws a TypeError for a command with `.sudo()`, which is a single program.
 */
export const inside = (c: InsideContext, targets: readonly InsideTarget[], command: Command): Command => {
  if (command.spec.sudo) throw new TypeError('inside() cannot check before a command with .sudo(): use .as()')
  const lines = checkLines(c, targets)
  if (lines.length === 0) return command
  const { hint } = command.spec
  const remedy = (failed: Failed) => insideHint(failed, c.repoTree) ?? (typeof hint === 'function' ? hint(failed) : hint)
  return make({ ...command.spec, parts: [...checkOf(c, lines).spec.parts, { text: '\n' }, ...command.spec.parts], hint: remedy })
}

/** Its names begin with `shipit_`, so that they change no variable of the command. A subshell would keep them out, and cost a process. */
const checkOf = (c: InsideContext, lines: readonly Command[]): Command => sh`
shipit_release=${c.paths.release} shipit_shared=${c.paths.shared} shipit_wrong=
shipit_real() {
  if [ -L "$shipit_release/$2" ]; then printf '%s is a link to %s, %s\n' "$2" "$(readlink "$shipit_release/$2")" "$3" >&2
  elif [ "-$1" "$shipit_release/$2" ] || [ ! -e "$shipit_release/$2" ]; then return 0
  elif [ "$1" = d ]; then printf '%s is not a directory, %s\n' "$2" "$3" >&2
  else printf '%s is not a file, %s\n' "$2" "$3" >&2; fi
  shipit_wrong=1
}
${joinCommands(...lines)}
[ -z "$shipit_wrong" ]`

interface CheckedPath {
  readonly path: string
  readonly kind: 'd' | 'f'
}
interface Part extends CheckedPath {
  readonly why: readonly string[]
}

/** A line for each directory (and file) on the way, outermost first. */
const checkLines = (c: InsideContext, targets: readonly InsideTarget[]): readonly Command[] => {
  const parts: Part[] = []
  for (const target of targets) {
    for (const { path, kind } of pathsTo(target)) {
      const at = parts.findIndex((part) => part.path === path && part.kind === kind)
      const why = [...new Set([...(parts[at]?.why ?? []), target.why])]
      if (at < 0) parts.push({ path, kind, why })
      else parts[at] = { path, kind, why }
    }
  }
  const depth = (path: string) => path.split('/').length
  parts.sort((a, b) => depth(a.path) - depth(b.path))
  return checkLinesInLinks(
    [...c.linkedDirs, ...c.linkedFiles].sort((a, b) => depth(a) - depth(b)),
    parts,
  )
}

/** What is inside a link of ours does not come from the repository. A release made under other settings may lack that link. */
const checkLinesInLinks = (own: readonly string[], parts: readonly Part[]): readonly Command[] => {
  const groups = Map.groupBy(parts, ({ path }) => own.find((link) => path === link || path.startsWith(`${link}/`)))
  return [...groups].flatMap(([link, some]) => {
    if (link === undefined) return some.map(({ path, kind, why }) => sh`shipit_real ${kind} ${path} ${why.join(', ')}`)
    const rest = own.filter((one) => one !== link)
    return [
      sh`[ "$shipit_release/"${link} -ef "$shipit_shared/"${link} ] || {
${joinCommands(...checkLinesInLinks(rest, some))}
}`,
    ]
  })
}

const pathsTo = ({ path, how }: InsideTarget): readonly CheckedPath[] => {
  const names = path.split('/').filter((name) => name !== '' && name !== '.')
  return names.flatMap((_, i): readonly CheckedPath[] => {
    const at = names.slice(0, i + 1).join('/')
    if (i < names.length - 1 || how === 'fill') return [{ path: at, kind: 'd' }]
    return how === 'write' ? [{ path: at, kind: 'f' }] : []
  })
}

/** The remedy for what the check of {@link inside} reported; undefined if it reported nothing. */
const insideHint = ({ stderr }: Pick<Failed, 'stderr'>, repoTree?: string): string | undefined => {
  const [, path, kind, target, setting] =
    /^(.+?) is (?:not a (directory|file)|a link to (.*)), and (?:(linkedFiles|linkedDirs) has )?/m.exec(stderr) ?? []
  if (path === undefined) return undefined
  const tracked = typed(posix.join(repoTree ?? '.', path))
  const done = 'nothing was removed or written through it.'
  if (kind !== undefined) return `${done} Take it out of the repository: git rm -r ${tracked}`
  const linkTarget = posix.join(posix.dirname(path), target ?? '')
  const within = setting !== undefined && target !== '' && !target!.startsWith('/') && linkTarget !== '.' && !linkTarget.startsWith('..')
  return `${done} Take the link out of the repository: git rm ${tracked}${within ? `; or name its target, ${linkTarget}, in ${setting}` : ''}`
}
