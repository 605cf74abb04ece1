import { didYouMean } from '../values/nearest.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { found } from './problems.ts'

/** What `shipit-ts/recipes` exports: recipe factories by name. */
export type RecipesByName = Readonly<Record<string, unknown>>

/**
 * In a JSON or YAML config, `use` names its recipes: `use: [bundler, { sidekiq: { processes: 2 } }]`. Returns the config with recipes in
 * their place. Items that name no recipe are removed and reported.
 */
export const nameRecipes = async (value: unknown, file: string, recipes?: () => Promise<RecipesByName>) => {
  const problems: Problem[] = []
  if (!/\.(json|ya?ml)$/.test(file) || !isObject(value)) return { value, problems }
  const known = (await recipes?.()) ?? {}
  const list = (holder: Record<string, unknown>, path: ConfigPath): Record<string, unknown> => {
    if (!Array.isArray(holder['use'])) return holder
    const use = holder['use'].flatMap((item: unknown, i) => {
      try {
        return [makeRecipe(item, known)]
      } catch (error) {
        problems.push({ path: [...path, 'use', i], message: (error as Error).message })
        return []
      }
    })
    return { ...holder, use }
  }
  const whole = list(value, [])
  if (!isObject(whole['stages'])) return { value: whole, problems }
  const stages = Object.entries(whole['stages']).map(([name, stage]) => [name, isObject(stage) ? list(stage, ['stages', name]) : stage])
  return { value: { ...whole, stages: Object.fromEntries(stages) }, problems }
}

const makeRecipe = (item: unknown, known: RecipesByName): unknown => {
  const [name, settings, ...more] = typeof item === 'string' ? [item, {}] : isObject(item) ? Object.entries(item).flat() : []
  if (typeof name !== 'string' || more.length > 0 || (settings !== null && !isObject(settings))) {
    throw new TypeError(`expected the name of a recipe, or { name: settings }, found ${found(item)}`)
  }
  const factory = known[name]
  if (typeof factory === 'function') return (factory as (given: unknown) => unknown)(settings ?? {})
  const names = Object.keys(known)
  throw new TypeError(
    `there is no recipe "${name}"${didYouMean(name, names)}${names.length === 0 ? '' : `: known are ${names.join(', ')}`}`,
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
