/** Lines of TypeScript. */
export type Code = readonly string[]

/** A string as TypeScript. Characters that an editor does not show, or that turn what it shows around, are numbers. */
export const codeText = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replace(HIDDEN, escaped)}'`

/** Zero-width joiners make one letter or sign of several, in Persian and in emoji: without them such a name is another one to the eye. */
const HIDDEN = /(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

const escaped = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')

/** A list of strings as TypeScript. */
export const listText = (texts: readonly string[]): string => `[${texts.map(codeText).join(', ')}]`

/** A key of an object as TypeScript. */
export const keyText = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : codeText(key))
