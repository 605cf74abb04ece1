import type { z } from 'zod'
import type { Late } from './stage.ts'
import type { Command, EnvMap } from '../shell/types.ts'
import type { Claim, ClaimsContext } from './claims.ts'
import type { ProblemsContext } from './linked.ts'
import type { FactsContext, Finding, Hooks, Recipe, RecipeDefinition, StepsContext, TaskDef, UseOptions } from './types.ts'
import type { CoreTask } from './core-names.ts'

/** What a recipe without settings, or without host vars, has. */
export type NoSettings = z.ZodObject<{}>
/** `install` of bundler is `bundler:install`; `:deploy:migrate` is `deploy:migrate`. */
export type AbsoluteName<N extends string, K extends string> = K extends `:${infer Rest}` ? Rest : `${N}:${K}`
/** Completion for the names that are known, and any other string: whoever uses a recipe may bring tasks of other recipes. */
export type Loose<T extends string> = T | (string & {})

type RecipeHooks<N extends string, T> = Hooks<
  Loose<CoreTask | AbsoluteName<N, keyof T & string>>,
  Loose<CoreTask | AbsoluteName<N, keyof T & string>>
>
type LateSettings<I> = { [K in keyof I]: Late<I[K]> }

/** Makes the recipe with its settings; those that need no value may be left out. */
export type RecipeFactory<N extends string, S extends z.ZodObject, T extends string> =
  {} extends z.input<S>
    ? (settings?: LateSettings<z.input<S>>, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>
    : (settings: LateSettings<z.input<S>>, options?: UseOptions) => Recipe<N, z.input<S>, z.output<S>, T>

/**
 * A recipe: settings, tasks and hooks under one name. Its tasks see their settings validated, defaults in and late values resolved.
 * Throws a TypeError for a name that is none, and for a task whose name begins with the recipe's; tasks and settings are checked when a stage is resolved.
 */
export const defineRecipe = <
  const N extends string,
  S extends z.ZodObject = NoSettings,
  V extends z.ZodObject = NoSettings,
  const T extends Record<string, unknown> = {},
>(recipe: {
  name: N
  settings?: S
  /** what each host of the recipe has to have in `vars` */
  hostVars?: V
  /** Read-only commands that every host is asked before planning; tasks find the answers in `facts`. */
  facts?: (c: FactsContext<z.output<S>>) => Readonly<Record<string, Command>>
  /** Environment of every command of the stage, under the config's own `env`: for version managers. */
  env?: (c: { settings: z.output<S>; stage: string }) => EnvMap
  /** What `shipit STAGE doctor` asks every host besides `facts`, and what it makes of the answers. Pure; it changes nothing. */
  doctor?: {
    facts?: (c: FactsContext<z.output<S>>) => Readonly<Record<string, Command>>
    findings: (c: StepsContext<z.output<S>>) => readonly Finding[]
  }
  /** Names are under the recipe's; a leading ':' makes one absolute: ':deploy:migrate'. */
  tasks?: T & { [K in keyof T]: TaskDef<z.output<S>, z.output<V>> }
  hooks?: NoInfer<RecipeHooks<N, T> | ((c: { settings: z.output<S> }) => RecipeHooks<N, T>)>
  /** linked besides those of the config */
  linkedDirs?: readonly string[]
  /** What is wrong with the settings beside what else the stage has, each a sentence: exit 2, before anything is connected. */
  problems?: (c: ProblemsContext<z.output<S>>) => readonly string[]
  /** What one use of the recipe alone may have on a host. Two that claim the same are an error: exit 2, before anything is connected. */
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

/** Where `--set ssh.user=…` and the like would be read as a recipe's settings. */
const RESERVED: readonly string[] = ['ssh', 'git', 'vars', 'env']
