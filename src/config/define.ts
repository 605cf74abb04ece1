import type { z } from 'zod'
import type { Selector } from '../inventory/types.ts'
import type { SettingsLayer } from '../settings/layer.ts'
import type { HostDef, Late, LocalFacts, StageContext } from '../settings/types.ts'
import type { AnyRecipe, AnyTask, Hooks, Override, Recipe, RunTask, SequenceTask, StepsTask } from '../tasks/types.ts'
import type { Absent } from '../values/absent.ts'
import type { CoreTask } from '../tasks/core-names.ts'

/**
 * The settings that the top level can give and a stage can override. A stage replaces lists; `env`, `commands`, `vars`, `ssh` and `git` are
 * merged key by key.
 */
export interface CommonConfig extends SettingsLayer {}

/** What a server may have in `vars`, by the `hostVars` of the config: those of recipes, too. */
type GivenVars<HV> = [HV] extends [never] ? {} : HV extends z.ZodObject ? { vars?: Partial<z.input<HV>> & Record<string, AnyValue> } : {}
/**
 * Any value. While the type arguments are not known yet, the compiler widens 'west' to a string in what a function of a stage returns, unless
 * the type that it expects there has literals.
 */
type AnyValue = {} | null | undefined | '' | 0 | false
/** What tasks find in `host.vars`. */
type HostVars<HV> = [HV] extends [never] ? any : HV extends z.ZodObject ? z.output<HV> : any
/** A server in a list. Without `roles` it has every role, like a server listed as a string. */
export type ServerDef<Role extends string, HV = never> = Omit<HostDef<Role>, 'roles'> & {
  roles?: readonly Role[] | undefined
} & GivenVars<HV>
type List<Role extends string, HV> = readonly (ServerDef<Role, HV> | string | Absent)[]
type RoleFirst<Role extends string, HV> = {
  readonly [K in Role]?: readonly (string | (Omit<HostDef, 'roles'> & GivenVars<HV>) | Absent)[]
}
type Listed<Role extends string, HV> = List<Role, HV> | RoleFirst<Role, HV>
/** A list, role → list, or a function that returns either. */
export type ServersDef<Role extends string, HV = never> =
  | Listed<Role, HV>
  | ((c: StageContext) => Listed<Role, HV> | Promise<Listed<Role, HV>>)

type Given<I> = { [K in keyof I]?: Late<I[K]> }
type InputOf<X> = X extends Recipe<any, infer I, any, any> ? I : never
type Recipes = readonly (AnyRecipe | Absent)[]
type UsedIn<R extends Recipes> = Exclude<R[number], Absent>
/** What the compiler expects of settings until it knows the recipes: see {@link AnyValue}. `[R] extends [never]` is never true. */
interface UnknownSettings {
  readonly [key: string]: AnyValue | UnknownSettings | readonly UnknownSettings[]
}
type RecipeSettings<R extends Recipes> = { [N in UsedIn<R>['name']]?: Given<InputOf<Extract<UsedIn<R>, { name: N }>>> }

export interface StageConfig<Role extends string = string, R extends Recipes = Recipes, HV = never> extends CommonConfig {
  servers: ServersDef<Role, HV>
  /** settings of the recipes, overriding those given at `use` */
  settings?: [R] extends [never] ? UnknownSettings : RecipeSettings<R>
  /** more recipes; one with the same name replaces the top level's */
  use?: Recipes
  tasks?: Record<string, AnyTask>
  /** tasks in the place of those of recipes, over the top level's */
  override?: { [K in TaskNames<UsedIn<R>>]?: Override }
  /** run after the top level's */
  hooks?: Hooks
}

/** The names of the tasks that a recipe brings. */
export type TaskNames<R> = R extends Recipe<any, any, any, infer T> ? T : never

// A selector object has no required keys, so in an intersection any text, list or function would pass for one.
type Closed<S> = S extends string | readonly unknown[] ? S : S & { length?: never }
interface Placed<Role extends string> {
  on?: Closed<Selector<Role>> | ((c: { settings: any; stage: string }) => Closed<Selector<Role>>)
}
/** A task of the config. `A`: the schema of its `args`; `V`: the vars of hosts. */
type ConfigTask<Role extends string, N extends string, A, V> =
  | (Omit<StepsTask<any, V, {}, A>, 'on'> & Placed<Role>)
  | (Omit<RunTask<any, V, A, N>, 'on'> & Placed<Role>)
  | (Omit<SequenceTask<any, N, A>, 'on'> & Placed<Role>)
type Names<R extends Recipes, N extends string, O extends string = never> =
  | CoreTask
  | TaskNames<UsedIn<R>>
  | N
  | ([O] extends [never] ? never : `${O}:original`)

/**
 * A typed config: the compiler checks task names in hooks and sequences, roles, recipe settings and every key.
 * Returns its argument.
 */
export const defineConfig = <
  const R extends Recipes = [],
  const T = {},
  const Role extends string = string,
  const ST extends string = string,
  const O extends TaskNames<UsedIn<R>> = never,
  HV extends z.ZodObject = never,
  const N extends string = never,
>(
  config: CommonConfig & {
    /** letters, digits, `.`, `_`, `-` */
    application: string
    /** Listing the roles closes the set: a typo in a stage or a selector is then a compile error. */
    roles?: readonly Role[]
    /** What each server must have in `vars`: a zod object, which checks them and gives defaults. Tasks get `host.vars` with its types. */
    hostVars?: HV
    use?: R
    // T alone has no names if each task has nothing but a function with parameters: N has them in any case.
    tasks?: { [K in keyof T]: ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, T[K], HostVars<NoInfer<HV>>> } & {
      [K in N]: K extends keyof T ? unknown : ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, unknown, HostVars<NoInfer<HV>>>
    }
    /**
     * Tasks in the place of those of recipes, with the recipe's settings and facts; `false` switches one off. The recipe's own is then called
     * NAME:original, for sequences and `invoke()`.
     */
    override?: { [K in O]: Override<ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, any, HostVars<NoInfer<HV>>>> }
    hooks?: NoInfer<Hooks<Names<R, N, O>, Names<R, N, O>>>
    stages: {
      [K in ST]:
        | StageConfig<NoInfer<Role>, R, NoInfer<HV>>
        | ((c: { local: LocalFacts }) => StageConfig<NoInfer<Role>, R, NoInfer<HV>> | Promise<StageConfig<NoInfer<Role>, R, NoInfer<HV>>>)
    }
  },
): unknown => config
