import type { Context } from '../manager.ts'
import { markOf } from '../mark.ts'
import type { UnitHost } from './host.ts'
import { currentOf, inShared, userOf } from './place.ts'
import { literal } from './quote.ts'
import { sections, type Section, type UnitOf } from './sections.ts'

/** Builds the text of a unit file from the settings and the host's facts. `template`: the user's own text for it. */
export const unitText = (c: Context, host: UnitHost | undefined, unit: UnitOf, template?: string): string => {
  const all = sections(c, host, unit)
  const body = template === undefined ? all.map(sectionText).join('\n') : filled(template, all, valuesOf(c, unit))
  return `${markOf(c)} writes it anew from the config\n${body.trimEnd()}\n`
}

/** Names in a template that mean nothing. */
export const unknownNames = (template: string): readonly string[] =>
  [...template.matchAll(PLACE)].map(([, name]) => name!).filter((name) => !/^[A-Z]/.test(name) && !VALUES.includes(name as Value))

const sectionText = ([name, directives]: Section): string => `[${name}]\n${directives.map(([key, value]) => `${key}=${value}\n`).join('')}`

const PLACE = /\{\{ *([\w-]*) *\}\}/g
const VALUES = ['application', 'stage', 'unit', 'user', 'current', 'shared', 'configFile', 'timeout'] as const
type Value = (typeof VALUES)[number]

const valuesOf = (c: Context, { name, configFile }: UnitOf): Readonly<Record<Value, string>> => ({
  application: c.application,
  stage: c.stage,
  unit: name,
  user: userOf(c),
  current: currentOf(c),
  shared: inShared(c, '.').replace(/\/\.$/, ''),
  configFile: `config/${configFile}`,
  timeout: String(c.settings.timeout),
})

/**
 * `{{ExecStart}}` is the value of a directive, as it would be generated. A line is repeated for each of several values
 * (`Environment={{Environment}}`), and left out if there are none (`User={{User}}` in a user's unit). `{{current}}` is a plain value.
 */
const filled = (template: string, all: readonly Section[], values: Readonly<Record<Value, string>>): string => {
  const directives = all.flatMap(([, own]) => own)
  return template
    .split('\n')
    .flatMap((row) => {
      const names = [...row.matchAll(PLACE)].map(([, name]) => name!)
      const several = names.find((name) => /^[A-Z]/.test(name))
      const fill = (value: string): string =>
        row.replaceAll(PLACE, (_, name: string) => {
          if (name === several) return value
          return /^[A-Z]/.test(name) ? (directives.find(([key]) => key === name)?.[1] ?? '') : literal(values[name as Value] ?? '')
        })
      return several === undefined ? [fill('')] : directives.filter(([key]) => key === several).map(([, value]) => fill(value))
    })
    .join('\n')
}
