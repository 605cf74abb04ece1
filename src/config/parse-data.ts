import { isAlias, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml'
import type { Document } from 'yaml'
import { usageError } from '../values/errors.ts'
import { showLocation } from '../errors/source-location.ts'

/** The data of a config in YAML 1.2. Throws (usage) with all its mistakes, including duplicate keys, unknown tags, and changed values. */
export const parseYaml = (file: string, text: string): unknown => parse(file, text, true)

/** The data of any file in YAML 1.2. `<<` merges keys, and only numbers must not change. Throws as {@link parseYaml} does. */
export const parseAnyYaml = (file: string, text: string): unknown => parse(file, text, false)

const parse = (file: string, text: string, isConfig: boolean): unknown => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: !isConfig })
  const invalid = [...document.errors, ...document.warnings].map(({ pos, code, message }) => ({
    where: showLocation(file, lines.linePos(pos[0]).line),
    message: `not valid ${file.endsWith('.json') ? 'JSON' : 'YAML'}: ${explainError(code, message, text.slice(pos[0]))}`,
  }))
  const changed = changedScalars(document, isConfig).map(({ offset, message }) => {
    const { line, col } = lines.linePos(offset)
    return { where: `${showLocation(file, line)}:${col}`, message }
  })
  const mistakes = invalid.length > 0 ? invalid : changed
  const [only] = mistakes
  if (only === undefined) return toJS(document, (offset) => showLocation(file, lines.linePos(offset).line))
  if (mistakes.length === 1) throw usageError(only.message, { where: only.where })
  throw usageError(
    `${mistakes.length} mistakes in ${showLocation(file)}\n${mistakes.map(({ where, message }) => `  ${where}  ${message}`).join('\n')}`,
  )
}

/** A key, at the beginning of a text: a colon without a space after it belongs to it, as in `deploy:published`. */
const KEY = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\n]|'')*'|[^\n]+?(?=\s*:(?:\s|$)))/

/** An error of the parser, in words for someone who does not know YAML's own. `rest`: the text from where it is. */
const explainError = (code: string, message: string, rest: string): string => {
  if (code === 'DUPLICATE_KEY') return `the key ${KEY.exec(rest)?.[0] ?? ''} is given twice`
  if (code === 'MULTIPLE_DOCS') return 'the line --- begins a second document, and a config is one'
  if (code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'a value with ": " in it needs quotes, and a key needs a line of its own, indented like its neighbours'
  if (message.startsWith('Implicit map keys need to be followed')) return 'a key needs a colon and a space after it'
  const end = /^Flow .* in block collection must be sufficiently indented and end with a ([\]}])$/.exec(message)?.[1]
  if (end !== undefined) return `a ${end === '}' ? '{' : '['} is not closed, or its lines are not indented`
  return `${message[0]!.toLowerCase()}${message.slice(1)}`
}

/** An alias without its anchor is found only here: `branch: *main`. */
const toJS = (document: Document, placeOf: (offset: number) => string): unknown => {
  try {
    return document.toJS()
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    let where: string | undefined
    let alias = ''
    const anchors = new Set<string>()
    visit(document, (_, node) => {
      if (isAlias(node) && !anchors.has(node.source)) {
        where = placeOf(node.range![0])
        alias = node.source
        return visit.BREAK
      }
      if (isNode(node) && 'anchor' in node && node.anchor !== undefined) anchors.add(node.anchor)
      return undefined
    })
    throw usageError(`*${alias} is an alias in YAML, and no &${alias} comes before it: put it in quotes, "*${alias}"`, {
      ...(where !== undefined && { where }),
      cause: error,
    })
  }
}

const MISSING_VALUE = 'the value is missing: write "" for an empty string, or null to unset the variable'

/** Scalars that YAML would change: 20.10 to 20.1, 0755 to 755, a long number to another one. */
const changedScalars = (document: Document, isConfig: boolean): { offset: number; message: string }[] => {
  const changes: { offset: number; message: string }[] = []
  visit(document, {
    Scalar: (_, node, path) => {
      const { value, source = '', range } = node
      if (typeof value === 'string' || String(value) === source) return
      // other programs read the file, too: Ruby reads 0755 as 493
      if (!isConfig && typeof value !== 'number') return
      // an empty value is null, which means something only in an environment
      const holder = path.findLast((one) => isPair(one) && one.value !== node)
      if (source === '' && isSeq(path.at(-1)) && !path.some((one) => isPair(one) && isScalar(one.key) && one.key.value === 'vars')) {
        changes.push({ offset: range![0], message: 'the item is empty: remove it' })
        return
      }
      if (source === '' && !(isPair(holder) && isScalar(holder.key) && holder.key.value === 'env')) return
      const digits = isOctal(path.at(-1)) ? /^0o?([0-7]{1,4})$/.exec(source)?.[1] : undefined
      const text = JSON.stringify(digits === undefined || /^0?[0-7]{3}$/.test(source) ? source : digits.padStart(4, '0'))
      const plain = value === null ? 'null' : String(value as number)
      const isFine = digits === undefined && (Number.isFinite(value) || typeof value !== 'number')
      const instead = isFine ? `${text}, or write ${plain}` : text
      changes.push({
        offset: range![0],
        message: source === '' ? MISSING_VALUE : `${source} is read as ${plain}: put it in quotes, ${instead}`,
      })
    },
  })
  return changes
}

/** Settings that are octal digits as text, so that no number is right. */
const isOctal = (pair: unknown): boolean => isPair(pair) && isScalar(pair.key) && /^(umask|mode)$/.test(String(pair.key.value))

/** The data of a JSON file. Throws (usage) with the line. A duplicate key is a mistake. */
export const parseJson = (file: string, text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text)
    parseYaml(file, text)
    return value
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const position = /position (\d+)/.exec(error.message)?.[1]
    const end = position === undefined ? text.length : Number(position)
    const message = error.message.replace(/ in JSON at position.*$/s, '').replace(/, ".*" is not valid JSON$/s, '')
    throw usageError(`not JSON: ${message}`, { where: showLocation(file, text.slice(0, end).split('\n').length), cause: error })
  }
}
