import { checkLinkedPaths } from '../../../config/linked-paths.ts'
import { visible } from '../../../redact/visible.ts'
import { schemas } from '../../../settings/derived.ts'
import { problemsOf } from '../../../settings/zod-problems.ts'
import type { LiveRelease } from '../../../run/discover.ts'

interface OnHost {
  readonly host: string
  readonly live: LiveRelease
}

/** The links of live releases into shared, for a config. */
export interface Links {
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** those that are not in these lists, and those that not all servers have, as sentences */
  readonly notes: readonly string[]
}

/** What the live releases link to, taken together. `deployTo`: where they are. */
export const linksOf = (all: readonly OnHost[], deployTo: string): Links => {
  const files = named(all, 'linkedFiles')
  const dirs = named(all, 'linkedDirs')
  const { linkedFiles, linkedDirs, notes } = fitting(files.paths, dirs.paths)
  return {
    linkedFiles,
    linkedDirs,
    notes: [
      ...files.notes,
      ...dirs.notes,
      ...notes,
      ...partedNotes(all, linkedFiles, 'linkedFiles'),
      ...partedNotes(all, linkedDirs, 'linkedDirs'),
      ...all.flatMap((one) => notesOf(one, deployTo)),
    ],
  }
}

type Key = 'linkedFiles' | 'linkedDirs'

const named = (all: readonly OnHost[], key: Key): { readonly paths: readonly string[]; readonly notes: readonly string[] } => {
  const found = [...new Set(all.flatMap(({ live }) => live[key]))].sort()
  const paths = found.filter((path) => problemsOf(schemas[key], [path]).length === 0 && isPlain(path))
  const odd = found.filter((path) => !paths.includes(path))
  return { paths, notes: odd.length === 0 ? [] : [`not in ${key}, because of their names: ${odd.map(visible).join(' and ')}`] }
}

const partedNotes = (all: readonly OnHost[], paths: readonly string[], key: Key): readonly string[] =>
  paths.flatMap((path) => {
    const missing = all.filter(({ live }) => !live[key].includes(path)).map(({ host }) => host)
    return missing.length === 0 ? [] : [`${path} is in ${key}, and is not linked on ${missing.join(', ')}`]
  })

/** Without the paths that a config may not have, or not beside the others: two servers may link a directory, and a file inside it. */
const fitting = (linkedFiles: readonly string[], linkedDirs: readonly string[]): Links => {
  const [problem] = checkLinkedPaths(linkedFiles, linkedDirs).problems
  if (problem === undefined) return { linkedFiles, linkedDirs, notes: [] }
  const without = (paths: readonly string[], key: string) => paths.filter((_, i) => problem.key !== `${key}[${i}]`)
  const rest = fitting(without(linkedFiles, 'linkedFiles'), without(linkedDirs, 'linkedDirs'))
  const why = problem.message
    .replace(/ \(linked\w+\[\d+\]\)$/, '')
    .replace(/ is listed twice$/, ' is a directory on one server and a file on another one')
  return { ...rest, notes: [`not in the config: ${why}`, ...rest.notes] }
}

/** Whether a person can read a path in a list of the terminal, and type it there. U+FFFD stands for bytes that are not UTF-8. */
const isPlain = (path: string): boolean => path === path.trim() && !/[,\p{C}\p{Zl}\p{Zp}\ufffd]/u.test(path)

const notesOf = ({ host, live }: OnHost, deployTo: string): readonly string[] => [
  ...live.otherLinks.map((link) => `${host}: ${link} in the live release leads elsewhere in shared: write a task that makes this link`),
  ...live.dangling.map(
    (link) => `${host}: ${link} in the live release leads to a file that is missing in ${deployTo}/shared, and is not in the config`,
  ),
  ...(live.complete ? [] : [`${host}: not all of the live release could be read: compare linkedFiles and linkedDirs with it`]),
]
