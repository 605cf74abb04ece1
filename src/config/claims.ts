import { select } from '../inventory/select.ts'
import type { Host } from '../inventory/types.ts'
import { thrownByConfig } from './evaluate.ts'
import { unlessLacking } from './lacking.ts'
import type { Problem } from '../errors/source-location.ts'
import type { UsedRecipe } from './recipes.ts'

type Used = UsedRecipe & { readonly settings: Readonly<Record<string, unknown>> }
interface Of {
  readonly hosts: readonly Host[]
  readonly application: string
  readonly stage: string
}

/** What two uses of recipes both claim on one host. Each conflict is reported once, with its first host. */
export const claimProblems = (recipes: readonly Used[], of: Of, file: string): Problem[] => {
  const problems = new Map<string, Problem>()
  for (const host of of.hosts) {
    const taken = new Map<string, string>()
    for (const used of recipes)
      for (const { what, by = used.name } of claimsOf(used, host, of, file)) {
        const other = taken.get(what)
        if (other === undefined) taken.set(what, by)
        else if (!problems.has(`${what}\n${other}\n${by}`))
          problems.set(`${what}\n${other}\n${by}`, {
            path: used.path,
            message: `${other} and ${by} both have ${what} on ${host.name}: give one of them another name, or other roles`,
          })
      }
  }
  return [...problems.values()]
}

const claimsOf = ({ name, recipe, settings }: Used, host: Host, { hosts, ...of }: Of, file: string) => {
  try {
    return unlessLacking(() => recipe.definition.claims?.({ ...of, settings, host, usedAs: name, hosts: (on) => select(hosts, on) })) ?? []
  } catch (error) {
    throw thrownByConfig(error, file, `the claims of ${name}`)
  }
}
