import type { z } from 'zod'
import type { Host, Selector } from '../inventory/types.ts'
import type { Claim, ClaimsContext } from './claims.ts'
import type { Linked, ProblemsContext, Tree } from './linked.ts'
import type { Layout, RecipeFacts } from '../facts/types.ts'
import type { Call, Command, EnvMap, ShValue } from '../shell/types.ts'
import type { Duration } from '../values/duration.ts'
import type { Path } from '../values/path.ts'
import type { Failure } from './failure.ts'
import type { Finding } from './finding.ts'

export type { Failure, Progress } from './failure.ts'
export type { Finding, Trouble } from './finding.ts'

export interface Paths {
  readonly deployTo: Path
  readonly releases: Path
  /** the release that this run makes or goes to; `current` if no pipeline runs */
  readonly release: Path
  readonly current: Path
  readonly shared: Path
  readonly repo: Path
}

export interface DeployInfo {
  readonly branch: string
  /** the pinned commit, 40 hex digits (64 with SHA-256); '' if the run resolves none */
  readonly revision: string
  readonly shortRevision: string
  /** 14 digits */
  readonly release: string
  /** the user who deploys */
  readonly user: string
  readonly time: Date
  readonly rollback: boolean
  /** this run makes a release or goes to one; otherwise, the rest describes what is live */
  readonly releasing: boolean
}

export interface BaseContext<S = Record<string, unknown>> extends Linked, Tree {
  readonly stage: string
  readonly application: string
  /** the name the recipe is used under: its own, or the one given at `use`; `config` for a task of the config */
  readonly usedAs: string
  /** For hints: `shipit('app:restart')` is `shipit production app:restart`, with the `--config` and `--set` of this run, quoted. */
  readonly shipit: Call
  readonly settings: S
  readonly paths: Paths
  readonly vars: Readonly<Record<string, any>>
  readonly deploy: DeployInfo
  hosts(on: Selector): readonly Host[]
  primary(on: Selector): Host | undefined
  /** what was typed after the task, parsed by its `args` schema */
  readonly args: Readonly<Record<string, any>>
  /** The settings of another recipe of this stage, validated; undefined if it is not used. Takes its factory, or the recipe itself. */
  settingsOf<R extends AnyRecipe>(recipe: ((...given: any[]) => R) | R): SettingsOf<R> | undefined
}

/** What a recipe's `facts` and `doctor.facts` get. */
export interface FactsContext<S = any> extends BaseContext<S> {
  readonly host: Host
  /** whether this run includes a task, by the recipe's own name for it */
  runs(task: string): boolean
}

export interface StepsContext<S = Record<string, unknown>, V = Record<string, unknown>> extends BaseContext<S> {
  readonly host: Host<V>
  /** the answers to the recipe's own `facts` on this host */
  readonly facts: RecipeFacts
  /** what was read from this host: the live release, all releases … */
  readonly layout: Layout
  readonly failure: Failure | undefined
}

export type StepList = readonly (Command | false | null | undefined | StepList)[]

export interface Result {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** milliseconds */
  readonly ms: number
}

/** A host in a `run` task. Each call is one round trip. */
export interface Shell {
  /** Fails the task if the command fails. */
  run(command: Command): Promise<Result>
  run(template: TemplateStringsArray, ...values: ShValue[]): Promise<Result>
  /** true on exit 0; exit 126 and up is an error */
  test(command: Command): Promise<boolean>
  test(template: TemplateStringsArray, ...values: ShValue[]): Promise<boolean>
  /** stdout without its last newline; throws if the command fails */
  capture(command: Command): Promise<string>
  capture(template: TemplateStringsArray, ...values: ShValue[]): Promise<string>
}
export interface LiveHost<V = Record<string, unknown>> extends Shell, Host<V> {
  /** a list of steps as in a `steps` task, compiled and sent at once */
  steps(list: StepList): Promise<void>
}

export interface RunContext<S = Record<string, unknown>, V = Record<string, unknown>> extends BaseContext<S> {
  /** Runs `fn` on the selected hosts side by side. Once all have settled, rejects with the first failure. */
  on<T>(on: Selector | Host | readonly Host[], fn: (host: LiveHost<V>) => Promise<T>): Promise<Map<Host<V>, T>>
  readonly local: Shell
  fail(message: string, o?: { hint?: string; host?: Host }): never
  readonly log: {
    info(message: string): void
    warn(message: string): void
    debug(message: string): void
    /** One row per object; the columns are the keys of the first one, in order. */
    table(rows: readonly TableRow[]): void
  }
  readonly failure: Failure | undefined
  readonly signal: AbortSignal
}

export type TableRow = Readonly<Record<string, string | number | null>>

/** How many hosts run at a time: each share starts when the one before has ended well. `wait`: the pause between two shares. */
export interface Rolling {
  size: number | `${number}%`
  wait?: Duration
}

interface TaskCommon<S> {
  /** One sentence, for `--tasks`. A task without one is internal. */
  description?: string
  /** default: every release host */
  on?: Selector | ((c: { settings: S; stage: string }) => Selector)
  /** options that you can type after the task: `--install`, `--lines 20` */
  args?: z.ZodObject
  /** its output is what you ask for: shown whole, as it arrives */
  shows?: boolean
  /** false: the task is left out of this run */
  when?: (c: BaseContext<S>) => boolean
  /** The task (by its full name) that puts right what this one left when a run fails or is cut short. It gets `failure`. */
  recover?: string
  /** The task (by its full name) that checks, before `deploy:check` and before anything is touched, whether this one will be possible. */
  check?: string
}
export interface StepsTask<S = any, V = any> extends TaskCommon<S> {
  steps: (c: StepsContext<S, V>) => StepList
  /** undefined: all hosts at once */
  rolling?: Rolling | ((c: { settings: S; stage: string }) => Rolling | undefined)
  run?: never
  sequence?: never
}
export interface RunTask<S = any, V = any> extends TaskCommon<S> {
  run: (c: RunContext<S, V>) => Promise<unknown> | unknown
  /** code decides for itself: `for (const host of hosts('app')) await on(host, …)` */
  rolling?: never
  steps?: never
  sequence?: never
}
export interface SequenceTask<S = any, N extends string = string> extends TaskCommon<S> {
  sequence: readonly N[]
  /** set it on the tasks of the sequence */
  rolling?: never
  steps?: never
  run?: never
}
export type TaskDef<S = any, V = any> = StepsTask<S, V> | RunTask<S, V> | SequenceTask<S>
export type AnyTask = TaskDef<any, any>

export type HookItem<N extends string = string> = N | AnyTask
export type HookValue<N extends string = string> = HookItem<N> | readonly HookItem<N>[]
export interface Hooks<On extends string = string, Do extends string = string> {
  before?: { [K in On]?: HookValue<Do> }
  after?: { [K in On]?: HookValue<Do> }
}

/** A recipe with its settings, as in `use: [sidekiq({…})]`. `__in`, `__out` and `__tasks` exist for typing only. */
export interface Recipe<N extends string = string, I = any, O = any, T extends string = string> {
  readonly name: N
  readonly __in?: I
  readonly __out?: O
  readonly __tasks?: T
  readonly definition: RecipeDefinition
  /** settings as given at `use`, late values not resolved */
  readonly given: Readonly<Record<string, unknown>>
  readonly options: UseOptions
}
export type AnyRecipe = Recipe<string, any, any, string>

/** The settings of a recipe, or of its factory, as its tasks see them. */
export type SettingsOf<R> =
  R extends Recipe<any, any, infer O, any> ? O : R extends (...given: any[]) => Recipe<any, any, infer O, any> ? O : never

export interface UseOptions {
  /** another name, for a recipe used twice */
  name?: string
  /** false: without its own hooks */
  hooks?: false
}
/** The argument of defineRecipe, without its types. */
export interface RecipeDefinition {
  readonly name: string
  readonly settings?: z.ZodObject
  readonly hostVars?: z.ZodObject
  readonly facts?: (c: FactsContext) => Readonly<Record<string, Command>>
  /** Environment of every command of the stage, under the config's own `env`: for version managers. */
  readonly env?: (c: { settings: any; stage: string }) => EnvMap
  readonly doctor?: {
    readonly facts?: (c: FactsContext) => Readonly<Record<string, Command>>
    readonly findings: (c: StepsContext<any>) => readonly Finding[]
  }
  /** the recipe's name is put in front; a leading ':' makes a name absolute */
  readonly tasks?: Readonly<Record<string, AnyTask>>
  readonly hooks?: Hooks | ((c: { settings: any }) => Hooks)
  readonly linkedDirs?: readonly string[]
  readonly problems?: (c: ProblemsContext<any>) => readonly string[]
  readonly claims?: (c: ClaimsContext<any>) => readonly Claim[]
}
