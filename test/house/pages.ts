import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './source.ts'

export const read = (file: string): string => readFileSync(join(root, file), 'utf8')
/** The pages of the guide. */
export const pages = globSync(['*.md', 'docs/*.md'], { cwd: root }).sort()

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
