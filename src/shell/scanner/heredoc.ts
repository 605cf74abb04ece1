/** The start of a here-document: its delimiter, and how it is read. */
export interface HereDoc {
  readonly delimiter: string
  /** `<<-`: leading tabs are removed from its lines */
  readonly tabs: boolean
  /** part of the delimiter is quoted, so nothing inside is expanded */
  readonly quoted: boolean
  /** the length of `<<WORD` in characters */
  readonly length: number
}

/** Reads `<<WORD` at `start`. */
export const readHereDoc = (text: string, start: number): HereDoc => {
  const [head, word = ''] = OPERATOR.exec(text.slice(start)) ?? ['<<']
  return {
    delimiter: word.replace(/\\([^])|'([^']*)'|"([^"]*)"/g, '$1$2$3'),
    tabs: head.startsWith('<<-'),
    quoted: /['"\\]/.test(word),
    length: head.length,
  }
}

const OPERATOR = /^<<-?[ \t]*((?:\\[^]|'[^']*'|"[^"]*"|[^\s'"\\;&|<>()])*)/
