import type { Options } from 'minisearch'

/** A section of a page, or a row of a table. */
export interface Section {
  /** Where it is: `tasks.html#files`, `settings.html#row-keepreleases`. */
  readonly id: string
  readonly page: string
  readonly title: string
  readonly text: string
}

/** How the index is made, and how it is asked: the build and the browser use the same. */
export const SEARCH: Options<Section> = {
  fields: ['title', 'page', 'text'],
  storeFields: ['title', 'page', 'text'],
  tokenize,
  searchOptions: {
    boost: { title: 5, page: 2 },
    boostDocument: weightOf,
    combineWith: 'AND',
    weights: { prefix: 0.3, fuzzy: 0.1 },
    prefix: (word) => word.length > 1,
    fuzzy: (word) => (word.length > 4 ? 0.2 : false),
  },
}

/** Pages for those who work on shipit come last. Those for people who come from another tool have the words of all the others, too. */
function weightOf(id: string): number {
  if (/^(?:architecture|changelog|contributing)\./.test(id)) return 0.2
  return id.startsWith('coming-from-') ? 0.5 : 1
}

/** `linkedFiles` is found as such, and by `linked files`. */
function tokenize(text: string): string[] {
  return text
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const parts = word.split(/(?<=[a-z\d])(?=[A-Z])/)
      return parts.length > 1 ? [word, ...parts] : [word]
    })
}
