import type { SshOptions, Selector } from '../inventory/types.ts'
import type { EnvMap } from '../shell/types.ts'
import type { AnyRecipe, AnyTask, Hooks, Recipe, RunTask, SequenceTask, StepsTask } from '../tasks/types.ts'
import type { CoreTask } from '../tasks/core-names.ts'
import type { Secret } from '../values/secret.ts'
import type { GitOptions, HostDef, Late, LocalFacts, StageContext } from '../tasks/stage.ts'

/** A variable of your own: any value, or a function that computes it once the stage is chosen. */
export type VarValue = string | number | boolean | null | undefined | object | ((c: StageContext) => unknown)

/** What the top level can set and a stage can override. A stage replaces lists; `env`, `vars`, `ssh` and `git` are merged key by key. */
export interface CommonConfig {
  /** default: `/var/www/APPLICATION` */
  deployTo?: Late<string> | undefined
  /** branch, tag or commit; default: `main` */
  branch?: Late<string> | undefined
  /** any address that git takes; a user and password in it are passed to git out of sight: `env.secret('REPO_URL')` */
  repoUrl?: Late<string | Secret> | undefined
  /** the commit to deploy, 40 digits (SHA-256: 64): if your own tasks bring the code, or to pin it; default: the commit of `branch` */
  revision?: Late<string> | undefined
  /** a folder of the repository to deploy instead of the whole */
  repoTree?: Late<string> | undefined
  /** default: `DEPLOY_TO/repo` */
  repoPath?: Late<string> | undefined
  linkedFiles?: readonly Late<string>[] | undefined
  linkedDirs?: readonly Late<string>[] | undefined
  /** how many good releases to keep; default: 5 */
  keepReleases?: number | undefined
  /** true: keep an unfinished release so that you can look at it */
  keepFailed?: boolean | undefined
  /** default: `current` */
  currentDirectory?: string | undefined
  /** default: `releases` */
  releasesDirectory?: string | undefined
  /** default: `shared` */
  sharedDirectory?: string | undefined
  /** environment of every command on the hosts */
  env?: Late<EnvMap> | undefined
  vars?: Readonly<Record<string, VarValue>> | undefined
  ssh?: SshOptions | undefined
  git?: GitOptions | undefined
}

/** A server in a list. Without `roles` it has every role, like a server listed as a string. */
export type ServerDef<Role extends string> = Omit<HostDef<Role>, 'roles'> & { roles?: readonly Role[] | undefined }
type List<Role extends string> = readonly (ServerDef<Role> | string)[]
type RoleFirst<Role extends string> = { readonly [K in Role]?: readonly (string | Omit<HostDef, 'roles'>)[] }
/** A list, role → list, or a function that returns either. */
export type ServersDef<Role extends string> =
  | List<Role>
  | RoleFirst<Role>
  | ((c: StageContext) => List<Role> | RoleFirst<Role> | Promise<List<Role> | RoleFirst<Role>>)

type Given<I> = { [K in keyof I]?: Late<I[K]> }
type InputOf<X> = X extends Recipe<any, infer I, any, any> ? I : never
type RecipeSettings<R extends readonly AnyRecipe[]> = { [N in R[number]['name']]?: Given<InputOf<Extract<R[number], { name: N }>>> }

export interface StageConfig<Role extends string = string, R extends readonly AnyRecipe[] = readonly AnyRecipe[]> extends CommonConfig {
  servers: ServersDef<Role>
  /** settings of the recipes, overriding those given at `use` */
  settings?: RecipeSettings<R>
  /** more recipes; one with the same name replaces the top level's */
  use?: readonly AnyRecipe[]
  tasks?: Record<string, AnyTask>
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
type ConfigTask<Role extends string, N extends string> =
  | (Omit<StepsTask, 'on'> & Placed<Role>)
  | (Omit<RunTask, 'on'> & Placed<Role>)
  | (Omit<SequenceTask<any, N>, 'on'> & Placed<Role>)
type NoExtra<X> = {
  [K in Exclude<keyof X, 'description' | 'on' | 'when' | 'shows' | 'recover' | 'rolling' | 'args' | 'steps' | 'run' | 'sequence'>]: never
}
type Names<R extends readonly AnyRecipe[], T> = CoreTask | TaskNames<R[number]> | (keyof T & string)

/**
 * A typed config: the compiler checks task names in hooks and sequences, roles, recipe settings and every key.
 * Returns its argument.
 */
export const defineConfig = <
  const R extends readonly AnyRecipe[] = [],
  const T extends Record<string, unknown> = {},
  const Role extends string = string,
  const ST extends string = string,
>(
  config: CommonConfig & {
    /** letters, digits, `.`, `_`, `-` */
    application: string
    /** Listing the roles closes the set: a typo in a stage or a selector is then a compile error. */
    roles?: readonly Role[]
    use?: R
    tasks?: T & { [K in keyof T]: ConfigTask<NoInfer<Role>, NoInfer<Names<R, T>>> & NoExtra<T[K]> }
    hooks?: NoInfer<Hooks<Names<R, T>, Names<R, T>>>
    stages: {
      [K in ST]:
        | StageConfig<NoInfer<Role>, R>
        | ((c: { local: LocalFacts }) => StageConfig<NoInfer<Role>, R> | Promise<StageConfig<NoInfer<Role>, R>>)
    }
  },
): unknown => config
