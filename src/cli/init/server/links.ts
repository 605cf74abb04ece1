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
  const files = joined(all, ({ linkedFiles }) => linkedFiles, 'linkedFiles')
  const dirs = joined(all, ({ linkedDirs }) => linkedDirs, 'linkedDirs')
  return {
    linkedFiles: files.paths,
    linkedDirs: dirs.paths,
    notes: [...files.notes, ...dirs.notes, ...all.flatMap((one) => notesOf(one, deployTo))],
  }
}

const joined = (all: readonly OnHost[], of: (live: LiveRelease) => readonly string[], key: 'linkedFiles' | 'linkedDirs') => {
  const found = [...new Set(all.flatMap(({ live }) => of(live)))].sort()
  const paths = found.filter((path) => problemsOf(schemas[key], [path]).length === 0 && isPlain(path))
  const odd = found.filter((path) => !paths.includes(path))
  const parted = paths.flatMap((path) => {
    const missing = all.filter(({ live }) => !of(live).includes(path)).map(({ host }) => host)
    return missing.length === 0 ? [] : [`${path} is in ${key}, and is not linked on ${missing.join(', ')}`]
  })
  return { paths, notes: [...(odd.length === 0 ? [] : [`not in ${key}, because of their names: ${odd.join(' and ')}`]), ...parted] }
}

/** Whether a person can read a path in a list of the terminal, and type it there. U+FFFD stands for bytes that are not UTF-8. */
const isPlain = (path: string): boolean => path === path.trim() && !/[,\p{C}\u2028\u2029\ufffd]/u.test(path)

const notesOf = ({ host, live }: OnHost, deployTo: string): readonly string[] => [
  ...live.otherLinks.map((link) => `${host}: ${link} in the live release leads elsewhere in shared: write a task that makes this link`),
  ...live.dangling.map(
    (link) => `${host}: ${link} in the live release leads to a file that is missing in ${deployTo}/shared, and is not in the config`,
  ),
  ...(live.complete ? [] : [`${host}: not all of the live release could be read: compare linkedFiles and linkedDirs with it`]),
]
