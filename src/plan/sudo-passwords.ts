import { passwordFor } from '../shell/sudo-password.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

/** The hosts on which a planned step gives sudo a password if it asks for one, by name. What code runs there is not known. */
export const hostsWithPassword = (plan: Plan): readonly string[] => [
  ...new Set(
    plan.waves.flatMap((wave) =>
      wave.kind === 'run'
        ? []
        : wave.lanes.flatMap((lane) =>
            stepsInLane(lane).some(({ command }) => passwordFor(command, lane.host) !== undefined) ? [lane.host.name] : [],
          ),
    ),
  ),
]

/** A line about them for a plan; none if there are none. `names`: how a list of hosts is written. */
export const passwordLines = (plan: Plan, names: (hosts: readonly string[]) => string): readonly string[] => {
  const hosts = hostsWithPassword(plan)
  return hosts.length === 0 ? [] : [`sudo gets a password if it asks for one, on ${names(hosts)}`]
}
