import { type Source, target } from './source.ts'

/** What a room may import from, besides itself, packages and Node. A room that is not here may not be there. */
const knows: Readonly<Record<string, readonly string[]>> = {
  values: [],
  shell: ['values'],
  inventory: ['values'],
  events: ['values'],
  errors: ['values'],
  git: ['values', 'shell'],
  facts: ['values', 'shell', 'git'],
  tasks: ['values', 'shell', 'inventory', 'errors', 'git', 'facts'],
  config: ['values', 'shell', 'inventory', 'errors', 'tasks'],
  plan: ['values', 'shell', 'inventory', 'errors', 'facts', 'tasks', 'config'],
  transport: ['values', 'shell', 'inventory', 'events'],
  run: ['values', 'shell', 'inventory', 'events', 'errors', 'git', 'facts', 'tasks', 'config', 'plan', 'transport'],
  output: ['values', 'events'],
  index: ['values', 'shell', 'inventory', 'config', 'tasks', 'facts'],
  sandbox: ['values', 'shell'],
  cli: ['values', 'shell', 'inventory', 'events', 'errors', 'tasks', 'config', 'plan', 'transport', 'run', 'output', 'sandbox', 'recipes'],
}

/** Rooms that work with values alone: no disk, no network, no processes. */
const pure: Readonly<Record<string, readonly string[]>> = {
  values: ['node:util'],
  shell: ['node:util', 'node:crypto'],
  events: ['node:util'],
  plan: ['node:util'],
}

/** Files that import each other in a circle, each circle once, in the order of the imports. Types count: a reader has to follow them too. */
export const circles = (house: readonly Source[]): string[][] => {
  const imports = new Map(
    house.map(({ file, imports: all }) => [file, all.filter((one) => one.startsWith('.')).map((one) => target(file, one))]),
  )
  const done = new Set<string>()
  const found: string[][] = []
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at >= 0) found.push(way.slice(at))
    if (at >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

const roomOf = (file: string): string => {
  if (file.startsWith('recipes/')) return 'recipes'
  if (!file.startsWith('src/')) return 'outside'
  return file.split('/')[1]!.replace(/\.ts$/, '')
}

/** What is wrong with the imports of one file, in words; empty when the file is at home. */
export const trespasses = (source: Source): string[] => source.imports.flatMap((specifier) => judge(source.file, specifier) ?? [])

const judge = (file: string, specifier: string): string | undefined => {
  const room = roomOf(file)
  if (!specifier.startsWith('.')) return judgePackage(file, room, specifier)
  if (!specifier.endsWith('.ts')) return `${file} imports ${specifier} without its .ts`
  const to = target(file, specifier)
  if (room === 'recipes') {
    return to === 'src/index.ts' || roomOf(to) === 'recipes' ? undefined : `${file} imports ${to}: a recipe may import src/index.ts only`
  }
  const allowed = knows[room]
  if (allowed === undefined) return `${file} stands in no room of the house`
  const other = roomOf(to)
  return other === room || allowed.includes(other) ? undefined : `${file} imports ${to}: ${room} may not know ${other}`
}

const judgePackage = (file: string, room: string, specifier: string): string | undefined => {
  const node = specifier.startsWith('node:')
  if (room === 'recipes')
    return node || specifier === 'zod' ? undefined : `${file} imports ${specifier}: a recipe may import zod and node: only`
  if (!node || pure[room] === undefined) return undefined
  return pure[room].includes(specifier) ? undefined : `${file} imports ${specifier}: ${room} is pure`
}
