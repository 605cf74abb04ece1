import { withoutFlags } from './overlay.ts'
import { checkSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import type { Resolver } from './resolver.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'

/** A recipe with its checked settings. */
export type SettledRecipe = ResolvedRecipe & {
  /** its settings without the command line; undefined if that changes none, or the recipe has no env */
  readonly under: Readonly<Record<string, unknown>> | undefined
}

/** Resolves and checks the settings of one recipe. Mistakes go to the problems of the resolver. */
export const settleRecipe = async ({ name, recipe, path }: UsedRecipe, resolver: Resolver): Promise<SettledRecipe> => {
  const prefix = `settings.${name}.`
  const given = await resolver.partly(prefix)
  const { settings, problems } = checkSettings(recipe.definition.settings, given)
  for (const { path: inside, message } of problems) {
    const from = resolver.pathOf(`${prefix}${String(inside[0])}`)
    resolver.problems.push({ path: from.length > 0 ? [...from, ...inside.slice(1)] : [...path, ...inside], message })
  }
  const under = recipe.definition.env && (await withoutFlags(prefix, given, resolver))
  return { recipe, name, settings: Object.freeze(settings), under: under && checkSettings(recipe.definition.settings, under).settings }
}
