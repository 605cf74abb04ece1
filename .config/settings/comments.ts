import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** The content of a setting's comment. */
export interface Doc {
  readonly text: string
  /** `@default`: for a default that is not a value */
  readonly default?: string
  /** `@example`: a value as a config has it */
  readonly example?: string
  /** `@directive`: the directive of a unit file that it becomes */
  readonly directive?: string
  /** `@since`: the version that brought the setting; left out: the first */
  readonly since?: string
}
/** By path: `keepReleases`, `redis.url`, `services.*.rules`. */
export type Docs = Map<string, Doc>

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}
interface Declared {
  readonly node: Node
  readonly doc: Doc | undefined
}
interface Module {
  readonly file: string
  /** a value, or an interface; undefined if the module has no such name */
  readonly find: (name: string) => { readonly module: Module; readonly declared: Declared } | undefined
  readonly docBefore: (node: Node) => Doc | undefined
}

const modules = new Map<string, Module>()

/** The comments of the settings in a schema, an object of schemas, or an interface. The comment of `name` itself is under ''. Follows imports. */
export const docsOf = (file: string, name: string): Docs => {
  const out: Docs = new Map()
  const found = moduleOf(file).find(name)
  if (!found) throw new Error(`${file} has no ${name}`)
  note(out, [], found.declared.doc)
  visit(found.declared.node, [], found.module, out)
  return out
}

const moduleOf = (file: string): Module => {
  const known = modules.get(file)
  if (known) return known
  const source = readFileSync(file, 'utf8')
  const { program, comments } = parseSync(file, source)
  const docBefore = ({ start }: Node): Doc | undefined => {
    const comment = comments.findLast(({ end }) => end <= start)
    if (comment?.type !== 'Block' || !comment.value.startsWith('*') || source.slice(comment.end, start).trim() !== '') return undefined
    return readDoc(comment.value)
  }
  const declared = new Map<string, Declared>()
  const imported = new Map<string, { readonly file: string; readonly name: string }>()
  for (const statement of program.body as unknown as readonly Node[]) {
    for (const { local, imported: outside } of importsOf(statement))
      imported.set(local, { file: join(dirname(file), (statement['source'] as { value: string }).value), name: outside })
    const inner = (statement['declaration'] as Node | undefined) ?? statement
    if (inner.type === 'TSInterfaceDeclaration') declared.set(nameOf(inner['id']), { node: inner, doc: docBefore(statement) })
    if (inner.type !== 'VariableDeclaration') continue
    for (const { id, init } of inner['declarations'] as readonly { id: Node; init: Node }[])
      declared.set(nameOf(id), { node: init, doc: docBefore(statement) })
  }
  const find: Module['find'] = (name) => {
    const here = declared.get(name)
    if (here) return { module, declared: here }
    const from = imported.get(name)
    return from && exported(from.file, from.name)
  }
  const module: Module = { file, find, docBefore }
  modules.set(file, module)
  return module
}

/** Finds what a module exports under a name, including what it re-exports. */
const exported = (file: string, name: string): ReturnType<Module['find']> => {
  const direct = moduleOf(file).find(name)
  if (direct) return direct
  const { program } = parseSync(file, readFileSync(file, 'utf8'))
  for (const statement of program.body as unknown as readonly Node[]) {
    if (statement.type !== 'ExportNamedDeclaration' || !statement['source']) continue
    const passed = (statement['specifiers'] as readonly Node[]).find((one) => nameOf(one['exported']) === name)
    if (passed) return exported(join(dirname(file), (statement['source'] as { value: string }).value), nameOf(passed['local']))
  }
  return undefined
}

const importsOf = (statement: Node): readonly { readonly local: string; readonly imported: string }[] => {
  if (statement.type !== 'ImportDeclaration' || !String((statement['source'] as { value: string }).value).startsWith('.')) return []
  return (statement['specifiers'] as readonly Node[]).flatMap((one) =>
    one.type === 'ImportSpecifier' ? [{ local: nameOf(one['local']), imported: nameOf(one['imported']) }] : [],
  )
}

const nameOf = (node: unknown): string => {
  const { name, value } = node as { readonly name?: string; readonly value?: unknown }
  return name ?? String(value)
}

type Path = readonly string[]

/** Walks the expression that makes a schema, and collects the comments of the settings that it declares. */
const visit = (node: Node, path: Path, module: Module, out: Docs): void => {
  const follow = (next: unknown, at: Path = path): void => {
    if (typeof next === 'object' && next !== null) visit(next as Node, at, module, out)
  }
  switch (node.type) {
    case 'ObjectExpression':
      for (const member of node['properties'] as readonly Node[]) {
        if (member.type === 'SpreadElement') spread(member['argument'] as Node, path, module, out)
        else property(member, path, module, out)
      }
      break
    case 'TSInterfaceDeclaration':
      for (const member of (node['body'] as { body: readonly Node[] }).body)
        note(out, [...path, nameOf(member['key'])], module.docBefore(member))
      break
    case 'CallExpression':
      called(node, path, module, out)
      break
    case 'ArrayExpression':
      for (const element of node['elements'] as readonly Node[]) follow(element)
      break
    case 'ArrowFunctionExpression':
      follow(node['body'])
      break
    case 'BlockStatement':
      for (const statement of node['body'] as readonly Node[]) if (statement.type === 'ReturnStatement') follow(statement['argument'])
      break
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      follow(node['expression'])
      break
    case 'Identifier':
    case 'MemberExpression': {
      const to = resolve(node, module)
      if (to) visit(to.declared.node, path, to.module, out)
    }
  }
}

/** Settings that an object spreads from another one get that one's `@since`, unless they have their own. */
const spread = (node: Node, path: Path, module: Module, out: Docs): void => {
  const since = resolve(node, module)?.declared.doc?.since
  const inner: Docs = new Map()
  visit(node, path, module, inner)
  for (const [key, doc] of inner) if (!out.has(key)) out.set(key, since === undefined ? doc : { since, ...doc })
}

const property = (member: Node, path: Path, module: Module, out: Docs): void => {
  const value = member['value'] as Node
  const at = [...path, nameOf(member['key'])]
  // a piece that several recipes share has its comment where it is declared
  note(out, at, module.docBefore(member) ?? resolve(value, module)?.declared.doc)
  visit(value, at, module, out)
}

/** A call of zod, of one of its methods on a schema, or of a function that makes a schema. */
const called = (node: Node, path: Path, module: Module, out: Docs): void => {
  const callee = node['callee'] as Node
  const args = node['arguments'] as readonly Node[]
  const each = (nodes: readonly Node[], at: Path = path) => nodes.forEach((one) => visit(one, at, module, out))
  if (callee.type === 'Identifier') {
    const to = resolve(callee, module)
    if (to) visit(to.declared.node, path, to.module, out)
    // a schema for each kind of value
    if (nameOf(callee) === 'schemaByKind')
      (args[0]!['properties'] as readonly Node[]).forEach((one) => visit(one['value'] as Node, path, module, out))
    else each(args)
    return
  }
  if (callee.type !== 'MemberExpression') return
  const method = nameOf(callee['property'])
  const object = callee['object'] as Node
  if (object.type !== 'Identifier' || nameOf(object) !== 'z') return visit(object, path, module, out)
  if (method === 'record') each(args.slice(1), [...path, '*'])
  else if (method === 'array') each(args, [...path, '*'])
  else if (['object', 'strictObject', 'union', 'intersection', 'lazy'].includes(method)) each(args)
}

/** Finds what a name, or a member of an object, refers to. */
const resolve = (node: Node, module: Module): ReturnType<Module['find']> => {
  if (node.type === 'Identifier') return module.find(nameOf(node))
  if (node.type !== 'MemberExpression') return undefined
  const holder = resolve(node['object'] as Node, module)
  if (holder?.declared.node.type !== 'ObjectExpression') return undefined
  const members = holder.declared.node['properties'] as readonly Node[]
  const member = members.find((one) => one['key'] !== undefined && nameOf(one['key']) === nameOf(node['property']))
  return member && { module: holder.module, declared: { node: member['value'] as Node, doc: holder.module.docBefore(member) } }
}

/** The first comment counts: the settings of a recipe may override a shared piece's. */
const note = (out: Docs, path: Path, doc: Doc | undefined): void => {
  const key = path.join('.')
  if (doc && !out.has(key)) out.set(key, doc)
}

const readDoc = (comment: string): Doc => {
  const text = comment
    .slice(1)
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trim())
    .join('\n')
  const [main = '', ...tags] = text.split(/^@/m)
  const doc: Record<string, string> = { text: plain(main) }
  for (const tag of tags) {
    const [, name = '', value = ''] = /^(\w+)\s+([^]*)$/.exec(tag) ?? []
    doc[name] = plain(value)
  }
  return doc as unknown as Doc
}

const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
