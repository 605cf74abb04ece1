import { LineCounter, parseDocument } from 'yaml'
import { usageError } from '../values/errors.ts'
import { showPlace } from './place.ts'

/** The data of a YAML 1.2 file. Throws (usage) with all its mistakes, duplicate keys and unknown tags among them. */
export const readYaml = (file: string, text: string): unknown => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const mistakes = [...document.errors, ...document.warnings]
  if (mistakes.length === 0) return document.toJS()
  const [first] = mistakes
  const message = mistakes.map((mistake) => `${showPlace(file, lines.linePos(mistake.pos[0]).line)} ${mistake.message}`).join('\n')
  throw usageError(mistakes.length === 1 ? first!.message : message, { where: showPlace(file, lines.linePos(first!.pos[0]).line) })
}

/** The data of a JSON file. Throws (usage) with the line; a key that stands twice is a mistake. */
export const readJson = (file: string, text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    readYaml(file, text)
    return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const position = /position (\d+)/.exec(error.message)?.[1]
    const end = position === undefined ? text.length : Number(position)
    const message = error.message.replace(/ in JSON at position.*$/s, '').replace(/, ".*" is not valid JSON$/s, '')
    throw usageError(`not JSON: ${message}`, { where: showPlace(file, text.slice(0, end).split('\n').length), cause: error })
  }
}
