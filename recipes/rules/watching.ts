import { fail } from '../../src/index.ts'
import type { Command, StepsContext } from '../../src/index.ts'

/** The services that a recipe watches in this stage, by their names in its settings. */
export interface Watching {
  readonly services: readonly string[]
  /** why it cannot be watched as it is set up */
  why(service: string): string | undefined
  /** null: every release host */
  roles(service: string): readonly string[] | null
}

/** A step that fails with what is wrong for the stage as a whole, on its first host only; undefined if nothing is wrong. */
export const wronglySet = (c: StepsContext<object>, recipe: string, { services, why, roles }: Watching): Command | undefined => {
  if (c.hosts('all')[0]?.name !== c.host.name) return undefined
  const wrong = services.flatMap((service) => {
    const [reason, plays] = [why(service), roles(service)]
    const nobody = plays !== null && plays.length > 0 && c.primary({ roles: plays }) === undefined
    return [
      ...(reason === undefined ? [] : [`${recipe}: ${service}: ${reason}`]),
      ...(nobody ? [`${recipe}: ${service}: no server of ${c.stage} has the role ${plays.join(' or ')}`] : []),
    ]
  })
  return wrong.length === 0 ? undefined : fail(wrong).title('look at what is to be watched').hint(`see docs/${recipe}.md, Settings`)
}
