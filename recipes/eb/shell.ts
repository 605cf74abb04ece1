/** A word for a shell, in the files that are written: no step of shipit's runs it. */
export const word = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

export const words = (all: readonly string[]): string => all.map(word).join(' ')
