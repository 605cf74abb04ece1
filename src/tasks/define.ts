import type { z } from 'zod'
import type { Late } from './stage.ts'
import type { Command, EnvMap } from '../shell/types.ts'
import type { Claim, ClaimsContext } from './claims.ts'
import type { ProblemsContext } from './linked.ts'
import type { FactsContext, Finding, Hooks, Recipe, RecipeDefinition, StepsContext, TaskDef, UseOptions } from './types.ts'
import type { CoreTask } from './core-names.ts'

/** The schema of a recipe without settings or host vars. */
export type NoSettings = z.ZodObject<{}>
/** `install` of bundler is `bundler:install`; `:deploy:migrate` is `deploy:migrate`. */
export type AbsoluteName<N extends string, K extends string> = K extends `:${infer Rest}` ? Rest : `${N}:${K}`
/** Completes known names, and accepts any other string: a config may bring tasks of other recipes. */
export type Loose<T extends string> = T | (string & {})

type RecipeHooks<N extends string, T> = Hooks<
  Loose<CoreTask | AbsoluteName<N, keyof T & string>>,
  Loose<CoreTask | AbsoluteName<N, keyof T & string>>
>
type LateSettings<I> = { [K in keyof I]: Late<I[K]> }

/** Makes a recipe from its settings; if none is required, they may be left out. */
export type RecipeFactory<N extends string, S extends z.ZodObject, T extends string> =
  {} extends z.input<S>
    ? (settings?: LateSettings<z.input<S>>, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>
    : (settings: LateSettings<z.input<S>>, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>

/**
 * A recipe: settings, tasks and hooks under one name. Its tasks get validated settings, with defaults and late values resolved. Throws a
 * TypeError for an invalid name, and for a task whose name begins with the recipe's. Tasks and settings are checked when a stage is
 * resolved.
 */
export const defineRecipe = <
  const N extends string,
  S extends z.ZodObject = NoSettings,
  V extends z.ZodObject = NoSettings,
  const T extends Record<string, unknown> = {},
>(recipe: {
  name: N
  settings?: S
  /** what each host of the recipe must have in `vars` */
  hostVars?: V
  /** Read-only commands that run on every host before planning; tasks get the answers in `facts`. */
  facts?: (c: FactsContext<z.output<S>>) => Readonly<Record<string, Command>>
  /** Environment of every command of the stage, under the config's own `env`: for version managers. */
  env?: (c: { settings: z.output<S>; stage: string }) => EnvMap
  /** What `shipit STAGE doctor` asks every host besides `facts`, and its findings from the answers. Pure: it changes nothing. */
  doctor?: {
    facts?: (c: FactsContext<z.output<S>>) => Readonly<Record<string, Command>>
    findings: (c: StepsContext<z.output<S>>) => readonly Finding[]
  }
  /** The recipe's name is put in front; a leading ':' makes a name absolute: ':deploy:migrate'. */
  tasks?: T & { [K in keyof T]: TaskDef<z.output<S>, z.output<V>> }
  hooks?: NoInfer<RecipeHooks<N, T> | ((c: { settings: z.output<S> }) => RecipeHooks<N, T>)>
  /** linked in addition to those of the config */
  linkedDirs?: readonly string[]
  /** What is wrong with the settings, given the rest of the stage, each in a sentence: exit 2, before anything is connected. */
  problems?: (c: ProblemsContext<z.output<S>>) => readonly string[]
  /** What only one use of the recipe may have on a host. Two uses with the same claim are an error: exit 2, before connecting. */
  claims?: (c: ClaimsContext<z.output<S>>) => readonly Claim[]
}): RecipeFactory<N, S, AbsoluteName<N, keyof T & string>> => {
  if (!/^[A-Za-z][\w-]*$/.test(recipe.name))
    throw new TypeError(`defineRecipe: ${JSON.stringify(recipe.name)} is not a name for a recipe: letters, digits, "_" and "-"`)
  if (RESERVED.includes(recipe.name))
    throw new TypeError(`defineRecipe: "${recipe.name}" means something else: call the recipe another name`)
  const twice = Object.keys(recipe.tasks ?? {}).find((key) => key.startsWith(`${recipe.name}:`))
  if (twice !== undefined)
    throw new TypeError(
      `defineRecipe: the task "${twice}" of "${recipe.name}" would be called ${recipe.name}:${twice}: leave "${recipe.name}:" out, the recipe's name is put before it`,
    )
  const definition = Object.freeze({ ...recipe }) as unknown as RecipeDefinition
  const make = (settings: Readonly<Record<string, unknown>> = {}, options: UseOptions = {}) =>
    Object.freeze({ name: recipe.name, definition, given: Object.freeze({ ...settings }), options: Object.freeze({ ...options }) })
  Object.defineProperty(make, 'recipeName', { value: recipe.name })
  return make as unknown as RecipeFactory<N, S, AbsoluteName<N, keyof T & string>>
}

/** Names that `--set` reads as core settings: `--set ssh.user=…` would never reach such a recipe. */
const RESERVED: readonly string[] = ['ssh', 'git', 'vars', 'env']
