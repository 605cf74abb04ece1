import { rails } from '../../../recipes/index.ts'
import { checkLinkedPaths } from '../../../src/config/linked-paths.ts'
import { random, type Random } from './random.ts'

/** A repository, its linked paths, and the host that it is deployed to. */
export interface Case {
  readonly number: number
  /** path → the repository's entry; `link` is its target, with `ROOT` for the folder of the case */
  readonly entries: ReadonlyMap<string, { readonly file: string } | { readonly link: string }>
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** `assetsPrefix` of rails(); undefined: no rails() */
  readonly prefix: string | undefined
  /** bundler's `path`, in the release; null: its default; undefined: no bundler() */
  readonly gems: string | null | undefined
  /** the target of a `write()`, in the release */
  readonly writes: string | undefined
  /** whether rake or a later step fails before the switch */
  readonly fails: 'rake' | 'later' | undefined
}

/** Few, so that they collide. */
const NAMES = ['config', 'public', 'a', 'b c', '-rf', "it's", '.bundle', 'static', 'ü\n']
const WHOLE = [
  'REVISION',
  'REVISION_TIME',
  'assets_manifest_backup',
  '.bundle',
  '.bundle/config',
  'vendor',
  'bin',
  'public',
  'public/assets',
]

const pathOf = (r: Random, names = NAMES): string => Array.from({ length: 1 + r.below(3) }, () => r.one(names)).join('/')

const targetOf = (r: Random, path: string): string => {
  const up = '../'.repeat(path.split('/').length - 1)
  return r.one([
    () => 'ROOT/srv/shared',
    () => `ROOT/srv/shared/${pathOf(r)}`,
    () => `${up}../../shared/${pathOf(r)}`,
    () => `${up}../../shared`,
    () => `ROOT/outside/${r.one(['file', 'dir', 'nothing', pathOf(r)])}`,
    () => `ROOT/srv/releases/20260101000000/${r.one(['', pathOf(r)])}`,
    () => `${up}../../current`,
    () => 'ROOT/srv/.shipit',
    () => 'ROOT/srv',
    () => `${up}${pathOf(r)}`,
    () => path.split('/').at(-1)!,
    () => '.',
    () => '..',
    () => '/',
  ])()
}

/** A case that the config accepts; one that it refuses is drawn again. */
export const caseOf = (seed: number, number: number): Case => {
  const r = random(seed + number * 7919)
  // a config's paths have no line breaks
  const named = NAMES.filter((name) => !name.includes('\n'))
  const entries = new Map<string, { file: string } | { link: string }>()
  for (let n = 1 + r.below(7); n > 0; n--) {
    const path = r.chance(0.35) ? r.one(WHOLE) : pathOf(r)
    entries.set(path, r.chance(0.45) ? { link: targetOf(r, path) } : { file: `of the repository ${n}` })
  }
  // the interesting cases have a link at a linked path or above it
  const near = () => {
    const [links] = [[...entries].flatMap(([path, entry]) => ('link' in entry && !path.includes('\n') ? [path] : []))]
    const base = links.length > 0 && r.chance(0.3) ? r.one(links) : undefined
    return base === undefined ? pathOf(r, named) : r.chance(0.3) ? base : `${base}/${r.one(named)}`
  }
  for (;;) {
    const files = Array.from({ length: r.below(3) }, near)
    const dirs = Array.from({ length: r.below(4) }, near)
    const { problems } = checkLinkedPaths(files, dirs)
    const prefix = r.chance(0.1) ? r.one(['assets', 'static/assets', 'config/a']) : undefined
    const settings = rails().definition.settings!.parse({ assetsPrefix: prefix })
    const wrong = prefix === undefined ? [] : rails().definition.problems!({ settings, stage: 'x', linkedFiles: files, linkedDirs: dirs })
    const gems = r.chance(0.1) ? r.one([null, 'vendor/bundle', 'a/gems', `${near()}/gems`]) : undefined
    const writes = r.chance(0.15) ? `${near()}/note` : undefined
    const fails = r.one(['rake', 'later', undefined, undefined] as const)
    if (problems.length === 0 && wrong.length === 0)
      return { number, entries, linkedFiles: files, linkedDirs: dirs, prefix, gems, writes, fails }
  }
}
