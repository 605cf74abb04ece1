import { type Source, target } from './source.ts'

/** What a room may import from, besides itself, packages and Node. A room must be listed here. */
const knows: Readonly<Record<string, readonly string[]>> = {
  values: [],
  redact: ['values'],
  shell: ['values', 'redact'],
  inventory: ['values', 'shell'],
  events: ['values', 'redact'],
  errors: ['values'],
  git: ['values', 'shell'],
  facts: ['values', 'shell', 'git'],
  settings: ['values', 'redact', 'shell', 'inventory', 'errors'],
  template: ['values', 'errors'],
  tasks: ['values', 'shell', 'inventory', 'errors', 'git', 'facts', 'settings'],
  config: ['values', 'redact', 'shell', 'inventory', 'errors', 'settings', 'tasks'],
  plan: ['values', 'redact', 'shell', 'inventory', 'errors', 'facts', 'template', 'tasks', 'config'],
  transport: ['values', 'redact', 'shell', 'inventory', 'events'],
  transfer: ['values', 'shell', 'transport'],
  run: ['values', 'redact', 'shell', 'inventory', 'events', 'errors', 'git', 'facts', 'tasks', 'config', 'plan', 'transport', 'transfer'],
  output: ['values', 'redact', 'events'],
  kit: ['index'],
  index: ['values', 'shell', 'inventory', 'settings', 'config', 'tasks', 'facts'],
  sandbox: ['values', 'shell'],
  cli: [
    'values',
    'redact',
    'shell',
    'inventory',
    'events',
    'errors',
    'settings',
    'tasks',
    'config',
    'plan',
    'transport',
    'run',
    'output',
    'sandbox',
    'recipes',
  ],
}

/** Rooms without I/O: no disk, no network, no processes. */
const pure: Readonly<Record<string, readonly string[]>> = {
  values: ['node:util', 'node:module'],
  shell: ['node:util', 'node:crypto'],
  redact: ['node:util'],
  events: ['node:util'],
  plan: ['node:util'],
}

/** Circles of imports, each once, in the order of the imports. Types count, because a reader has to follow them too. */
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

/** What a user's recipe may import: `shipit-ts` and `shipit-ts/kit`. */
const PUBLIC: readonly string[] = ['src/index.ts', 'src/kit/index.ts']

/** What a recipe offers to others besides its `index.ts`. */
const DOORS: readonly string[] = ['recipes/systemd/services.ts', 'recipes/sidekiq/services.ts']

/** The recipe of a file: its folder. `rules` is what the recipes that watch services share, and has an index too. */
const recipeOf = (file: string): string | undefined => /^recipes\/([^/]+)\//.exec(file)?.[1]

const isOtherRecipe = (file: string, to: string): boolean => {
  const [from, other] = [recipeOf(file), recipeOf(to)]
  if (from === undefined || other === undefined || other === from) return false
  return to !== `recipes/${other}/index.ts` && !DOORS.includes(to)
}

const roomOf = (file: string): string => {
  if (file.startsWith('recipes/')) return 'recipes'
  if (!file.startsWith('src/')) return 'outside'
  return file.split('/')[1]!.replace(/\.ts$/, '')
}

/** The forbidden imports of one file, described; empty if there are none. */
export const trespasses = (source: Source): string[] => source.imports.flatMap((specifier) => judge(source.file, specifier) ?? [])

const judge = (file: string, specifier: string): string | undefined => {
  const room = roomOf(file)
  if (!specifier.startsWith('.')) return judgePackage(file, room, specifier)
  if (!specifier.endsWith('.ts')) return `${file} imports ${specifier} without its .ts`
  const to = target(file, specifier)
  if (room === 'recipes') {
    if (isOtherRecipe(file, to))
      return `${file} imports ${to}: of another recipe, a recipe may import ${['index.ts', ...DOORS].join(' or ')} only`
    return PUBLIC.includes(to) || roomOf(to) === 'recipes'
      ? undefined
      : `${file} imports ${to}: a recipe may import ${PUBLIC.join(' and ')} only`
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
