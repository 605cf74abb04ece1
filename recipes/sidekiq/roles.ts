import { fail } from '../../src/index.ts'
import type { StepList, StepsContext } from '../../src/index.ts'
import type { Settings } from './settings.ts'

type Of = Pick<StepsContext<Settings>, 'settings' | 'host'>

/** Whether this host has one of the roles that Sidekiq runs on. */
export const runsHere = ({ settings: { roles }, host }: Of): boolean => roles.some((role) => host.has(role))

/** Fails, on the first host, if no host of the stage has one of the roles: Sidekiq would run nowhere. */
export const checkRoles = (c: StepsContext<Settings>): StepList => {
  const { roles } = c.settings
  if (roles.length === 0 || c.primary({ roles }) || c.hosts('all')[0]?.name !== c.host.name) return []
  return [
    fail(`sidekiq: no server of ${c.stage} has the role ${roles.join(' or ')}`).hint(
      "say where Sidekiq runs: sidekiq({ roles: ['app'] }); or [] for a stage without it",
    ),
  ]
}
