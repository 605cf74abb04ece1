import { readFileSync } from 'node:fs'
import { literal } from './quote.ts'
import type { Section } from './sections.ts'

const PLACEHOLDER = /\{\{ *([\w-]*) *\}\}/g
const isDirective = (name: string): boolean => /^[A-Z]/.test(name)

/** Reads the template of a unit file. Throws an `Error` if it cannot be read, or has a placeholder that is no directive and not in `values`. */
export const readTemplate = (file: string, values: readonly string[]): string => {
  const text = readFileSync(file, 'utf8')
  const names = Array.from(text.matchAll(PLACEHOLDER), ([, name]) => name!)
  const unknown = names.find((name) => !isDirective(name) && !values.includes(name))
  if (unknown !== undefined)
    throw new Error(
      `{{${unknown}}} in ${file} is not known: use directives ({{ExecStart}}), or ${values.map((name) => `{{${name}}}`).join(', ')}`,
    )
  return text
}

/**
 * `{{ExecStart}}` is the value of a directive, as it would be generated. A line is repeated for each of several values
 * (`Environment={{Environment}}`), and left out if there are none (`User={{User}}` in a user's unit). `{{current}}` is a plain value.
 */
export const fillTemplate = (template: string, sections: readonly Section[], values: Readonly<Record<string, string>>): string => {
  const directives = sections.flatMap(([, own]) => own)
  return template
    .split('\n')
    .flatMap((row) => {
      const repeated = Array.from(row.matchAll(PLACEHOLDER), ([, name]) => name!).find(isDirective)
      const fill = (value: string): string =>
        row.replaceAll(PLACEHOLDER, (_, name: string) => {
          if (name === repeated) return value
          return isDirective(name) ? (directives.find(([key]) => key === name)?.[1] ?? '') : literal(values[name] ?? '')
        })
      return repeated === undefined ? [fill('')] : directives.filter(([key]) => key === repeated).map(([, value]) => fill(value))
    })
    .join('\n')
}
