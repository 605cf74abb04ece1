import { select } from '../inventory/select.ts'
import type { Host } from '../inventory/types.ts'
import { configCodeError } from './evaluate.ts'
import { unlessMissing } from './missing-variables.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'

type Used = UsedRecipe & { readonly settings: Readonly<Record<string, unknown>> }
interface ClaimScope {
  readonly hosts: readonly Host[]
  readonly application: string
  readonly stage: string
}

/** Conflicts between two uses of recipes that claim the same thing on one host. Each conflict is reported once, with its first host. */
export const claimProblems = (recipes: readonly Used[], of: ClaimScope, file: string): Problem[] => {
  const problems = new Map<string, Problem>()
  for (const host of of.hosts) {
    const claimedBy = new Map<string, string>()
    for (const used of recipes)
      for (const { what, by = used.name } of claimsOf(used, host, of, file)) {
        const other = claimedBy.get(what)
        if (other === undefined) claimedBy.set(what, by)
        else if (!problems.has(`${what}\n${other}\n${by}`))
          problems.set(`${what}\n${other}\n${by}`, {
            path: used.path,
            message: `${other} and ${by} both have ${what} on ${host.name}: give one of them another name, or other roles`,
          })
      }
  }
  return [...problems.values()]
}

const claimsOf = ({ name, recipe, settings }: Used, host: Host, { hosts, ...of }: ClaimScope, file: string) => {
  try {
    return unlessMissing(() => recipe.definition.claims?.({ ...of, settings, host, usedAs: name, hosts: (on) => select(hosts, on) })) ?? []
  } catch (error) {
    throw configCodeError(error, file, `the claims of ${name}`)
  }
}
