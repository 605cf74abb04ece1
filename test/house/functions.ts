import { stripTypeScriptTypes } from 'node:module'
import { parse, type AnyNode } from 'acorn'
import type { Source } from './source.ts'

export interface FunctionLines {
  readonly name: string
  /** from its first line to its last, nested functions included */
  readonly lines: number
}

/** The functions of a file, each with what it is declared as; one without a name is called by its place: `:12`. */
export const functionsOf = ({ text }: Pick<Source, 'text'>): FunctionLines[] => {
  const found: FunctionLines[] = []
  const visit = (node: AnyNode, declared: string | undefined): void => {
    if (isFunction(node)) {
      const { start, end } = node.loc!
      found.push({ name: node.id?.name ?? declared ?? `:${start.line}`, lines: end.line - start.line + 1 })
    }
    for (const child of childrenOf(node)) visit(child, nameOf(node))
  }
  visit(parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module', locations: true }), undefined)
  return found
}

const isFunction = (node: AnyNode) =>
  node.type === 'FunctionDeclaration' || node.type === 'FunctionExpression' || node.type === 'ArrowFunctionExpression'

/** What a declaration calls the function that it holds. */
const nameOf = (node: AnyNode): string | undefined => {
  if (node.type === 'VariableDeclarator') return node.id.type === 'Identifier' ? node.id.name : undefined
  if (node.type !== 'Property' && node.type !== 'MethodDefinition' && node.type !== 'PropertyDefinition') return undefined
  const { key } = node
  return key.type === 'Identifier' || key.type === 'PrivateIdentifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined
}

export const childrenOf = (node: AnyNode): AnyNode[] =>
  Object.values(node)
    .flat()
    .filter((value): value is AnyNode => typeof value === 'object' && value !== null && typeof value.type === 'string')
