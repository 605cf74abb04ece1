import { didYouMean } from '../values/nearest.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { describeValue } from '../settings/zod-problems.ts'

/** The exports of `shipit-ts/recipes`: recipe factories by name. */
export type RecipesByName = Readonly<Record<string, unknown>>

/**
 * In a JSON or YAML config, `use` names its recipes: `use: [bundler, { sidekiq: { processes: 2 } }]`. Returns the config with recipes in
 * their place. Items that name no recipe are removed and reported.
 */
export const resolveRecipeNames = async (value: unknown, file: string, recipes?: () => Promise<RecipesByName>) => {
  const problems: Problem[] = []
  if (!/\.(json|ya?ml)$/.test(file) || !isObject(value)) return { value, problems }
  const { $schema, ...given } = value
  const factories = (await recipes?.()) ?? {}
  const withRecipes = (holder: Record<string, unknown>, path: ConfigPath): Record<string, unknown> => {
    if (!Array.isArray(holder['use'])) return holder
    const use = holder['use'].flatMap((item: unknown, i) => {
      try {
        return [makeRecipe(item, factories)]
      } catch (error) {
        problems.push({ path: [...path, 'use', i], message: (error as Error).message })
        return []
      }
    })
    return { ...holder, use }
  }
  // for editors
  const whole = withRecipes(typeof $schema === 'string' ? given : value, [])
  if (!isObject(whole['stages'])) return { value: whole, problems }
  const stages = Object.entries(whole['stages']).map(([name, stage]) => [
    name,
    isObject(stage) ? withRecipes(stage, ['stages', name]) : stage,
  ])
  return { value: { ...whole, stages: Object.fromEntries(stages) }, problems }
}

const makeRecipe = (item: unknown, known: RecipesByName): unknown => {
  const [name, settings, ...more] = typeof item === 'string' ? [item, {}] : isObject(item) ? Object.entries(item).flat() : []
  if (typeof name !== 'string' || more.length > 0 || (settings !== null && !isObject(settings))) {
    throw new TypeError(`expected the name of a recipe, or { name: settings }, found ${describeValue(item)}`)
  }
  const factory = known[name]
  if (typeof factory === 'function') return (factory as (given: unknown) => unknown)(settings ?? {})
  const names = Object.keys(known)
  throw new TypeError(
    `there is no recipe "${name}"${didYouMean(name, names)}${names.length === 0 ? '' : `: use one of ${names.join(', ')}`}`,
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
