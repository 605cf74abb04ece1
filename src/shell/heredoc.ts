/** A here-document that has been announced: what ends it, and how it is read. */
export interface HereDoc {
  readonly delimiter: string
  /** `<<-`: tabs before its lines do not count */
  readonly tabs: boolean
  /** any part of the delimiter was quoted: nothing inside is expanded */
  readonly quoted: boolean
  /** how many characters the announcement takes */
  readonly length: number
}

/** Reads `<<WORD` at `start`. */
export const hereDoc = (text: string, start: number): HereDoc => {
  const [head, word = ''] = ANNOUNCEMENT.exec(text.slice(start)) ?? ['<<']
  return {
    delimiter: word.replace(/\\([^])|'([^']*)'|"([^"]*)"/g, '$1$2$3'),
    tabs: head.startsWith('<<-'),
    quoted: /['"\\]/.test(word),
    length: head.length,
  }
}

const ANNOUNCEMENT = /^<<-?[ \t]*((?:\\[^]|'[^']*'|"[^"]*"|[^\s'"\\;&|<>()])*)/
