import { stripTypeScriptTypes } from 'node:module'
import { parse, type AnyNode } from 'acorn'
import { childrenOf } from './functions.ts'
import type { Source } from './source.ts'

export interface Message {
  readonly line: number
  /** `${…}` stands for what is filled in */
  readonly text: string
}

/** The properties, and the calls, whose strings are shown. */
const PROPERTIES: readonly string[] = ['message', 'hint', 'remedy', 'headline', 'title', 'note', 'description']
const CALLS: readonly string[] = ['fail', 'warn', 'note', 'title', 'hint']

/** The texts in a file that shipit shows: errors, hints, remedies, titles of steps, descriptions; or only those of some properties. */
export const messagesOf = ({ text }: Pick<Source, 'text'>, only?: readonly string[]): Message[] => {
  const found: Message[] = []
  const take = (node: AnyNode): void => {
    if (node.type === 'Literal' && typeof node.value === 'string') found.push({ line: node.loc!.start.line, text: node.value })
    else if (node.type === 'TemplateLiteral')
      found.push({ line: node.loc!.start.line, text: node.quasis.map(({ value }) => value.cooked ?? value.raw).join('${…}') })
    // what a program is asked, or what a function computes, is not the text itself
    if (node.type !== 'TaggedTemplateExpression' && node.type !== 'CallExpression') for (const child of childrenOf(node)) take(child)
  }
  const visit = (node: AnyNode): void => {
    for (const part of shownBy(node, only)) take(part)
    for (const child of childrenOf(node)) visit(child)
  }
  visit(parse(stripTypeScriptTypes(text), { ecmaVersion: 'latest', sourceType: 'module', locations: true }))
  return found.filter((one, i) => found.findIndex(({ line, text: other }) => line === one.line && other === one.text) === i)
}

/** The parts of a node that are shown. */
const shownBy = (node: AnyNode, only: readonly string[] | undefined): AnyNode[] => {
  if (node.type === 'Property') return node.key.type === 'Identifier' && (only ?? PROPERTIES).includes(node.key.name) ? [node.value] : []
  if (only !== undefined || (node.type !== 'NewExpression' && node.type !== 'CallExpression')) return []
  const name = calleeOf(node)
  return name.endsWith('Error') || CALLS.includes(name) ? node.arguments : []
}

const calleeOf = ({ callee }: { callee: AnyNode }): string => {
  const named = callee.type === 'MemberExpression' ? callee.property : callee
  return named.type === 'Identifier' ? named.name : ''
}
