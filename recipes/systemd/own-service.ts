import type { z } from 'zod'
import type { ClaimsContext, FactsContext, LogsContext, Selector } from '../../src/index.ts'
import { rolling } from '../../src/kit/index.ts'
import { scopeSettings } from './scope.ts'
import type { ServiceDefinition } from './service-definition.ts'
import { serviceClaims, serviceDoctor, serviceFacts } from './service-facts.ts'
import { serviceLogs } from './service-logs.ts'
import { statusOf } from './service-status.ts'
import { quietTask, serviceTasks } from './tasks.ts'
import { commandWriter } from './units/command.ts'
import { clashesIn, envFiles, listens, socketDirectives, unitPath, variables, unitName } from './units/settings.ts'
import { commandWording, distinctName, type ServiceWording } from './wording.ts'

/** Settings for a recipe with a service, named like those of `sidekiq()` and `puma()`: its unit, whose systemd has it, and what is in it. */
export const systemdSettings = () => ({
  /** the unit's name, with or without `.service` */
  serviceUnitName: unitName
    .refine((name) => name.endsWith('.service') && !name.includes('@'), 'must be the name of a service, and not of an instance')
    .optional(),
  ...scopeSettings,
  serviceUnitEnvVars: variables('serviceUnitEnvFiles'),
  serviceUnitEnvFiles: envFiles,
  log: unitPath.nullable().default(null),
  errorLog: unitPath.nullable().default(null),
  directives: socketDirectives,
  rolling,
})
type Settings = z.output<z.ZodObject<ReturnType<typeof systemdSettings>>>

/** A service of a recipe of your own, whose settings have {@link systemdSettings}. */
export interface OwnService<S extends Settings> {
  /** the recipe's name: the prefix of its tasks, and the name of its unit */
  readonly recipe: string
  /** its name in a sentence: `Mailer` */
  readonly name: string
  readonly on: (c: { settings: S }) => Selector
  /** its command: a program with a slash is in `current`, any other in the PATH of the stage's commands */
  readonly exec: (settings: S) => readonly string[]
  /**
   * what systemd listens on for it: a port, an address with a port, a path (relative: in `shared`), or several. shipit writes its socket
   * unit, and the service gets the sockets as file descriptors from 3 on
   */
  readonly listen?: (settings: S) => string | number | readonly (string | number)[]
  /** how many of it run on a host, as instances of one unit, `mailer@1` and so on; default: one, without instances */
  readonly processes?: (settings: S) => number
  /** it notifies systemd when it is up (`READY=1`) */
  readonly notify?: boolean
  /** seconds from TERM to KILL; default: 30 */
  readonly stopTimeout?: (settings: S) => number
  /** the signal that makes it take no new work; with it, `quiet` is a task */
  readonly quiet?: string
  /** what a deploy does by itself, besides quieting it: sudo is asked about that before anything is touched */
  readonly hooked?: (settings: S) => readonly ('start' | 'stop' | 'restart')[]
  /** other words for messages */
  readonly words?: Partial<ServiceWording>
}

/**
 * Facts, tasks, claims, a doctor and sudo rules for a service of your own under systemd, to put into `defineRecipe`. shipit writes its
 * unit, but a unit that it did not write works too.
 */
export const systemdService = <S extends Settings>(own: OwnService<S>) => {
  const definition = definitionOf(own)
  return {
    facts: (c: FactsContext<S>) => serviceFacts(definition, c),
    tasks: serviceTasks(definition),
    quiet: quietTask(definition),
    status: (c: FactsContext<S>) => statusOf(definition, c),
    logs: (c: LogsContext<S>) => serviceLogs(definition, c),
    claims: (c: ClaimsContext<S>) => serviceClaims(definition, c),
    doctor: serviceDoctor(definition),
  }
}

const definitionOf = <S extends Settings>(own: OwnService<S>): ServiceDefinition<S> => ({
  title: own.name,
  tasks: own.recipe,
  on: own.on,
  describe: (s) => ({
    words: { ...wordingOf(own.recipe, own.name), ...own.words },
    scope: s,
    units: unitsOf(own, s),
    rolling: s.rolling,
    acts: ['reload'],
    hooked: own.hooked?.(s) ?? [],
    quiet: own.quiet,
  }),
  writer: commandWriter((s) => ({
    ...s,
    label: own.name,
    units: unitsOf(own, s),
    exec: own.exec(s),
    notify: own.notify ?? false,
    stopTimeout: own.stopTimeout?.(s) ?? 30,
    env: s.serviceUnitEnvVars,
    envFiles: s.serviceUnitEnvFiles,
    listen: listensOf(own, s),
  })),
})

/** The socket before the services, because systemctl passes the units on in order. */
const unitsOf = <S extends Settings>(own: OwnService<S>, s: S): readonly string[] => {
  const name = s.serviceUnitName?.replace(/\.service$/, '') ?? own.recipe
  const processes = own.processes?.(s) ?? 1
  const sockets = listensOf(own, s).length === 0 ? [] : [`${name}.socket`]
  if (sockets.length > 0 && processes > 1)
    throw new TypeError(
      `systemdService: ${own.recipe} has \`listen\` and ${processes} processes, but systemd passes a socket to one service`,
    )
  const services = processes === 1 ? [`${name}.service`] : Array.from({ length: processes }, (_, i) => `${name}@${i + 1}.service`)
  return [...sockets, ...services]
}

const listensOf = <S extends Settings>(own: OwnService<S>, s: S): readonly string[] => {
  const { data, error } = listens.safeParse([own.listen?.(s) ?? []].flat())
  const [mistake] = error ? error.issues.map(({ message }) => message) : clashesIn(data, s.directives.Socket)
  if (mistake !== undefined) throw new TypeError(`systemdService: listen of ${own.recipe} ${mistake}`)
  return data ?? []
}

const wordingOf = (recipe: string, name: string): ServiceWording => ({
  ...commandWording(name, recipe),
  account: `${recipe}.user`,
  own: (c) =>
    `give this one a unit of its own: ${recipe}({ serviceUnitName: '${distinctName(recipe, c)}' }), then ${c.shipit(`${recipe}:install`)}`,
  reload: ({ shipit }) => `the unit has no ExecReload: write one (directives), or: ${shipit(`${recipe}:restart`)}`,
})
