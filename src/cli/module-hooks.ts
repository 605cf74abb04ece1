import { existsSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const built = !import.meta.url.endsWith('.ts')
const nearby = (source: string, dist: string) => new URL(built ? dist : source, import.meta.url).href

/** The modules that a config may import, and their running copies. */
const sharedModules: Readonly<Record<string, string>> = {
  'shipit-ts': nearby('../index.ts', './index.js'),
  'shipit-ts/kit': nearby('../kit/index.ts', './kit.js'),
  'shipit-ts/recipes': nearby('../../recipes/on-demand.ts', './recipes.js'),
}

/** The folder of shipit's own files: they are running already, so they are not checked. */
const ownFolder = new URL(built ? '../' : '../../', import.meta.url).href.replace(/(\/node_modules\/).*$/, '$1')

/** The folder of the built files. */
const dist = new URL('./', import.meta.url).href

/** The file that one of our built files imports from beside it. Without this, Node looks for each on the disk. */
const builtNeighbour = (specifier: string, parent: string | undefined): string | undefined =>
  built && specifier.startsWith('./') && parent?.startsWith(dist) ? new URL(specifier, parent).href : undefined

let registered = false

/**
 * Makes `shipit-ts`, `shipit-ts/recipes` and `shipit-ts/kit` resolve to the running copy, in every file and whatever is installed next to
 * the config: secrets and recipes are recognised by identity, and those of a second copy would not be. A project without node_modules (a
 * Rails application) works the same way, and gets our `zod` if it has none. A config and its own files load as ES modules if they are
 * written as such, whatever the package.json of the project says. Call this before importing the config. `check` throws for a file that
 * must not run.
 */
export const registerModuleHooks = (check?: (file: string) => void): void => {
  if (registered) return
  registered = true
  registerHooks({
    resolve(specifier, context, next) {
      const url = sharedModules[specifier] ?? builtNeighbour(specifier, context.parentURL)
      if (url !== undefined) return { url, format: built ? 'module' : 'module-typescript', shortCircuit: true }
      return specifier === 'zod' || specifier.startsWith('zod/') ? resolveZod(specifier, context, next) : next(specifier, context)
    },
    load(url, context, next) {
      if (url.startsWith('file:') && !url.startsWith(ownFolder)) check?.(fileURLToPath(url.replace(/[?#].*$/, '')))
      const format = isMislabelledModule(url, context.format) ? (url.endsWith('.ts') ? 'module-typescript' : 'module') : context.format
      return next(url, { ...context, format })
    },
  })
}

type Resolve = NonNullable<Parameters<typeof registerHooks>[0]['resolve']>

/** The project's zod, or ours if it has none. Its package is 95 files; if its version is the one in the build, it is a single file. */
const resolveZod: Resolve = (specifier, context, next) => {
  const installed = installedZod(specifier, context, next)
  if (!built || specifier !== 'zod') return installed
  const url = new URL(`./zod-${versionBeside(installed.url)}.js`, dist)
  return existsSync(url) ? { url: url.href, format: 'module', shortCircuit: true } : installed
}

const installedZod: Resolve = (specifier, context, next) => {
  try {
    return next(specifier, context)
  } catch (error) {
    if (!isMissing(error)) throw error
    return next(specifier, { ...context, parentURL: import.meta.url })
  }
}

const versionBeside = (url: string): string | undefined => {
  try {
    return (JSON.parse(readFileSync(new URL('./package.json', url), 'utf8')) as { version?: string }).version
  } catch {
    return undefined
  }
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

/** Whether Node takes an ES module of the user for CommonJS, or would guess with a warning, because `"type": "module"` is missing. */
const isMislabelledModule = (url: string, format: string | null | undefined): boolean => {
  if (format?.startsWith('module') || !/^file:.*\.[jt]s$/.test(url) || url.includes('/node_modules/')) return false
  return /^\s*(?:import\b(?!\s*\()|export\b)/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}
