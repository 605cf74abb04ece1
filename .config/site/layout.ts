import { posix } from 'node:path'
import { escapeHtml } from './code.ts'
import type { Page } from './pages.ts'

/** What a document of the site consists of. */
export interface Document {
  readonly title: string
  readonly main: string
  /** In the order of the navigation. */
  readonly pages: readonly Page[]
  /** How to get to the first page of the site: empty, `../`, or an absolute path. */
  readonly base: string
  readonly version: string
  /** The page that this is, if it is one. */
  readonly page?: Page
}

export function layout(document: Document): string {
  const { title, main, pages, base, version, page } = document
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%232563c9' d='M8 1v8h6L8 1ZM2 10h12l-2 4H4Z'/%3E%3C/svg%3E">
<link rel="stylesheet" href="${base}site.css">
<script>try { document.documentElement.dataset.theme = localStorage.theme ?? '' } catch {}</script>
<script defer src="${base}site.js"></script>
</head>
<body data-base="${base}">
<a class="skip" href="#main">Skip to the text</a>
<header>
<a class="brand" href="${base}index.html">shipit <small>${escapeHtml(version)}</small></a>
<form class="search" role="search" hidden>
<input type="search" placeholder="Search" aria-label="Search the docs" autocomplete="off" spellcheck="false">
<ul class="results" hidden></ul>
</form>
<button class="theme" type="button" aria-label="Switch between light and dark" hidden>◐</button>
</header>
<div class="columns">
<details class="menu"><summary>All pages</summary></details>
<nav class="pages" aria-label="Pages">
${navigation(pages, base, page)}</nav>
<main id="main">
<article>
${main}</article>
${page === undefined ? '' : neighbours(pages, base, page)}</main>
${page === undefined ? '' : contents(page)}</div>
</body>
</html>
`
}

/** The way from a page to the first page of the site. */
export function baseOf(path: string): string {
  const way = posix.relative(posix.dirname(path), '.')
  return way === '' ? '' : `${way}/`
}

function navigation(pages: readonly Page[], base: string, current: Page | undefined): string {
  const sections = [...new Set(pages.map(({ section }) => section))]
  return sections
    .map((section) => {
      const links = pages
        .filter((page) => page.section === section)
        .map(
          ({ path, label }) =>
            `<li><a href="${base}${path}"${path === current?.path ? ' aria-current="page"' : ''}>${escapeHtml(label)}</a></li>\n`,
        )
      return `<h2>${escapeHtml(section)}</h2>\n<ul>\n${links.join('')}</ul>\n`
    })
    .join('')
}

/** The headings of a page, beside it. */
function contents({ headings }: Page): string {
  const listed = headings.filter(({ level }) => level === 2 || level === 3)
  if (listed.length < 2) return ''
  const items = listed.map(({ level, id, text }) => `<li class="level-${level}"><a href="#${id}">${escapeHtml(text)}</a></li>\n`)
  return `<nav class="contents" aria-label="On this page">\n<h2>On this page</h2>\n<ul>\n${items.join('')}</ul>\n</nav>\n`
}

function neighbours(pages: readonly Page[], base: string, page: Page): string {
  const at = pages.indexOf(page)
  const link = (to: Page | undefined, rel: string): string =>
    to === undefined ? '<span></span>' : `<a rel="${rel}" href="${base}${to.path}">${escapeHtml(to.label)}</a>`
  return `<nav class="neighbours" aria-label="Next and previous page">${link(pages[at - 1], 'prev')}${link(pages[at + 1], 'next')}</nav>\n`
}
