import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const built = !import.meta.url.endsWith('.ts')
const neighbour = (source: string, dist: string) => new URL(built ? dist : source, import.meta.url).href

/** What a config may import, and its running copy. */
const own: Readonly<Record<string, string>> = {
  'shipit-ts': neighbour('../index.ts', './index.js'),
  'shipit-ts/recipes': neighbour('../../recipes/index.ts', './recipes.js'),
}

/** The folder of shipit's own files: they are running already, so they are not checked. */
const ours = new URL(built ? '../' : '../../', import.meta.url).href.replace(/(\/node_modules\/).*$/, '$1')

let shared = false

/**
 * Makes `shipit-ts` and `shipit-ts/recipes` resolve to the running copy, whoever imports them and whatever is installed next to the config:
 * secrets and recipes are recognised by identity, and those of a second copy would not be. A project without node_modules (a Rails
 * application) works the same way, and gets our `zod` if it has none. A config and its own files load as ES modules if they are written as
 * such, whatever the package.json of the project says. Call this before importing the config. `check` throws for a file that must not run.
 */
export const shareLibrary = (check?: (file: string) => void): void => {
  if (shared) return
  shared = true
  registerHooks({
    resolve(specifier, context, next) {
      const url = own[specifier]
      if (url !== undefined) return { url, format: built ? 'module' : 'module-typescript', shortCircuit: true }
      if (specifier !== 'zod' && !specifier.startsWith('zod/')) return next(specifier, context)
      try {
        return next(specifier, context)
      } catch (error) {
        if (!isMissing(error)) throw error
        return next(specifier, { ...context, parentURL: import.meta.url })
      }
    },
    load(url, context, next) {
      if (url.startsWith('file:') && !url.startsWith(ours)) check?.(fileURLToPath(url.replace(/[?#].*$/, '')))
      const format = mistaken(url, context.format) ? (url.endsWith('.ts') ? 'module-typescript' : 'module') : context.format
      return next(url, { ...context, format })
    },
  })
}

const isMissing = (error: unknown): boolean => {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}

/** Whether Node takes an ES module of the user for CommonJS, or would guess with a warning, because `"type": "module"` is missing. */
const mistaken = (url: string, format: string | null | undefined): boolean => {
  if (format?.startsWith('module') || !/^file:.*\.[jt]s$/.test(url) || url.includes('/node_modules/')) return false
  return /^\s*(?:import\b(?!\s*\()|export\b)/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}
