import MiniSearch from 'minisearch'
import { textOf } from './markdown.ts'
import type { Page } from './pages.ts'
import { SEARCH, type Section } from './search-options.ts'

/** The search index, as a script: a browser loads scripts from a folder on disk too, and JSON only from a server. */
export function searchScript(pages: readonly Page[]): string {
  const index = new MiniSearch(SEARCH)
  index.addAll(pages.flatMap(sectionsOf))
  return `globalThis.searchIndex = ${JSON.stringify(JSON.stringify(index))}\n`
}

/** The parts of a page, each from a heading of the first three levels to the next. */
function sectionsOf(page: Page): Section[] {
  const sections: { id: string; page: string; title: string; text: string[] }[] = []
  for (const [at, token] of page.tokens.entries()) {
    if (token.type === 'heading_open' && ['h1', 'h2', 'h3'].includes(token.tag)) {
      const id = token.tag === 'h1' ? page.path : `${page.path}#${token.attrGet('id') ?? ''}`
      sections.push({ id, page: page.label, title: textOf(page.tokens[at + 1]!), text: [] })
    } else if ((token.type === 'inline' || token.type === 'fence') && page.tokens[at - 1]?.type !== 'heading_open') {
      sections.at(-1)?.text.push(textOf(token))
    } else if (token.type === 'inline') {
      const last = sections.at(-1)
      if (last !== undefined && textOf(token) !== last.title) last.text.push(textOf(token))
    }
  }
  return sections.map((section) => ({ ...section, text: section.text.join('\n') }))
}
