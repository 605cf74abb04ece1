import { fact, fail, sh } from '../../src/index.ts'
import type { Command, Fact, FactsContext, Finding, StepList, StepsContext } from '../../src/index.ts'
import { checkSteps, otherHome, sudoChecks, sudoFacts } from '../../src/kit/index.ts'
import type { Check, FoundFile, ManagedFiles, SudoCall, SudoFacts } from '../../src/kit/index.ts'
import { rolesOf, type WatcherSettings } from './services.ts'
import type { Rule } from './types.ts'

/** A program that watches services by rules: Inspeqtor or Monit. */
export interface Watcher {
  readonly recipe: 'inspeqtor' | 'monit'
  readonly name: string
  /** how to install it: a command, or where to read about it */
  readonly get: string
  /** the program, by its name or path */
  bin(settings: WatcherSettings): string
  /** whether it watches anything on this host */
  watches(c: Pick<WatcherContext, 'settings' | 'settingsOf' | 'host'>): boolean
  /** why a service cannot be watched as it is set up, or undefined */
  unwatchable(c: Pick<WatcherContext, 'settings' | 'settingsOf'>, service: string): string | undefined
}

/** What is known about a host's watcher. */
export interface WatcherFacts extends SudoFacts {
  /** its path; null: it is not installed */
  readonly program?: string | null | undefined
  /** the files that the settings contain */
  readonly files?: readonly FoundFile[] | undefined
  /** the files in its folder that shipit wrote, whoever they belong to */
  readonly ours?: ManagedFiles | undefined
  /** why it cannot read its files; null: it can. Undefined also if sudo did not allow the test */
  readonly unreadable?: string | null | undefined
}
export type WatcherContext = StepsContext<WatcherSettings, Record<string, unknown>, WatcherFacts>

/** The fact with the program's path; `dirs`: where to look besides the PATH. */
export const programFact = (bin: string, dirs: string): Fact<string | null> =>
  fact(sh`PATH=$PATH:${dirs}; command -v ${bin}`, ({ ok, stdout }) => (ok ? stdout.trim() : null))

/** The facts with sudo's answers. root needs no sudo; without hooks, no deploy makes these calls by itself. */
export const sudoFactsFor = ({ settings: s, host }: FactsContext<WatcherSettings>, calls: readonly SudoCall[], optional = false) =>
  s.sudo && host.user !== 'root' && sudoFacts(calls.map((call) => ({ ...call, optional })))

export const isInstalled = ({ facts }: { readonly facts: WatcherFacts }): boolean => typeof facts.program === 'string'

/** The steps of a task, if anything on this host is watched. Without the program, a deploy goes on, because its check has reported that. */
export const whereInstalled = (c: WatcherContext, by: Watcher, steps: () => StepList): StepList => {
  if (!by.watches(c)) return []
  if (isInstalled(c)) return steps()
  return c.deploy.releasing ? [] : [failNotInstalled(c, by)]
}

/** The step for a host without the program: it fails, or with `optional` only warns. */
export const failNotInstalled = (c: WatcherContext, by: Watcher): Command => {
  const command = fail(`${by.name} is not installed on this host: there is no ${by.bin(c.settings)}`).title(`look for ${by.name}`)
  if (c.settings.optional) return command.allowFailure()
  return command.hint(`${installHint(c, by)}; or ${by.recipe}({ optional: true }), for hosts without it`)
}

const installHint = (c: WatcherContext, by: Watcher): string => `install it (${by.get}), then ${c.shipit(`${by.recipe}:install`)}`

/** The check task: fails, before anything is changed, if the program cannot watch the services or does not answer the deploying account. */
export const checkWatcher = (
  c: WatcherContext,
  by: Watcher,
  { checks, steps }: { readonly checks: () => readonly Check[]; readonly steps: () => readonly Command[] },
): StepList => {
  const ready = by.watches(c) && isInstalled(c)
  const all = [...settingChecks(c, by), ...(ready ? checks() : [])]
  const reported = checkSteps(`check the services that ${by.name} watches`, all)
  if (!by.watches(c) || all.some(({ level, blocks }) => blocks ?? level === 'error')) return reported
  if (!ready) return [...reported, failNotInstalled(c, by)]
  return [...reported, ...steps().map((step) => (c.settings.optional ? step.allowFailure() : step))]
}

/** What is wrong with the settings for the stage as a whole, on its first host only. */
const settingChecks = (c: WatcherContext, by: Watcher): readonly Check[] => {
  if (c.hosts('all')[0]?.name !== c.host.name) return []
  const problems = Object.keys(c.settings.services).flatMap((service) => {
    const [reason, roles] = [by.unwatchable(c, service), rolesOf(c, service)]
    const noHost = roles !== null && roles.length > 0 && c.primary({ roles }) === undefined
    return [
      ...(reason === undefined ? [] : [`${by.recipe}: ${service}: ${reason}`]),
      ...(noHost ? [`${by.recipe}: ${service}: no server of ${c.stage} has the role ${roles.join(' or ')}`] : []),
    ]
  })
  return problems.map((message) => ({ level: 'error', message, remedy: `see docs/${by.recipe}.md, Settings` }))
}

/** Calls that sudo refuses, of those that are `needed`. With `optional`, that is only a warning, for a task too. */
export const sudoFindings = (c: WatcherContext, needed: readonly SudoCall[], rule: string): readonly Check[] => {
  if (c.layout.user === 'root') return []
  const wanted = needed.map(({ words }) => words.join(' '))
  const checks = sudoChecks(
    c,
    () => rule,
    (words) => wanted.includes(words.join(' ')),
  )
  return c.settings.optional ? checks.map((check) => ({ ...check, level: 'warning', blocks: false })) : checks
}

/** A step that refuses to change files: for services that cannot be watched, or a login that may not write there. Undefined: it may. */
export const refusal = (c: WatcherContext, by?: Watcher): Command | undefined => {
  const unwatchable = Object.keys(c.settings.services).flatMap((service) => {
    const reason = by?.unwatchable(c, service)
    return reason === undefined ? [] : [`${service}: ${reason}`]
  })
  const reasons = [otherHome(c) ?? [], unwatchable].flat()
  return reasons.length === 0 ? undefined : fail(reasons).title('check the watched services').hint('nothing was changed on this host')
}

/** The doctor's findings: about the settings, and about the program where it watches something. */
export const watcherFindings = (c: WatcherContext, by: Watcher, findings: () => readonly Finding[]): readonly Finding[] => {
  const settings = settingChecks(c, by)
  if (!by.watches(c)) return settings
  if (isInstalled(c)) return [...settings, ...findings()]
  return [...settings, { level: levelOf(c), message: `${by.name} is not installed`, remedy: installHint(c, by) }]
}

/** The level of findings about what `optional` allows a host to lack. */
export const levelOf = ({ settings }: Pick<WatcherContext, 'settings'>): Finding['level'] => (settings.optional ? 'warning' : 'error')

/** A warning if Inspeqtor has rules that restart a service which Monit restarts anyway. */
export const doubleRestart = (service: string, rules: readonly Rule[] | undefined): readonly Finding[] =>
  rules?.some(({ then }) => then.some((action) => action.do === 'restart')) === true
    ? [{ level: 'warning', message: `both Inspeqtor and Monit restart ${service}`, remedy: 'let one of them only alert' }]
    : []
