import { stripTypeScriptTypes } from 'node:module'
import { parse } from 'acorn'
import type { AnyNode, Expression, ObjectExpression, Pattern, Program, Property, SpreadElement } from 'acorn'
import type { Locate } from '../../errors/source-location.ts'

/** Finds lines in a module whose default export is an object, `defineConfig({…})`, or a constant with one of these. Executes nothing. */
export const locateInCode = (file: string, text: string): Locate => {
  const source = /\.m?ts$/.test(file) ? stripTypes(text) : text
  const program = parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true, allowHashBang: true })
  const exported = program.body.find((node) => node.type === 'ExportDefaultDeclaration')
  const root = exported && resolveObject(exported.declaration as AnyNode, program)
  return (path) => {
    let at: AnyNode | undefined = root
    let line: number | undefined
    for (const part of path) {
      const step: { node: AnyNode; line: number | undefined } | undefined = at && descend(at, part, program)
      if (!step) break
      line = step.line ?? line
      at = resolveObject(step.node, program)
    }
    return line
  }
}

/** Node strips types by blanking them out, so lines stay the same. It warns that the function may change. */
const stripTypes = (text: string): string => {
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = emitWarning
  }
}

const descend = (node: AnyNode, part: string | number, program: Program) => {
  if (node.type === 'ArrayExpression') {
    const item = node.elements.slice(0, Number(part) + 1).some((element) => element?.type === 'SpreadElement')
      ? undefined
      : node.elements[Number(part)]
    return item ? { node: item as AnyNode, line: item.loc?.start.line } : undefined
  }
  if (node.type === 'CallExpression') {
    // a recipe: sidekiq({ processes: 8 })
    const first = node.arguments[0] && resolveObject(node.arguments[0], program)
    return first?.type === 'ObjectExpression' ? member(first, part, program) : undefined
  }
  return node.type === 'ObjectExpression' ? member(node, part, program) : undefined
}

const member = (
  object: ObjectExpression,
  part: string | number,
  program: Program,
): { node: AnyNode; line: number | undefined } | undefined => {
  for (const property of [...object.properties].reverse()) {
    if (property.type === 'SpreadElement') {
      const spread: AnyNode = resolveObject(property.argument, program)
      const inner = spread.type === 'ObjectExpression' ? member(spread, part, program) : undefined
      if (inner) return inner
    } else if (keyOf(property) === String(part)) return { node: property.value as AnyNode, line: property.loc?.start.line }
  }
  return undefined
}

const keyOf = (property: Exclude<Property | SpreadElement, SpreadElement>): string | undefined => {
  const { key } = property
  if (key.type === 'Identifier' && !property.computed) return key.name
  return key.type === 'Literal' ? String(key.value) : undefined
}

/** Looks through defineConfig(…), await, parentheses, constants, and functions that end with a return. */
const resolveObject = (node: AnyNode, program: Program, depth = 0): AnyNode => {
  if (depth > 20) return node
  const next = (inner: AnyNode | Expression | Pattern | null | undefined) =>
    inner ? resolveObject(inner as AnyNode, program, depth + 1) : node
  if (node.type === 'CallExpression' && node.callee.type === 'Identifier' && node.callee.name === 'defineConfig')
    return next(node.arguments[0])
  if (node.type === 'AwaitExpression' || node.type === 'ParenthesizedExpression')
    return next('argument' in node ? node.argument : node.expression)
  if (node.type === 'Identifier') return next(constant(node.name, program))
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return node
  if (node.body.type !== 'BlockStatement') return next(node.body)
  const last = node.body.body.at(-1)
  return last?.type === 'ReturnStatement' ? next(last.argument) : node
}

const constant = (name: string, program: Program): Expression | null | undefined => {
  for (const statement of program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (declaration?.type !== 'VariableDeclaration' || declaration.kind !== 'const') continue
    const declarator = declaration.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    if (declarator) return declarator.init
  }
  return undefined
}
