/** Quotes a shell word for the exported files; no step of shipit runs it. */
export const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const words = (all: readonly string[]): string => all.map(word).join(' ')
