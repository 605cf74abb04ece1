import type { z } from 'zod'
import type { Late } from '../settings/types.ts'
import type { FactTree, FactValues } from '../facts/fact.ts'
import type { Command, EnvMap } from '../shell/types.ts'
import type { Claim, ClaimsContext } from './claims.ts'
import type { StatusFacts } from './service-status.ts'
import type { ProblemsContext } from './linked-paths.ts'
import type {
  FactsContext,
  Finding,
  Hooks,
  LogsContext,
  Override,
  Recipe,
  RecipeDefinition,
  StepsContext,
  TaskDef,
  UseOptions,
} from './types.ts'
import type { CoreTask } from './core-names.ts'
import { withoutPerStage, type perStage } from './per-stage.ts'
import type { Absent } from '../values/absent.ts'
import { usageError } from '../values/errors.ts'
import { reasonOf } from '../values/error-reason.ts'

/** The schema of a recipe without settings or host vars. */
export type NoSettings = z.ZodObject<{}>
/** `install` of bundler is `bundler:install`; `:deploy:migrate` is `deploy:migrate`. */
export type AbsoluteName<N extends string, K extends string> = K extends `:${infer Rest}` ? Rest : `${N}:${K}`
/** Completes known names, and accepts any other string: a config may bring tasks of other recipes. */
export type Loose<T extends string> = T | (string & {})

/** The tasks that a recipe brings, and the originals of those that it overrides. `K`, `O`: their names. */
type TaskNamesOf<N extends string, K extends string, O extends string> =
  | AbsoluteName<N, K>
  | ([O] extends [never] ? never : `${O}:original`)
type RecipeHooks<N extends string, K extends string> = Hooks<Loose<CoreTask | AbsoluteName<N, K>>, Loose<CoreTask | AbsoluteName<N, K>>>
type LateSettings<I> = { [K in keyof I]: Late<I[K]> | typeof perStage }

/** Makes a recipe from its settings; if none is required, they may be left out. */
export type RecipeFactory<N extends string, S extends z.ZodObject, T extends string> =
  {} extends z.input<S>
    ? (settings?: LateSettings<z.input<S>>, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>
    : (settings: LateSettings<z.input<S>> | typeof perStage, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>

/**
 * A recipe: settings, tasks and hooks under one name. Its tasks get validated settings, with defaults and late values resolved. Throws a
 * TypeError for an invalid name, and for a task whose name begins with the recipe's. Tasks and settings are checked when a stage is
 * resolved.
 */
export const defineRecipe = <
  const N extends string,
  S extends z.ZodObject = NoSettings,
  V extends z.ZodObject = NoSettings,
  F extends FactTree = {},
  D extends FactTree = {},
  const T = {},
  const O extends string = never,
  const K extends string = never,
>(recipe: {
  name: N
  /** a zod object, or a function that returns it: called when the settings are first needed, and once */
  settings?: S | (() => S)
  /** what each host of the recipe must have in `vars`; a zod object, or a function that returns it */
  hostVars?: V | (() => V)
  /** What to read from every host before planning; tasks get the values in `c.facts`. `false`: nothing on this host. */
  facts?: (c: FactsContext<z.output<S>>) => F | false | undefined
  /** Environment of every command of the stage, under the config's own `env`: for version managers. */
  env?: (c: { settings: z.output<S>; stage: string }) => EnvMap
  /** `'servers'`: commands on your machine do not get `env`, which is about programs of the servers. */
  envOn?: 'servers'
  /** What `shipit STAGE doctor` asks every host besides `facts`, and its findings from the answers. Pure: it changes nothing. */
  doctor?: {
    facts?: (c: FactsContext<z.output<S>>) => D | false | undefined
    findings: (c: StepsContext<z.output<S>, z.output<V>, FactValues<F> & FactValues<D>>) => readonly Finding[]
  }
  /** The recipe's services on a host, for `shipit STAGE status`. `serviceStatus()` of the kit makes such facts. `false`: none here. */
  status?: (c: FactsContext<z.output<S>>) => StatusFacts | false | undefined
  /** The recipe's name is put in front; a leading ':' makes a name absolute: ':deploy:migrate'. */
  // T alone has no names if each task has nothing but a function with parameters: K has them in any case.
  tasks?: { [Name in keyof T]: TaskDef<z.output<S>, z.output<V>, FactValues<F>, T[Name]> } & {
    [Name in K]: TaskDef<z.output<S>, z.output<V>, FactValues<F>, Name extends keyof T ? T[Name] : unknown>
  }
  /**
   * Tasks in the place of those of other recipes, by their full names, with this recipe's settings and facts; `false` switches one off. The
   * other recipe's own is then called NAME:original.
   */
  override?: { [Name in O]: Override<TaskDef<z.output<S>, z.output<V>, FactValues<F>, any>> }
  hooks?: NoInfer<RecipeHooks<N, K> | ((c: { settings: z.output<S> }) => RecipeHooks<N, K>)>
  /** linked in addition to those of the config */
  linkedDirs?: readonly (string | Absent)[]
  /** Logs on a host that are not files in `shared`, by name: `shipit STAGE logs` runs these commands, and shows what they print. */
  logs?: (c: LogsContext<z.output<S>>) => Readonly<Record<string, Command | Absent>>
  /** What is wrong with the settings, given the rest of the stage, each in a sentence: exit 2, before anything is connected. */
  problems?: (c: ProblemsContext<z.output<S>>) => readonly string[]
  /** What only one use of the recipe may have on a host. Two uses with the same claim are an error: exit 2, before connecting. */
  claims?: (c: ClaimsContext<z.output<S>>) => readonly Claim[]
}): RecipeFactory<N, S, TaskNamesOf<N, K, O>> => {
  checkNames(recipe.name, Object.keys(recipe.tasks ?? {}))
  const settings = lazySchema(recipe.settings, `settings of the recipe ${recipe.name}`)
  const hostVars = lazySchema(recipe.hostVars, `hostVars of the recipe ${recipe.name}`)
  const definition = Object.freeze({
    ...recipe,
    get settings() {
      return settings()
    },
    get hostVars() {
      return hostVars()
    },
  }) as unknown as RecipeDefinition
  const make = (settings: Readonly<Record<string, unknown>> | typeof perStage = {}, options: UseOptions = {}) =>
    Object.freeze({ name: recipe.name, definition, ...withoutPerStage(settings), options: Object.freeze({ ...options }) })
  Object.defineProperty(make, 'recipeName', { value: recipe.name })
  return make as unknown as RecipeFactory<N, S, TaskNamesOf<N, K, O>>
}

/** Throws a TypeError for a name that a recipe, or a task in it, cannot have. */
const checkNames = (name: string, tasks: readonly string[]): void => {
  if (!/^[A-Za-z][\w-]*$/.test(name))
    throw new TypeError(`defineRecipe: ${JSON.stringify(name)} is not a name for a recipe: letters, digits, "_" and "-"`)
  if (RESERVED.includes(name)) throw new TypeError(`defineRecipe: "${name}" is a core setting: give the recipe another name`)
  const repeated = tasks.find((key) => key.startsWith(`${name}:`))
  if (repeated !== undefined)
    throw new TypeError(
      `defineRecipe: the task "${repeated}" of "${name}" would be called ${name}:${repeated}: leave out "${name}:", because shipit adds the recipe's name`,
    )
}

/** Throws a usage error, with `what`, if the function throws or returns something else than a zod object. */
const lazySchema = <S extends z.ZodObject>(given: S | (() => S) | undefined, what: string): (() => S | undefined) => {
  if (typeof given !== 'function') return () => given
  let schema: S | undefined
  const make = (): S => {
    try {
      const result = given()
      if (result?.def?.type === 'object') return result
    } catch (error) {
      throw usageError(`${what}: the function failed: ${reasonOf(error)}`, { cause: error })
    }
    throw usageError(`${what}: the function must return a zod object: () => z.object({ … })`)
  }
  return () => (schema ??= make())
}

/** Names that `--set` reads as core settings: `--set ssh.user=…` would never reach such a recipe. */
const RESERVED: readonly string[] = ['ssh', 'git', 'vars', 'env', 'commands']
