import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export const root = resolve(import.meta.dirname, '../..')

export interface Source {
  /** `src/shell/quote.ts` */
  readonly file: string
  readonly text: string
  /** as written: `../values/path.ts`, `zod`, `node:fs` */
  readonly imports: readonly string[]
}

const statement = /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

export const importsOf = (text: string): string[] =>
  [...text.matchAll(statement)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '')

export const sources = (...globs: string[]): Source[] =>
  globSync(globs, { cwd: root })
    .sort()
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return { file, text, imports: importsOf(text) }
    })

/** The file that a relative import of `file` means: `src/values/path.ts`. */
export const target = (file: string, specifier: string): string => join(dirname(file), specifier)
