import { existsSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { pathOf, type Page } from './pages.ts'

/** A file that a page links to, and that is not a page: it is shown as code, or copied if it is an image. */
export interface LinkedFile {
  readonly file: string
  readonly path: string
  readonly isImage: boolean
}

export interface Links {
  readonly files: readonly LinkedFile[]
  /** `docs/tasks.md:12: …` */
  readonly problems: readonly string[]
}

/** Turns the links between files of the repository into links between pages of the site, and reports those that lead nowhere. */
export function connect(root: string, pages: readonly Page[]): Links {
  const files = new Map<string, LinkedFile>()
  const problems: string[] = []
  for (const page of pages) {
    for (const link of page.links) {
      if (/^(?:[a-z][a-z\d+.-]*:|\/\/)/i.test(link.href)) continue
      const [path = '', anchor] = link.href.split('#').map((part) => decodeURIComponent(part))
      const file = path === '' ? page.file : posix.join(posix.dirname(page.file), path)
      const target = find(root, pages, file)
      const problem = target === undefined ? 'no such file' : wrongAnchor(target, anchor)
      if (target === undefined || problem !== undefined) {
        problems.push(`${page.file}:${link.line}: ${link.href}: ${problem}`)
        continue
      }
      if (!isPage(target)) files.set(target.path, target)
      const href = target.path === page.path && anchor !== undefined ? '' : posix.relative(posix.dirname(page.path), target.path)
      link.set(anchor === undefined ? href : `${href}#${anchor}`)
    }
  }
  return { files: [...files.values()], problems }
}

function find(root: string, pages: readonly Page[], file: string): Page | LinkedFile | undefined {
  const page = pages.find((one) => one.file === file || one.file === posix.join(file, 'README.md'))
  if (page !== undefined) return page
  if (file.startsWith('../') || !existsSync(join(root, file)) || !statSync(join(root, file)).isFile()) return undefined
  const isImage = /\.(?:gif|jpe?g|png|svg|webp)$/.test(file)
  return { file, path: isImage ? pathOf(file).replace(/\.html$/, '') : pathOf(file), isImage }
}

function wrongAnchor(target: Page | LinkedFile, anchor: string | undefined): string | undefined {
  if (anchor === undefined) return undefined
  if (!isPage(target)) return 'only a page has anchors'
  return target.headings.some(({ id }) => id === anchor) ? undefined : `no such heading in ${target.file}`
}

function isPage(target: Page | LinkedFile): target is Page {
  return 'headings' in target
}
