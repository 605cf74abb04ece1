import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Section } from './navigation.ts'
import { parse, type Parsed } from './markdown.ts'

export interface Page extends Parsed {
  /** In the repository: `docs/tasks.md`. */
  readonly file: string
  /** On the site: `tasks.html`. */
  readonly path: string
  /** Its name in the navigation. */
  readonly label: string
  readonly section: string
}

/** The pages of the site, in the order of the navigation; pages that are not in it come last, under "More". */
export function readPages(root: string, navigation: readonly Section[]): Page[] {
  const listed = navigation.flatMap(({ title, pages }) => Object.entries(pages).map(([file, label]) => ({ file, label, section: title })))
  const others = globSync(['*.md', 'docs/**/*.md'], { cwd: root })
    .sort()
    .filter((file) => listed.every((page) => page.file !== file))
  return [
    ...listed
      .filter(({ file }) => existsSync(join(root, file)))
      .map((page) => ({ ...page, ...parse(readFileSync(join(root, page.file), 'utf8')) })),
    ...others.map((file) => {
      const parsed = parse(readFileSync(join(root, file), 'utf8'))
      return { file, label: parsed.title, section: 'More', ...parsed }
    }),
  ].map((page) => ({ ...page, path: pathOf(page.file) }))
}

/** Where a file of the repository is on the site: `docs/a/README.md` is `a/index.html`, `LICENSE` is `license.html`. */
export function pathOf(file: string): string {
  const path = file.replace(/^docs\//, '')
  if (!path.endsWith('.md')) return `${path.toLowerCase()}.html`
  return `${path
    .replace(/README\.md$/, 'index.md')
    .replace(/\.md$/, '')
    .toLowerCase()}.html`
}
