import { masked } from '../redact/mask.ts'
import { visible } from '../redact/visible.ts'
import { toText } from '../shell/bytes.ts'
import { assignment } from '../shell/env.ts'
import type { Command } from '../shell/types.ts'
import { fold } from '../values/fold.ts'
import { stepsInLane } from './plan.ts'
import type { Plan } from './types.ts'

/** A variable that a command has: its name, and `NAME=VALUE` as the shell reads it, or undefined if it is taken away. */
export interface Variable {
  readonly name: string
  readonly assigned: string | undefined
}

/** The environment that all commands of a host share, by the host's name. */
type HostEnvironments = ReadonlyMap<string, readonly Variable[]>

/**
 * The umask and the variables that all commands of a host have, with the same value, so that a plan names them once. Messages and commands
 * with `.sudo()`, which do not get the stage's environment, do not count.
 */
export const environmentsOf = (plan: Plan): HostEnvironments => {
  const hosts = Map.groupBy(plan.waves.flatMap(commandsIn), ({ host }) => host)
  return new Map([...hosts].map(([host, all]) => [host, sharedVariables(all.map(({ command }) => variablesOf(command)))]))
}

const sharedVariables = (commands: readonly (readonly Variable[])[]): readonly Variable[] => {
  const names = Map.groupBy(commands.flat(), ({ name }) => name)
  return [...names.values()].flatMap((all) => {
    const [first] = all
    return all.length === commands.length && all.every(({ assigned }) => assigned === first?.assigned) ? all.slice(0, 1) : []
  })
}

const commandsIn = (wave: Plan['waves'][number]) =>
  wave.kind === 'run'
    ? []
    : wave.lanes.flatMap((lane) =>
        stepsInLane(lane).flatMap(({ command }) =>
          command.spec.message !== undefined || command.spec.sudo === true ? [] : [{ host: lane.host.name, command }],
        ),
      )

const variablesOf = ({ spec }: Command): readonly Variable[] => [
  // no variable has such a name
  ...(spec.umask === undefined ? [] : [{ name: 'umask ', assigned: `umask ${spec.umask}` }]),
  ...Object.entries(spec.env ?? {}).map(([name, value]) => ({
    name,
    assigned: value === null ? undefined : visible(masked(toText(assignment(name, value, 'mask')))),
  })),
]

/** Lines that name the environment of each host, those with the same one together. `names`: how a list of hosts is written. */
export const environmentLines = (all: HostEnvironments, names: (hosts: readonly string[]) => string): readonly string[] => {
  return fold(all, ([, variables]) => variables).flatMap((group) => {
    const [, variables] = group[0]
    if (variables.length === 0) return []
    return [
      `environment of the commands on ${names(group.map(([host]) => host))}:`,
      ...variables.map(({ name, assigned }) => `   ${assigned === undefined ? `unset ${name}` : assigned.replaceAll('\n', '⏎')}`),
    ]
  })
}
