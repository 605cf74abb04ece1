import type { z } from 'zod'
import type { Selector } from '../inventory/types.ts'
import type { SettingsLayer } from '../settings/layer.ts'
import type { HostDef, Late, LocalFacts, OpenVars, StageContext, VarValue } from '../settings/types.ts'
import type { AnyRecipe, Hooks, Override, Recipe, RunTask, SequenceTask, StepsTask, TaskDef } from '../tasks/types.ts'
import type { Absent } from '../values/absent.ts'
import type { CoreTask } from '../tasks/core-names.ts'

/**
 * The settings that the top level can give and a stage can override. A stage replaces lists; `env`, `commands`, `vars`, `ssh` and `git` are
 * merged key by key.
 */
export interface CommonConfig<SV = never> extends SettingsLayer<StageVars<SV>, GivenStageVars<SV>> {}

/** What functions find in `vars`, by the `stageVars` of the config. */
type StageVars<SV> = [SV] extends [never] ? OpenVars : SV extends z.ZodObject ? z.output<SV> : OpenVars
/** What a layer may have in `vars`: another one may give the rest. */
type GivenStageVars<SV> = [SV] extends [never] ? AnyVars : SV extends z.ZodObject ? LateVars<z.input<SV>, z.output<SV>> : AnyVars
type AnyVars = Readonly<Record<string, VarValue>>
type LateVars<I, V> = { readonly [K in keyof I]?: Late<I[K], V> | undefined }

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
export type ServersDef<Role extends string, HV = never, SV = never> =
  | Listed<Role, HV>
  | ((c: StageContext<StageVars<SV>>) => Listed<Role, HV> | Promise<Listed<Role, HV>>)

type Given<I, V> = { [K in keyof I]?: Late<I[K], V> }
type InputOf<X> = X extends Recipe<any, infer I, any, any> ? I : never
type Recipes = readonly (AnyRecipe | Absent)[]
type UsedIn<R extends Recipes> = Exclude<R[number], Absent>
/** What the compiler expects of settings until it knows the recipes: see {@link AnyValue}. `[R] extends [never]` is never true. */
interface UnknownSettings {
  readonly [key: string]: AnyValue | UnknownSettings | readonly UnknownSettings[]
}
type RecipeSettings<R extends Recipes, V> = { [N in UsedIn<R>['name']]?: Given<InputOf<Extract<UsedIn<R>, { name: N }>>, V> }

export interface StageConfig<Role extends string = string, R extends Recipes = Recipes, HV = never, SV = never> extends CommonConfig<SV> {
  /** the name of the application in this stage, over the top level's: letters, digits, `.`, `_`, `-` */
  application?: string | undefined
  servers: ServersDef<Role, HV, SV>
  /** settings of the recipes, overriding those given at `use` */
  settings?: [R] extends [never] ? UnknownSettings : RecipeSettings<R, StageVars<SV>>
  /** more recipes; one with the same name replaces the top level's */
  use?: Recipes
  tasks?: Record<string, LooseTask<HV, SV>>
  /** tasks in the place of those of recipes, over the top level's */
  override?: { [K in TaskNames<UsedIn<R>>]?: Override<LooseTask<HV, SV>> }
  /** run after the top level's */
  hooks?: Hooks<string, string, LooseTask<HV, SV>>
}

/** The names of the tasks that a recipe brings. */
export type TaskNames<R> = R extends Recipe<any, any, any, infer T> ? T : never

// A selector object has no required keys, so in an intersection any text, list or function would pass for one.
type Closed<S> = S extends string | readonly unknown[] ? S : S & { length?: never }
interface Placed<Role extends string> {
  on?: Closed<Selector<Role>> | ((c: { settings: any; stage: string }) => Closed<Selector<Role>>)
}
/** A task of the config. `A`: the schema of its `args`; `HV`, `SV`: the schemas of `hostVars` and `stageVars`. */
type ConfigTask<Role extends string, N extends string, A, HV, SV> =
  | (Omit<StepsTask<any, HostVars<HV>, {}, A, StageVars<SV>>, 'on'> & Placed<Role>)
  | (Omit<RunTask<any, HostVars<HV>, A, N, StageVars<SV>>, 'on'> & Placed<Role>)
  | (Omit<SequenceTask<any, N, A, StageVars<SV>>, 'on'> & Placed<Role>)
/** A task of a stage, or one that stands in a hook. */
type LooseTask<HV, SV> = TaskDef<any, HostVars<HV>, any, any, StageVars<SV>>
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
  SV extends z.ZodObject = never,
>(
  config: CommonConfig<NoInfer<SV>> & {
    /** letters, digits, `.`, `_`, `-` */
    application: string
    /** Listing the roles closes the set: a typo in a stage or a selector is then a compile error. */
    roles?: readonly Role[]
    /** What each server must have in `vars`: a zod object, which checks them and gives defaults. Tasks get `host.vars` with its types. */
    hostVars?: HV
    /**
     * What `vars` of the config and its stages may and must have: a zod object, which checks them and gives defaults. Functions and tasks
     * get `vars` with its types.
     */
    stageVars?: SV
    use?: R
    // T alone has no names if each task has nothing but a function with parameters: N has them in any case.
    tasks?: { [K in keyof T]: ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, T[K], NoInfer<HV>, NoInfer<SV>> } & {
      [K in N]: K extends keyof T ? unknown : ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, unknown, NoInfer<HV>, NoInfer<SV>>
    }
    /**
     * Tasks in the place of those of recipes, with the recipe's settings and facts; `false` switches one off. The recipe's own is then called
     * NAME:original, for sequences and `invoke()`.
     */
    override?: { [K in O]?: Override<ConfigTask<NoInfer<Role>, NoInfer<Names<R, N, O>>, any, NoInfer<HV>, NoInfer<SV>>> }
    hooks?: NoInfer<Hooks<Names<R, N, O>, Names<R, N, O>, LooseTask<HV, SV>>>
    stages: {
      [K in ST]:
        | StageConfig<NoInfer<Role>, R, NoInfer<HV>, NoInfer<SV>>
        | ((c: {
            local: LocalFacts
          }) => StageConfig<NoInfer<Role>, R, NoInfer<HV>, NoInfer<SV>> | Promise<StageConfig<NoInfer<Role>, R, NoInfer<HV>, NoInfer<SV>>>)
    }
  },
): unknown => config
