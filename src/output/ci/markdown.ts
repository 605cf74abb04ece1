import { oneLine } from '../../redact/clean.ts'

/** A block of code. Its fence is longer than any in the text (CommonMark 0.31, 4.5). */
export const fenced = (text: string): string => {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}\n${text}\n${fence}`
}

/** Code in a line, also in a table: a bar would end its cell even there. */
export const code = (text: string): string => {
  const line = oneLine(text)
  return /[`|]/.test(line) ? escaped(line) : `\`${line}\``
}

/**
 * Text that is shown as it is: neither Markdown nor HTML nor a formula. GitHub looks for `@name` in what the Markdown has become, so a
 * backslash is no protection: a space of no width follows the sign, and nobody is mentioned.
 */
export const escaped = (text: string): string =>
  oneLine(text)
    .replace(/[\\`*_{}[\]#|~!$]/g, (character) => `\\${character}`)
    .replaceAll('@', '@\u200b')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
