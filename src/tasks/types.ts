import type { z } from 'zod'
import type { Host, Selector } from '../inventory/types.ts'
import type { Claim, ClaimsContext } from './claims.ts'
import type { Linked, ProblemsContext, Tree } from './linked-paths.ts'
import type { FactTree } from '../facts/fact.ts'
import type { Layout } from '../facts/types.ts'
import type { Call, Command, EnvMap } from '../shell/types.ts'
import type { Absent } from '../values/absent.ts'
import type { Secret } from '../values/secret.ts'
import type { DeployInfo, Paths, Rest, Rolling } from './context-values.ts'
import type { Failure } from './failure.ts'
import type { LiveHost, LocalShell } from './live-host.ts'
import type { StepList } from './step-list.ts'
import type { LogRequest } from './log-request.ts'
import type { Questions } from './questions.ts'
import type { Finding } from './finding.ts'
import type { StageSettings } from './stage-settings.ts'
import type { StatusFacts } from './service-status.ts'

export type { Failure, Progress } from './failure.ts'
export type { Finding, Trouble } from './finding.ts'
export type { DeployInfo, Paths, Rest, Result, Rolling } from './context-values.ts'
export type { LiveHost, LocalShell, Shell } from './live-host.ts'
export type { StepList } from './step-list.ts'
export type { LogRequest } from './log-request.ts'

/** The parsed options of a task, by its schema; `{}` if it takes none. */
export type ArgsOf<A> = A extends z.ZodObject ? z.output<A> : {}

/** `S`: settings, `A`: the parsed `args`, `SV`: the config's `vars`. */
export interface BaseContext<S = Record<string, unknown>, A = Readonly<Record<string, any>>, SV = Record<string, any>>
  extends Linked, Tree {
  readonly stage: string
  readonly application: string
  /** the name the recipe is used under: its own, or the one given at `use`; `config` for a task of the config */
  readonly usedAs: string
  /** For hints: `shipit('app:restart')` is `shipit production app:restart`, with the `--config` and `--set` of this run, quoted. */
  readonly shipit: Call
  readonly settings: S
  readonly paths: Paths
  readonly vars: Readonly<SV>
  readonly deploy: DeployInfo
  /** the settings of the stage: `config.keepReleases`, `config.repoUrl` … */
  readonly config: StageSettings
  /** Those of this run. `filtered: false`: also those that `--hosts` and `--roles` leave out; they cannot be used in `on()`. */
  hosts(on: Selector, o?: { readonly filtered?: boolean }): readonly Host[]
  primary(on: Selector): Host | undefined
  /** what was typed after the task, parsed by its `args` schema */
  readonly args: A
  /** the words after `--`, as they were typed, if the task takes them (`rest`); else none */
  readonly rest: readonly string[]
  /**
   * The text of a Liquid template, for `write()`: `{{ port }}`, `{% if tls %} … {% endif %}`. `file` is relative to the folder of the config.
   * A name that is missing in `data` is an error with the file and line of the template. If the template reads a secret, the text is one.
   */
  template(file: string, data?: Readonly<Record<string, unknown>>): string | Secret
  /** The settings of another recipe of this stage, validated; undefined if it is not used. Takes its factory, or the recipe itself. */
  settingsOf<R extends AnyRecipe>(recipe: ((...given: any[]) => R) | R): SettingsOf<R> | undefined
}

/** The context of a recipe's `facts` and `doctor.facts`. */
export interface FactsContext<S = any> extends BaseContext<S> {
  readonly host: Host
  /** whether this run includes a task, by the recipe's own name for it */
  runs(task: string): boolean
}

/** The context of a recipe's `logs`. */
export interface LogsContext<S = any> extends FactsContext<S> {
  readonly log: LogRequest
}

/** The context of `steps`. `F`: the values of the recipe's facts, `FactValues<…>`; `A`: the parsed `args`. */
export interface StepsContext<
  S = Record<string, unknown>,
  V = Record<string, unknown>,
  F = {},
  A = Readonly<Record<string, any>>,
  SV = Record<string, any>,
> extends BaseContext<S, A, SV> {
  readonly host: Host<V>
  /** the values of the recipe's own `facts` on this host; undefined: not read here, so not known */
  readonly facts: F
  /** what was read from this host: the live release, all releases … */
  readonly layout: Layout
  readonly failure: Failure | undefined
}

export interface RunContext<
  S = Record<string, unknown>,
  V = Record<string, unknown>,
  A = Readonly<Record<string, any>>,
  N extends string = string,
  SV = Record<string, any>,
>
  extends BaseContext<S, A, SV>, Questions {
  /** Runs `fn` on the selected hosts side by side. Once all have settled, rejects with the first failure. */
  on<T>(on: Selector | Host | readonly Host[], fn: (host: LiveHost<V>) => Promise<T>): Promise<Map<Host<V>, T>>
  /** The same on the task's own hosts: what its `on` selects in this run, filters applied. Rejects for a task with `on: 'local'`. */
  each<T>(fn: (host: LiveHost<V>) => Promise<T>): Promise<Map<Host<V>, T>>
  /** this machine */
  readonly local: LocalShell
  /**
   * Runs another task on its own hosts, with its hooks, as a part of this run, and waits for its end. `args`: its options, by its schema;
   * `rest`: what it gets as `c.rest`. Rejects if it fails, if it is a part of a deploy, or if it is already running around this one. Not
   * inside of `on()`.
   */
  invoke(task: N, args?: Readonly<Record<string, unknown>>, rest?: readonly string[]): Promise<void>
  /** The value of a secret, for a library that needs it: `fetch`. It is masked in all output as before. Throws for anything else. */
  reveal(value: Secret): string
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

interface TaskCommon<S, A, SV> {
  /** One sentence, for `--tasks`. A task without one is internal. */
  description?: string
  /** The hosts that it runs on. Default: every release host. */
  on?: Selector | ((c: { settings: S; stage: string }) => Selector)
  /** Options that you can type after the task: `--install`, `--lines 20`. */
  args?: A & z.ZodObject
  /** Takes the words after `--`, which it gets as `c.rest`: `true`, what lists call them, or that with a help text. */
  rest?: Rest
  /** `true`: its output is its purpose, so it is shown whole, as it arrives. */
  shows?: boolean
  /** Returns `false` to leave the task out of this run. */
  when?: (c: BaseContext<S, ArgsOf<A>, SV>) => boolean
  /** The task (by its full name) that puts right what this one left when a run fails or is cut short. It gets `failure`. */
  recover?: string
  /** The task (by its full name) that checks, before `deploy:check` and before anything is touched, whether this one will be possible. */
  check?: string
}
export interface StepsTask<S = any, V = any, F = any, A = any, SV = Record<string, any>> extends TaskCommon<S, A, SV> {
  steps: (c: StepsContext<S, V, F, ArgsOf<A>, SV>) => StepList
  /** How many hosts run at a time. Without it, all at once. */
  rolling?: Rolling | ((c: { settings: S; stage: string }) => Rolling | undefined)
  run?: never
  sequence?: never
  set?: never
}
export interface RunTask<S = any, V = any, A = any, N extends string = string, SV = Record<string, any>> extends TaskCommon<S, A, SV> {
  run: (c: RunContext<S, V, ArgsOf<A>, N, SV>) => Promise<unknown> | unknown
  /** code decides this itself: `for (const host of hosts('app')) await on(host, …)` */
  rolling?: never
  steps?: never
  sequence?: never
  set?: never
}
/** What `--set KEY=VALUE` takes, as a value: a list or an object is written as JSON there. */
export type SetValue = string | number | boolean | null | readonly SetValue[] | { readonly [key: string]: SetValue }
export interface SequenceTask<S = any, N extends string = string, A = any, SV = Record<string, any>> extends TaskCommon<S, A, SV> {
  sequence: readonly (N | Absent)[]
  /**
   * Settings for the whole run when you type this task, or one that has it in its sequence: as if you had typed `--set KEY=VALUE` for each,
   * before those that you type.
   */
  set?: Readonly<Record<string, SetValue>>
  /** set it on the tasks of the sequence */
  rolling?: never
  /** the task of the sequence that takes the words gets them */
  rest?: never
  steps?: never
  run?: never
}
/** `S`: settings, `V`: a host's vars, `F`: the values of facts, `A`: the schema of the task's `args`, `SV`: the config's `vars`. */
export type TaskDef<S = any, V = any, F = any, A = any, SV = Record<string, any>> =
  | StepsTask<S, V, F, A, SV>
  | RunTask<S, V, A, string, SV>
  | SequenceTask<S, string, A, SV>
export type AnyTask = TaskDef
/** Any task whose options are those of the schema `A`. */
export type TaskWithArgs<A> = TaskDef<any, any, any, A>
/** A task in the place of another one, or `false`: it does not run. null and undefined leave it as it is. */
export type Override<T = AnyTask> = T | false | null | undefined

/** A task that the hook runs if the stage has it. Any name: the recipe that has it may be used in one stage only. */
export interface OptionalHook<N extends string = string> {
  task: N | (string & {})
  optional: true
}
export type HookItem<N extends string = string, T = AnyTask> = N | T | OptionalHook<N>
export type HookValue<N extends string = string, T = AnyTask> = HookItem<N, T> | Absent | readonly (HookItem<N, T> | Absent)[]
/** `On`: the tasks that have hooks, `Do`: the tasks that they are, `T`: a task in the place of a name. */
export interface Hooks<On extends string = string, Do extends string = string, T = AnyTask> {
  before?: { [K in On]?: HookValue<Do, T> }
  after?: { [K in On]?: HookValue<Do, T> }
  /** Run once the task has begun, however it ends: well, with a failure, or with Ctrl-C. */
  finally?: { [K in On]?: HookValue<Do, T> }
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
  /** the settings that each stage gives instead; `all`: every required one */
  readonly perStage?: 'all' | readonly string[]
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
  readonly facts?: (c: FactsContext) => FactTree | false | undefined
  /** Environment of every command of the stage, under the config's own `env`: for version managers. */
  readonly env?: (c: { settings: any; stage: string }) => EnvMap
  /** `'servers'`: commands on your machine do not get `env`, which is about programs of the servers. */
  readonly envOn?: 'servers'
  readonly doctor?: {
    readonly facts?: (c: FactsContext) => FactTree | false | undefined
    readonly findings: (c: StepsContext<any, any, any>) => readonly Finding[]
  }
  readonly status?: (c: FactsContext) => StatusFacts | false | undefined
  /** the recipe's name is put in front; a leading ':' makes a name absolute */
  readonly tasks?: Readonly<Record<string, AnyTask>>
  /** tasks in the place of those of other recipes, by their full names */
  readonly override?: Readonly<Record<string, Override>>
  readonly hooks?: Hooks | ((c: { settings: any }) => Hooks)
  readonly linkedDirs?: readonly (string | Absent)[]
  readonly logs?: (c: LogsContext) => Readonly<Record<string, Command | Absent>>
  readonly problems?: (c: ProblemsContext<any>) => readonly string[]
  readonly claims?: (c: ClaimsContext<any>) => readonly Claim[]
}
