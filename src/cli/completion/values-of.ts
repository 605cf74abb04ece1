import type { z } from 'zod'
import { OUTPUTS } from '../../output/names.ts'
import { defOf, unwrap } from '../../settings/zod-introspection.ts'
import type { SeenRelease } from '../../run/seen-releases.ts'
import { globalFlag } from '../global-options.ts'
import type { Candidate, Place } from './place.ts'
import { flagsOfTasks } from './options-at.ts'

/** The shell offers its files. */
export const FILES = 'files'

/** The values of an option that are known, whole: `a1,b` becomes `a1,b1`. `flag`: as typed. */
export const valuesOf = (flag: string, current: string, place: Place): readonly Candidate[] | typeof FILES => {
  const { choices, words, tasks, command } = place
  const [stage = ''] = words
  const { name, takesValue } = globalFlag(flag) ?? {}
  if (name !== undefined && !takesValue) return []
  if (name === 'config' || name === 'log') return FILES
  if (name === 'release') return (choices?.releases(stage) ?? []).filter((one) => one.name.startsWith(current)).map(release)
  const values =
    name === undefined
      ? command.own === 'tasks'
        ? flagsOfTasks(tasks, words)
            .filter((one) => one.flag === flag)
            .flatMap(({ schema }) => literals(schema))
        : flag === '--in'
          ? ['current', 'release', 'shared']
          : []
      : name === 'hosts'
        ? listed(current, choices?.hosts(stage) ?? [])
        : name === 'roles'
          ? listed(current, choices?.roles(stage) ?? [])
          : name === 'output'
            ? OUTPUTS
            : name === 'set'
              ? (choices?.settings(stage) ?? []).map((key) => `${key}=`)
              : []
  return values.filter((word) => word.startsWith(current)).map((word) => ({ word }))
}

/** A list with commas: what was typed, and each name that is not in it. A regular expression in it may contain a comma, and ends it. */
const listed = (current: string, names: readonly string[]): readonly string[] => {
  if (current.includes('/')) return []
  const before = current.slice(0, current.lastIndexOf(',') + 1)
  const typed = before.split(',')
  return names.filter((name) => !typed.includes(name)).map((name) => before + name)
}

/** The values that a schema names. */
const literals = (schema: z.ZodType): readonly string[] => {
  const { type, options, entries, values } = defOf(unwrap(schema))
  if (type === 'union') return (options ?? []).flatMap(literals)
  const all = type === 'enum' ? Object.values(entries ?? {}) : type === 'literal' ? (values ?? []) : []
  return all.filter((one) => typeof one === 'string' || typeof one === 'number').map(String)
}

const release = ({ name, state, revision, live }: SeenRelease): Candidate => ({
  word: name,
  about: [state ?? 'hosts differ', ...(live ? ['live'] : []), ...(revision === undefined ? [] : [revision.slice(0, 7)])].join(', '),
})
