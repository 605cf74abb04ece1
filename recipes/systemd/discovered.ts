import { fact } from '../../src/index.ts'
import type { Fact, Paths } from '../../src/index.ts'
import { showUnits } from './facts.ts'
import type { Owners } from './known.ts'
import { listedFact } from './listed.ts'
import { ownerFact } from './ownership/fact.ts'
import { ownershipIn } from './ownership/of-units.ts'
import { parseProperties, type Properties } from './properties.ts'

type Scope = 'system' | 'user'

/** A service of a host that runs an application from its folder. */
export interface FoundService {
  /** `puma.service`, `sidekiq@1.service` */
  readonly name: string
  /** whose systemd runs it */
  readonly scope: Scope
  readonly runs: 'sidekiq' | 'puma' | 'other'
  /** the sockets that start it too */
  readonly sockets: readonly string[]
  /** why a deploy cannot restart it; undefined if it can */
  readonly left: string | undefined
}

type Asked = {
  readonly owner: Fact<Owners>
  readonly shown: Fact<readonly Properties[]>
}
interface Answered {
  readonly owner?: Owners | undefined
  readonly shown?: readonly Properties[] | undefined
}

const scopeSettings = (scope: Scope) => ({ serviceUnitUser: scope, user: null, systemctlBin: 'systemctl' })

/** What to ask about the services of a host: their names first, then whose they are. */
export const serviceQuestions = {
  host: { system: listedFact(scopeSettings('system')), user: listedFact(scopeSettings('user')) },
  deployment: (paths: Paths, names: { readonly [K in Scope]?: readonly string[] | undefined }) => ({
    system: asked('system', names.system, paths),
    user: asked('user', names.user, paths),
  }),
}

const asked = (scope: Scope, names: readonly string[] = [], paths: Paths): Asked | undefined => {
  if (names.length === 0) return undefined
  const settings = scopeSettings(scope)
  return {
    owner: ownerFact(settings, names, paths),
    shown: fact(showUnits(settings, SHOWN, names), (answer) => parseProperties(answer, names) ?? []),
  }
}

const SHOWN = ['Id', 'Type', 'ActiveState', 'UnitFileState', 'TriggeredBy']

export interface FoundServices {
  readonly services: readonly FoundService[]
  /** the systemds that did not answer, and why */
  readonly unread: readonly string[]
}

/** The services of an application, by the answers to {@link serviceQuestions}. */
export const servicesOf = ({
  paths,
  layout,
  facts,
}: {
  readonly paths: Paths
  readonly layout: { readonly home: string }
  readonly facts: { readonly [K in Scope]?: Answered | undefined }
}): FoundServices => {
  const of = (scope: Scope): readonly FoundService[] => {
    const { owner, shown = [] } = facts[scope] ?? {}
    if (owner === undefined || owner.stderr !== undefined) return []
    // no application and no stage: nothing is known of them yet, and where a service runs says whose it is
    return ownershipIn({ application: '', stage: '', paths, layout }, owner).flatMap(({ name, ownership }) => {
      if (ownership.kind !== 'ours' && ownership.kind !== 'release') return []
      const properties = owner.units.find((unit) => unit.name === name)?.properties ?? new Map<string, string>()
      const id = properties.get('Id') ?? name
      const state = shown.find((one) => one.get('Id') === id) ?? new Map<string, string>()
      return [{ name: id, scope, runs: programOf(properties), sockets: triggers(state, 'socket'), left: whyLeft(ownership, state) }]
    })
  }
  const unread = SCOPES.flatMap((scope) => {
    const { owner } = facts[scope] ?? {}
    if (owner?.stderr === undefined) return []
    return [
      `the services of ${scope === 'system' ? 'the system' : "this account's own systemd"} could not be read: ${owner.stderr.split('\n')[0] ?? ''}`,
    ]
  })
  return { services: unique(SCOPES.flatMap(of)), unread }
}

const SCOPES: readonly Scope[] = ['system', 'user']

/** By the name of a program among the words of its command, also inside of quotes: `bash -lc 'exec bundle exec sidekiq'`. */
const programOf = (properties: Properties): FoundService['runs'] => {
  const words = (/argv\[\]=(.*?) ;/.exec(properties.get('ExecStart') ?? '')?.[1] ?? '')
    .split(/[\s'";&|]+/)
    .map((word) => word.replace(/^.*\//, ''))
  if (words.some((word) => /^sidekiq(swarm)?$/.test(word))) return 'sidekiq'
  return words.includes('puma') ? 'puma' : 'other'
}

const triggers = (state: Properties, kind: string): readonly string[] =>
  (state.get('TriggeredBy') ?? '').split(' ').filter((name) => name.endsWith(`.${kind}`))

const whyLeft = (ownership: { readonly kind: string; readonly dir?: string }, state: Properties): string | undefined => {
  if (ownership.kind === 'release') return `it runs in ${ownership.dir ?? ''}, which is one release: a deploy would not reach it`
  const [timer] = [...triggers(state, 'timer'), ...triggers(state, 'path')]
  if (timer !== undefined) return `${timer} starts it, so no deploy has to restart it`
  if (state.get('Type') === 'oneshot') return 'it ends by itself, so no deploy has to restart it'
  const down = state.get('ActiveState') === 'inactive' || state.get('ActiveState') === 'failed'
  const enabled = (state.get('UnitFileState') ?? '').startsWith('enabled') || triggers(state, 'socket').length > 0
  return down && !enabled ? 'it does not run, and nothing starts it at boot' : undefined
}

const unique = (services: readonly FoundService[]): readonly FoundService[] =>
  services.filter((one, i) => services.findIndex(({ name, scope }) => name === one.name && scope === one.scope) === i)
