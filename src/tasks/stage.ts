import type { GitSettings } from '../git/options.ts'
import type { PlayedRoles } from '../inventory/played-roles.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import type { CommandMap } from '../shell/map-commands.ts'
import type { Call, EnvMap } from '../shell/types.ts'
import type { SettledSettings } from '../settings/derived.ts'
import type { RepoLogin } from '../values/repo-url.ts'
import type { LinkedSource } from './linked-source.ts'
import type { AnyRecipe, AnyTask, Hooks, Override } from './types.ts'

/** Everything that a stage, the top level or the command line can set, resolved. */
export interface Stage extends SettledSettings {
  readonly name: string
  /** builds a shipit command for this stage, to be printed */
  readonly shipit: Call
  readonly application: string
  readonly deployTo: string
  readonly branch: string
  /** without user and password */
  readonly repoUrl: string | undefined
  /** the user and password, if repoUrl has any */
  readonly repoLogin?: RepoLogin | undefined
  /** the commit, if the config gives it */
  readonly revision?: string | undefined
  readonly repoTree: string | undefined
  readonly linkedFiles: readonly string[]
  readonly linkedDirs: readonly string[]
  /** those of the linked files that this machine has, too */
  readonly linkedSources: readonly LinkedSource[]
  /** default: deployTo/repo */
  readonly repoPath: string | undefined
  readonly env: EnvMap
  /** what runs on hosts in place of programs */
  readonly commands?: CommandMap
  /** the whole environment of the hosts that have their own, by name */
  readonly hostEnv?: ReadonlyMap<string, EnvMap>
  /** the whole environment of commands on this machine, if a recipe's is for servers alone */
  readonly localEnv?: EnvMap
  readonly vars: Readonly<Record<string, any>>
  readonly ssh: SshOptions
  readonly git: GitSettings
  readonly hosts: readonly Host[]
  /** if there are none: where the config says so, `deploy.config.ts:12` */
  readonly noHostsAt?: string
  /** other stages with this deployTo on one of these hosts */
  readonly sharing?: readonly { readonly stage: string; readonly host: string }[]
  /** the roles that hosts of any stage play */
  readonly played?: PlayedRoles
  readonly recipes: readonly ResolvedRecipe[]
  /** the config's own tasks; the stage's replace the top level's */
  readonly tasks: Readonly<Record<string, AnyTask>>
  /** in the place of tasks of recipes; false: such a task does not run */
  readonly override?: Readonly<Record<string, Override>>
  /** the config's own hooks: the top level's, then the stage's */
  readonly hooks: readonly Hooks[]
  /** absolute path of the config file */
  readonly file: string
}
export interface ResolvedRecipe {
  readonly recipe: AnyRecipe
  readonly name: string
  /** validated, with defaults, late values resolved */
  readonly settings: Readonly<Record<string, unknown>>
}
