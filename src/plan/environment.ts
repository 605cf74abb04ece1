import { masked } from '../redact/mask.ts'
import { visible } from '../redact/visible.ts'
import { toText } from '../shell/bytes.ts'
import { command as make } from '../shell/command.ts'
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
export type HostEnvironments = ReadonlyMap<string, readonly Variable[]>

/**
 * The umask and the variables that all commands of a host have, with the same value, so that a plan names them once. Messages and commands
 * with `.sudo()`, which do not get the stage's environment, do not count.
 */
export const environmentsOf = (plan: Plan): HostEnvironments => {
  const hosts = Map.groupBy(plan.waves.flatMap(commandsIn), ({ host }) => host)
  return new Map([...hosts].map(([host, all]) => [host, sharedVariables(all.map(({ command }) => variablesOf(command)))]))
}

/** the umask among variables: none has such a name */
const UMASK = 'umask '

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
  ...(spec.umask === undefined ? [] : [{ name: UMASK, assigned: `umask ${spec.umask}` }]),
  ...Object.entries(spec.env ?? {}).map(([name, value]) => ({
    name,
    assigned: value === null ? undefined : visible(masked(toText(assignment(name, value, 'mask')))),
  })),
]

/** The command without these variables, which are shown elsewhere; also in its guards and alternatives. */
export const withoutVariables = (command: Command, variables: readonly Variable[]): Command => {
  const names = new Set(variables.map(({ name }) => name))
  const strip = ({ spec }: Command): Command => {
    const { env, umask, guards, attempts, ...others } = spec
    const left = Object.entries(env ?? {}).filter(([name]) => !names.has(name))
    return make({
      ...others,
      ...(left.length > 0 && { env: Object.fromEntries(left) }),
      ...(umask !== undefined && !names.has(UMASK) && { umask }),
      ...(guards && { guards: guards.map((one) => ({ ...one, guard: strip(one.guard) })) }),
      ...(attempts && { attempts: attempts.map((one) => ('retry' in one ? one : { orElse: strip(one.orElse) })) }),
    })
  }
  return strip(command)
}

/**
 * Lines that name the environment of the commands: what all hosts have, and below it, with their hosts, what some have. `names`: how a list
 * of hosts is written.
 */
export const environmentLines = (all: HostEnvironments, names: (hosts: readonly string[]) => string): readonly string[] => {
  const having = [...all].flatMap(([host, variables]) => (variables.length === 0 ? [] : [host]))
  if (having.length === 0) return []
  const variables = [...all].flatMap(([host, own]) => own.map((variable) => ({ host, ...variable })))
  const lines = [...Map.groupBy(variables, ({ name }) => name).values()].flatMap((of) =>
    fold(of, ({ assigned }) => assigned).map((group) => {
      const [{ name, assigned }] = group
      const text = assigned === undefined ? `unset ${name}` : assigned.replaceAll('\n', '⏎')
      const common = group.length === having.length
      return { common, text: `   ${common ? '' : `on ${names(group.map(({ host }) => host))}: `}${text}` }
    }),
  )
  const shown = [...lines.filter(({ common }) => common), ...lines.filter(({ common }) => !common)]
  return [`environment of the commands on ${names(having)}:`, ...shown.map(({ text }) => text)]
}
