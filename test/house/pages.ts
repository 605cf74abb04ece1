import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source.ts'

export const read = (file: string): string => readFileSync(join(root, file), 'utf8')
/** The pages of the guide. */
export const pages = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort()
/** The pages of the cookbook, without its index. */
export const cookbook = pages.filter((page) => page.startsWith('docs/cookbook/'))

export interface Block {
  /** `docs-tasks-3` */
  readonly name: string
  readonly text: string
}

/** The TypeScript of a page. */
export function code(page: string): Block[] {
  const found = [...read(page).matchAll(/^```ts\n([\s\S]*?)^```$/gm)]
  return found.map(([, text], i) => ({ name: `${page.replace(/\.md$/, '').replaceAll('/', '-')}-${i + 1}`, text: text! }))
}
export function isModule({ text }: Block): boolean {
  return /^export /m.test(text)
}
export function isConfig({ text }: Block): boolean {
  return /^export default defineConfig/m.test(text)
}

export interface Section {
  readonly title: string
  /** The files that it shows: each fence below a line that ends with its path, and the config. */
  readonly files: Readonly<Record<string, string>>
}

/** The parts of a page under its second headings. */
export function sections(page: string): Section[] {
  return read(page)
    .split(/^## /m)
    .slice(1)
    .map((text) => ({ title: text.split('\n')[0]!, files: filesIn(text) }))
}

/** The section of this title on one of these pages. */
export function sectionOf(among: readonly string[], title: string): Section {
  const found = among.flatMap(sections).filter((section) => section.title === title)
  if (found.length !== 1) throw new Error(`${found.length} sections are called ${title}`)
  return found[0]!
}

function filesIn(text: string): Record<string, string> {
  const found = [...text.matchAll(/(?:`([\w./-]+\.\w+)`:\n\n)?^```(\w*)\n([\s\S]*?)^```$/gm)]
  return Object.fromEntries(
    found.flatMap(([, name, language, inside = '']) => {
      const isOwn = language === 'ts' && /^export default defineConfig/m.test(inside)
      return name === undefined && !isOwn ? [] : [[name ?? 'deploy.config.ts', inside] as const]
    }),
  )
}

export function fences(text: string): string[] {
  return [...text.matchAll(/^```\w*\n([\s\S]*?)^```$/gm)].map(([, inside]) => inside!)
}

export function links(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '').replace(/(`+)[\s\S]*?\1/g, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!).filter((link) => !/^[a-z]+:/.test(link))
}

/** The anchors that GitHub makes of headings. */
export function anchors(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '')
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
}
