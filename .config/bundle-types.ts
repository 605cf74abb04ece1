import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

const ENTRIES = {
  'src/index.d.ts': 'shipit-ts',
  'src/kit/index.d.ts': 'shipit-ts/kit',
  'recipes/index.d.ts': 'shipit-ts/recipes',
} as const
/** The modules of zod that a config may import, as shipit brings it. */
const ZOD = { 'index.d.ts': 'zod', 'v4/core/index.d.ts': 'zod/v4/core' } as const

/**
 * All public types in one text, for projects without node_modules: each declaration file becomes an ambient module, so that nothing is
 * renamed, and nothing has to understand the types. Those that a config imports have their own names. The names of the others contain an
 * asterisk: TypeScript takes them for patterns, which an editor does not offer as modules. The text needs no package, not even the types of
 * Node. `types`: what tsc has written; `zod`: its package. Throws if a file imports something else.
 */
export const bundleTypes = (types: string, zod: string): string => {
  const entries = [...Object.entries(ENTRIES).map(([file, name]) => [join(types, file), name] as const), ...zodEntries(zod)]
  const names = new Map(entries)
  const nameOf = (file: string): string =>
    names.get(file) ?? `#${file.startsWith(zod) ? `zod/${relative(zod, file)}` : relative(types, file)}`.replace(/\.d\.ts$/, '/*')
  const modules = new Map<string, string>()
  const queue = [...names.keys()]
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
    if (modules.has(file)) continue
    const from = file
    const text = readFileSync(from, 'utf8').replaceAll(SPECIFIER, (_, before: string, quote: string, specifier: string) => {
      const target = specifier.startsWith('.')
        ? resolve(dirname(from), specifier.replace(/\.[jt]s$/, '.d.ts'))
        : entries.find(([, name]) => name === specifier)?.[0]
      if (target === undefined) throw new Error(`${from} imports ${specifier}, which is not in the bundle`)
      queue.push(target)
      return `${before}${quote}${nameOf(target)}${quote}`
    })
    modules.set(file, `declare module '${nameOf(file)}' {\n${ambient(text)}}\n`)
  }
  const license = readFileSync(join(zod, 'LICENSE'), 'utf8').trim()
  return `${[...modules.values()].join('')}/*\nThe modules of zod are those of its package:\n\n${license}\n*/\n`
}

const zodEntries = (zod: string) => Object.entries(ZOD).map(([file, name]) => [join(zod, file), name] as const)

/** The name of a module in an import, an export, or a type. */
const SPECIFIER = /((?:^(?:import|export)\b[^'"\n;]*?from |^import |\bimport\())(["'])([^'"\n]+)\2/gm

/** What is in an ambient module is declared already. Node's Buffer is an array of bytes for everybody else. */
const ambient = (text: string): string =>
  `${text
    .replaceAll(/^(export )?declare /gm, '$1')
    .replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '')
    .replaceAll(/\bBuffer\b/g, 'Uint8Array')
    .trimEnd()}\n`
