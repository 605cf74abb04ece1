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

/** The parts of a page: each from a heading of the first three levels to the next, and each row of a table that has an id. */
function sectionsOf(page: Page): Section[] {
  const sections: { id: string; page: string; title: string; text: string[] }[] = []
  let row: (typeof sections)[number] | undefined
  for (const [at, token] of page.tokens.entries()) {
    const id = token.attrGet('id')
    if (token.type === 'heading_open' && ['h1', 'h2', 'h3'].includes(token.tag)) {
      sections.push({
        id: token.tag === 'h1' ? page.path : `${page.path}#${id}`,
        page: page.label,
        title: textOf(page.tokens[at + 1]!),
        text: [],
      })
    } else if (token.type === 'tr_open' && id !== null) {
      row = { id: `${page.path}#${id}`, page: page.label, title: '', text: [] }
    } else if (token.type === 'tr_close' && row !== undefined) {
      // before the section that it is in, which is the last one
      sections.splice(-1, 0, row)
      row = undefined
    } else if (row !== undefined && row.title === '' && token.type === 'inline') {
      row.title = textOf(token)
    } else if ((token.type === 'inline' && !isHeading(page, at)) || token.type === 'fence') {
      ;(row ?? sections.at(-1))?.text.push(textOf(token))
    }
  }
  return sections.map((section) => ({ ...section, text: section.text.join('\n') }))
}

/** Whether a token is the text of a heading that begins a section. */
function isHeading({ tokens }: Page, at: number): boolean {
  return ['h1', 'h2', 'h3'].includes(tokens[at - 1]?.tag ?? '')
}
