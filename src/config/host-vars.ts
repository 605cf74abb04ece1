import type { z } from 'zod'
import { select } from '../inventory/select.ts'
import type { Host, Selector } from '../inventory/types.ts'
import { unlessMissing } from './missing-variables.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'

/** Checks each host's `vars` against what its recipes require. Returns the hosts with the recipes' defaults, and a message per problem. */
export const checkHostVars = (hosts: readonly Host[], recipes: readonly ResolvedRecipe[], stage: string) => {
  const messages: string[] = []
  const checked = hosts.map((host) => {
    let vars = host.vars
    for (const { recipe, name, settings } of recipes) {
      const schema = recipe.definition.hostVars
      if (!schema || !selectors(recipe.definition, settings, stage).some((on) => select(hosts, on).includes(host))) continue
      const result = schema.safeParse(vars)
      if (result.success) vars = { ...vars, ...result.data }
      else
        messages.push(
          ...explainIssues(schema, vars, result.error.issues).map(
            ({ path, message }) => `${host.name}: vars.${path.join('.')} ${message} (for ${name})`,
          ),
        )
    }
    return vars === host.vars ? host : Object.freeze({ ...host, vars: Object.freeze(vars) })
  })
  return { hosts: checked, messages }
}

/** The `hostVars` schemas of the recipes that run on a host. */
export const hostSchemas = (
  host: Host,
  hosts: readonly Host[],
  recipes: readonly ResolvedRecipe[],
  stage: string,
): readonly z.ZodObject[] =>
  recipes.flatMap(({ recipe: { definition }, settings }) => {
    const { hostVars } = definition
    return hostVars && selectors(definition, settings, stage).some((on) => select(hosts, on).includes(host)) ? [hostVars] : []
  })

const selectors = (
  { tasks = {}, override = {} }: ResolvedRecipe['recipe']['definition'],
  settings: object,
  stage: string,
): (Selector | undefined)[] =>
  [...Object.values(tasks), ...Object.values(override).filter((task) => !!task)].flatMap(({ on }) =>
    typeof on === 'function' ? (unlessMissing(() => [on({ settings, stage })]) ?? []) : [on],
  )
