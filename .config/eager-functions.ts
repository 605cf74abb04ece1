import type { Plugin } from 'rolldown'
import { parseSync, Visitor } from 'rolldown/utils'

/**
 * Puts every function of a chunk into parentheses. V8 takes those for functions that are called at once, and compiles them together with
 * the file; so they are in the compile cache, which otherwise has none but the outermost code. Compiling each at its first call took a
 * fourteenth of the processor time of a deploy. zod is left out, most of which no run calls.
 */
export const eagerFunctions: Plugin = {
  name: 'eager-functions',
  renderChunk: (code, { moduleIds }) => (moduleIds.every((id) => id.includes('/node_modules/')) ? null : parenthesized(code)),
}

/**
 * The code with its functions in parentheses. Methods and declarations cannot be; V8 ignores those around an async arrow function, and a
 * generator is rare.
 */
export const parenthesized = (code: string): string => {
  const methods = new Set<object>()
  const brackets: (readonly [at: number, text: string])[] = []
  const enclose = (node: { start: number; end: number; async: boolean }): void => {
    if (!node.async && !methods.has(node)) brackets.push([node.start, '('], [node.end, ')'])
  }
  const { program, errors } = parseSync('chunk.js', code)
  if (errors.length > 0) throw new Error(errors[0]!.message)
  new Visitor({
    MethodDefinition: ({ value }) => void methods.add(value),
    Property: ({ method, kind, value }) => void (method || kind !== 'init' ? methods.add(value) : 0),
    FunctionExpression: enclose,
    ArrowFunctionExpression: enclose,
  }).visit(program)
  let end = 0
  const pieces = brackets
    .toSorted(([a], [b]) => a - b)
    .map(([at, text]) => {
      const piece = code.slice(end, at) + text
      end = at
      return piece
    })
  return pieces.join('') + code.slice(end)
}
