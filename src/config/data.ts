import { LineCounter, isPair, isScalar, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { usageError } from '../values/errors.ts'
import { showPlace } from '../errors/source-location.ts'

/** The data of a YAML 1.2 file. Throws (usage) with all its mistakes, including duplicate keys and unknown tags. */
export const readYaml = (file: string, text: string): unknown => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const mistakes = [...document.errors, ...document.warnings]
  if (mistakes.length > 0) {
    const [first] = mistakes
    const message = mistakes.map((mistake) => `${showPlace(file, lines.linePos(mistake.pos[0]).line)} ${mistake.message}`).join('\n')
    throw usageError(mistakes.length === 1 ? first!.message : message, { where: showPlace(file, lines.linePos(first!.pos[0]).line) })
  }
  const changed = changedScalars(document).map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset)
    return { where: `${showPlace(file, line)}:${col}`, message }
  })
  const [only] = changed
  if (only === undefined) return document.toJS()
  if (changed.length === 1) throw usageError(only.message, { where: only.where })
  throw usageError(
    `${changed.length} mistakes in ${showPlace(file)}\n${changed.map(({ where, message }) => `  ${where}  ${message}`).join('\n')}`,
  )
}

/** Scalars that YAML would change: 20.10 to 20.1, 0755 to 755, a long number to another one. */
const changedScalars = (document: Document): { offset: number; message: string }[] => {
  const found: { offset: number; message: string }[] = []
  visit(document, {
    Scalar: (_, node, path) => {
      const { value, source = '', range } = node
      if (typeof value === 'string' || String(value) === source) return
      // an empty value is null, which means something only in an environment
      const holder = path.findLast((one) => isPair(one) && one.value !== node)
      if (source === '' && !(isPair(holder) && isScalar(holder.key) && holder.key.value === 'env')) return
      const text = JSON.stringify(source)
      const plain = value === null ? 'null' : String(value as number)
      const instead =
        source === ''
          ? `"" for an empty text, or write null to take the variable away`
          : Number.isFinite(value) || typeof value !== 'number'
            ? `${text}, or write ${plain}`
            : text
      found.push({ offset: range![0], message: `${source === '' ? 'nothing' : source} is read as ${plain}: put it in quotes, ${instead}` })
    },
  })
  return found
}

/** The data of a JSON file. Throws (usage) with the line. A duplicate key is a mistake. */
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
