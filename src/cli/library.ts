import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const built = !import.meta.url.endsWith('.ts')
const neighbour = (source: string, dist: string) => new URL(built ? dist : source, import.meta.url).href

/** What a config may import, and the running copy of it. */
const own: Readonly<Record<string, string>> = {
  'shipit-ts': neighbour('../index.ts', './index.js'),
  'shipit-ts/recipes': neighbour('../../recipes/index.ts', './recipes.js'),
}

/** Where shipit's own files are: they run already, so they are not checked. */
const ours = new URL(built ? '../' : '../../', import.meta.url).href.replace(/(\/node_modules\/).*$/, '$1')

let shared = false

/**
 * Makes `shipit-ts` and `shipit-ts/recipes` mean the running copy, whoever imports them and whatever is installed beside the
 * config: secrets and recipes are known by identity, so that a second copy would not be seen. A project without node_modules
 * (a Rails application) works the same way, and gets our `zod` where it has none. A config and its own files are ES modules
 * when they are written as such, whatever the project's package.json says. Call it before the config is imported.
 * `check` throws for a file that must not be run.
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

/** An ES module of the user's that Node takes for CommonJS, or would guess about with a warning, for want of `"type": "module"`. */
const mistaken = (url: string, format: string | null | undefined): boolean => {
  if (format?.startsWith('module') || !/^file:.*\.[jt]s$/.test(url) || url.includes('/node_modules/')) return false
  return /^\s*(?:import\b(?!\s*\()|export\b)/m.test(readFileSync(fileURLToPath(url), 'utf8'))
}
