import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'
import { codeBlock, escapeHtml } from './code.ts'
import { baseOf, layout, type Document } from './layout.ts'
import { connect, type LinkedFile } from './links.ts'
import { render } from './markdown.ts'
import type { Section } from './navigation.ts'
import { readPages, type Page } from './pages.ts'
import { searchScript } from './search-index.ts'

export interface Site {
  /** By path on the site: `tasks.html`. */
  readonly files: ReadonlyMap<string, string | Buffer>
  readonly pages: readonly Page[]
  /** Links that lead nowhere and the like: `docs/tasks.md:12: …` */
  readonly problems: readonly string[]
}

export interface SiteOptions {
  /** The folder of the repository. */
  readonly root: string
  readonly navigation: readonly Section[]
  /** Where the site will be on its server, for the page that is shown for a wrong address: `/`, `/shipit/`. */
  readonly base: string
}

/** Makes the site out of the pages, in memory. */
export async function makeSite({ root, navigation, base }: SiteOptions): Promise<Site> {
  const pages = readPages(root, navigation)
  const links = connect(root, pages)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const document = (part: Omit<Document, 'pages' | 'version'>): string => layout({ ...part, pages, version })
  const all: [string, string | Buffer][] = [
    ...pages.map((page): [string, string] => {
      const title = page.path === 'index.html' ? page.title : `${page.title} · shipit`
      return [page.path, document({ title, main: render(page.tokens), base: baseOf(page.path), page })]
    }),
    ...links.files.map((linked): [string, string | Buffer] => [
      linked.path,
      linked.isImage ? readFileSync(join(root, linked.file)) : shown(root, linked, document),
    ]),
    ['404.html', document({ title: 'Not found · shipit', main: notFound(base), base })],
    ['search-index.js', searchScript(pages.filter(({ path }, at) => pages.findIndex((page) => page.path === path) === at))],
    ['site.js', await script()],
    ['site.css', readFileSync(join(import.meta.dirname, 'site.css'), 'utf8')],
  ]
  const paths = all.map(([path]) => path)
  return {
    files: new Map(all),
    pages,
    problems: [
      ...pages.flatMap(({ file, problems }) => problems.map(({ line, message }) => `${file}:${line}: ${message}`)),
      ...links.problems,
      ...paths.filter((path, at) => paths.indexOf(path) !== at).map((path) => `two files would be ${path}: rename one of them`),
    ],
  }
}

/** A file that is not a page, as a page. */
function shown(root: string, { file, path }: LinkedFile, document: (part: Omit<Document, 'pages' | 'version'>) => string): string {
  const language = /\.(\w+)$/.exec(file)?.[1] ?? 'plaintext'
  const main = `<h1>${escapeHtml(file)}</h1>\n${codeBlock(readFileSync(join(root, file), 'utf8'), language)}`
  return document({ title: `${file} · shipit`, main, base: baseOf(path) })
}

function notFound(base: string): string {
  return `<h1>Not found</h1>\n<p>This site has no such page. Search for it above, or begin at the <a href="${base}index.html">overview</a>.</p>\n`
}

/** The script of the pages, with the search in it, whose license wants to be where its code is. */
async function script(): Promise<string> {
  const bundle = await rolldown({ input: join(import.meta.dirname, 'browser/main.ts') })
  const { output } = await bundle.generate({ format: 'iife', minify: true })
  await bundle.close()
  const license = readFileSync(new URL('../../LICENSE.txt', import.meta.resolve('minisearch')), 'utf8')
  return `/*! minisearch\n${license.trim()}\n*/\n${output[0].code}`
}
