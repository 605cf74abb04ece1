import { everLive, fail } from '../../src/index.ts'
import type {
  Claim,
  Command,
  FactsContext,
  FactTreeOf,
  Finding,
  Host,
  LogsContext,
  StatusFacts,
  StepList,
  StepsContext,
} from '../../src/index.ts'
import { distinctName } from '../systemd/services.ts'
import type { SidekiqFacts } from './known.ts'
import type { Settings } from './settings.ts'

export type Context = StepsContext<Settings, Record<string, unknown>, SidekiqFacts>
/** What a recipe gets when it declares its facts and the doctor's. */
export type Asking = FactsContext<Settings>

type Steps = (c: Context) => StepList

/**
 * What starts and stops Sidekiq on a host: systemd, Upstart, or signals alone. Every function is pure: facts in, commands out. The facts it
 * declares appear in `c.facts` later.
 */
export interface Manager {
  /** read before anything is planned */
  facts(c: Asking): FactTreeOf<SidekiqFacts>
  /** before anything is changed: whatever would make the tasks below fail later */
  readonly check: Steps
  readonly quiet: Steps
  /** stops all of them in one call, and checks that they ended by themselves */
  readonly stop: Steps
  readonly start: Steps
  readonly restart: Steps
  /** after a failure: puts back to work only what this run quieted or stopped */
  readonly recover: Steps
  /**
   * Prints a line `NAME PID` for every process, in order; PID 0 if it does not run. Read-only. Its text is embedded in another command, so
   * it has no environment, user or guard of its own. Facts and the doctor list the processes too, before anything is known.
   */
  pids(c: Pick<Context, 'settings' | 'facts' | 'paths' | 'settingsOf'>): Command
  /** if only the user of the processes can list them: what that user's shell needs before */
  asOwner?(settings: Settings): Command | undefined
  /** shell: prints a line `NAME STATE RESULT MICROSECONDS` for each process, if more is known than whether it runs */
  states?(c: Asking): Command
  /** the processes for `shipit STAGE status`, if more is known than `pids` prints */
  status?(c: Asking): StatusFacts | false
  /** shell function `placed NAME`: whether a process starts in the `current` link, or in a folder below it */
  placed?(c: Context): Command
  /** shell: quiets all of them once more, in words that the sudo rules allow */
  quietAgain?(c: Context): Command
  /** its start and restart check that the processes run from the live release */
  readonly verifiesRelease?: true
  readonly install: Steps
  readonly uninstall: Steps
  readonly enable: Steps
  readonly disable: Steps
  /** shows the last lines of the log and follows it */
  readonly log: Steps
  /** its journal, if it has one */
  logs?(c: LogsContext<Settings>): Readonly<Record<string, Command>>
  /** what only one `sidekiq()` may have on a host: units and their files, jobs, pidfiles */
  claims(settings: Settings, host: Host): readonly Claim[]
  /** our files that differ from the config */
  drift?(c: Context): readonly Finding[]
  /** the facts that the doctor reads besides `facts`, and its findings from both */
  readonly doctor: {
    facts(c: Asking): FactTreeOf<SidekiqFacts>
    findings(c: Context): readonly Finding[]
  }
}

/** A manager whose tasks run the step of `refuse`, if there is one, instead of touching what belongs to another application. */
export const guarded = (m: Manager, refuse: (c: Context) => Command | undefined): Manager => {
  const guard =
    (steps: Steps): Steps =>
    (c) => {
      const refused = refuse(c)
      return refused === undefined ? steps(c) : [refused]
    }
  return {
    ...m,
    quiet: guard(m.quiet),
    stop: guard(m.stop),
    start: guard(m.start),
    restart: guard(m.restart),
    enable: guard(m.enable),
    disable: guard(m.disable),
    // nothing was touched
    recover: (c) => (refuse(c) === undefined ? m.recover(c) : []),
  }
}

/** The step that refuses because of such findings; undefined if there are none. */
export const refusal = (findings: readonly Finding[]): Command | undefined =>
  findings.length === 0
    ? undefined
    : fail(findings.map(({ message }) => message))
        .title('check that Sidekiq belongs to this application')
        .hint([...new Set(findings.map(({ remedy }) => remedy))].join('\n'))

/** The setting that gives this Sidekiq a name of its own, for when its present name belongs to another application. */
export const renameHint = (c: Context): string =>
  `give this one a name of its own: sidekiq({ serviceUnitName: '${distinctName('sidekiq', c)}' })`

/** Once a release was live, a missing unit or job is an error. Until then it is only a warning: the first deploy may run before it is installed. */
export const partedByPresence = <P extends { readonly state: string }>(
  { layout }: Pick<Context, 'layout'>,
  all: readonly P[],
): { readonly present: readonly P[]; readonly absent: readonly P[] } => {
  const absent = everLive(layout) ? [] : all.filter(({ state }) => state === 'missing')
  return { present: all.filter((one) => !absent.includes(one)), absent }
}

export const findingOf = (level: Finding['level'], message: string, remedy: string): Finding => ({ level, message, remedy })

export const errorOf = (message: string, remedy: string): Finding => findingOf('error', message, remedy)

export const warningOf = (message: string, remedy: string): Finding => findingOf('warning', message, remedy)
