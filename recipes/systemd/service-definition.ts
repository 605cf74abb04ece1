import type { FactsContext, Rolling, Selector, StepsContext } from '../../src/index.ts'
import type { SystemdFacts } from './known.ts'
import type { Action } from './lifecycle.ts'
import type { ScopeSettings } from './scope.ts'
import { unitsOf, type Unit } from './state.ts'
import type { UnitContext, UnitFileFacts } from './units/context.ts'
import type { UnitWriter } from './units/writer.ts'
import type { HostRead, UnitHost } from './units/host.ts'
import { withWording, type ServiceWording, partName } from './wording.ts'

/** A service under systemd, as the settings of a recipe describe it. */
export interface DescribedService {
  /** how messages name it */
  readonly words: ServiceWording
  /** whose systemd has its units */
  readonly scope: ScopeSettings
  /** its units, with suffix: sockets before services, because systemctl passes them on in order */
  readonly units: readonly string[]
  /** how many hosts restart at a time; null: all at once */
  readonly rolling: Rolling | null
  /** what its tasks do, besides start, stop and restart */
  readonly acts: readonly Action[]
  /** what a deploy does by itself: sudo is asked about it before anything is touched */
  readonly hooked: readonly Action[]
  /** the signal that makes it take no new work, for its task `quiet`; default: none */
  readonly quiet?: string | undefined
  /** how its task `reload` reloads; default: `reload` */
  readonly reload?: 'reload' | 'reload-or-restart'
  /** true: a service of the host that all applications use: its owner is not checked */
  readonly shared?: boolean
}

/** A service under systemd in a recipe. `S`: the recipe's settings; `H`: what its unit needs to know of a host beyond {@link UnitHost}. */
export interface ServiceDefinition<S, H = unknown> {
  /** its name in the descriptions of its tasks */
  readonly title: string
  /** the prefix of its tasks, by the recipe's own name: `puma`, `systemd:web` */
  readonly tasks: string
  /** its hosts */
  readonly on: (c: { settings: S }) => Selector
  readonly describe: (settings: S) => DescribedService
  /** how its unit files are made */
  readonly writer: UnitWriter<S, H>
  /** its part of the recipe's facts; default: all of them */
  readonly facts?: (facts: unknown) => ServiceFacts<H> | undefined
}

/** What is read about a service. */
export interface ServiceFacts<H = unknown> extends SystemdFacts, UnitFileFacts {
  readonly host?: HostRead<UnitHost & H> | undefined
}

/** The context of a task of a recipe that has a service. */
export type RecipeContext<S> = StepsContext<S, Record<string, unknown>, unknown>

/** A service in a run on a host. */
export interface Part<H = unknown> {
  readonly service: DescribedService
  readonly context: UnitContext & { readonly facts: ServiceFacts<H> }
  readonly units: readonly Unit[]
}

/** The service of a definition on this host. */
export const partOf = <S, H>({ tasks, describe, facts }: ServiceDefinition<S, H>, c: RecipeContext<S>): Part<H> => {
  const service = describe(c.settings)
  const own = (facts === undefined ? (c.facts as ServiceFacts<H>) : facts(c.facts)) ?? {}
  const context = withWording({ ...c, settings: service.scope, facts: own, part: partName(tasks) }, service.words)
  return { service, context, units: unitsOf(own.units, service.units) }
}

/** Whether the service is on this host. */
export const isHere = <S>({ on }: Pick<ServiceDefinition<S>, 'on'>, c: Pick<FactsContext<S>, 'settings' | 'hosts' | 'host'>): boolean =>
  c.hosts(on(c)).some((host) => host.name === c.host.name)
