import type { z } from 'zod'
import { defOf, unwrap } from '../settings/zod-introspection.ts'
import type { Registry, RegistryProblem } from '../tasks/entry.ts'
import { findIn } from '../tasks/registry.ts'
import { optionName, partsOf, type Part } from '../tasks/parts.ts'

/** Options that tasks of one sequence declare with different types, for each sequence: what is typed could not be right for both. */
export const optionClashes = ({ tasks }: Registry): readonly RegistryProblem[] =>
  [...tasks.values()].flatMap(({ name, owner, def, override }) => {
    if (def.sequence === undefined) return []
    return clashesIn(partsOf(name, findIn({ tasks }))).map((clash): RegistryProblem => {
      const place = { owner, path: [name], ...(override?.by === 'config' && { override: true as const }) }
      return { ...place, message: `the sequence of "${name}": ${clash}`, hint: 'rename it in one of them' }
    })
  })

/** The same for tasks that get the same options. */
export const clashesIn = (parts: readonly Part[]): readonly string[] => {
  const seen = new Map<string, { readonly task: string; readonly schema: z.ZodType }>()
  return parts.flatMap(({ name: task, def }) =>
    Object.entries((def.args?.shape ?? {}) as Readonly<Record<string, z.ZodType>>).flatMap(([key, schema]) => {
      const name = optionName(key)
      const first = seen.get(name)
      if (first === undefined) seen.set(name, { task, schema })
      if (first === undefined || first.schema === schema) return []
      const [one, other] = [typeOf(first.schema), typeOf(schema)]
      return one === other ? [] : [`the option --${name} is ${one} for ${first.task}, and ${other} for ${task}`]
    }),
  )
}

/** What may be typed for a schema, in words. */
const typeOf = (given: z.ZodType): string => {
  const { type, entries, values, element, options } = defOf(unwrap(given))
  if (type === 'boolean') return 'true or false'
  if (type === 'number' || type === 'int' || type === 'bigint') return 'a number'
  if (type === 'string' || type === 'template_literal') return 'text'
  if (type === 'enum' || type === 'literal')
    return [...new Set(Object.values(entries ?? values ?? []))]
      .map((one) => JSON.stringify(one))
      .sort()
      .join(' or ')
  if (type === 'array') return `a list of ${typeOf(element!)}`
  if (type === 'union') return [...new Set(options!.map(typeOf))].sort().join(' or ')
  return `of the type ${type}`
}
