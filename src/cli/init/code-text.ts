/** Lines of TypeScript. */
export type Code = readonly string[]

/** A string as TypeScript. */
export const codeText = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`

/** A list of strings as TypeScript. */
export const listText = (texts: readonly string[]): string => `[${texts.map(codeText).join(', ')}]`

/** A key of an object as TypeScript. */
export const keyText = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : codeText(key))
