import type { GitSettings } from '../git/words.ts'
import type { Played } from '../inventory/played.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import type { Call, EnvMap } from '../shell/types.ts'
import type { Duration } from '../values/duration.ts'
import type { RepoLogin } from '../values/repourl.ts'
import type { AnyRecipe, AnyTask, Hooks } from './types.ts'

export interface LocalFacts {
  readonly user: string
  readonly hostname: string
}
/** What a late setting can be computed from once the stage is chosen. Circular settings are an error; the message names them. */
export interface StageContext {
  readonly stage: string
  readonly application: string
  readonly deployTo: string
  readonly vars: Readonly<Record<string, any>>
  readonly local: LocalFacts
}
export type Late<T> = T | ((c: StageContext) => T | Promise<T>)

export interface GitOptions {
  /** host key of the git server: `yes` (default) requires it in the servers' known_hosts, `accept-new` adds it at first sight */
  readonly hostKeys?: 'accept-new' | 'yes' | undefined
  /** how many hosts fetch at a time; default: 10 */
  readonly limit?: number | undefined
  /** how long the git server may take to answer, or stay silent; default: `1m` */
  readonly timeout?: Duration | undefined
  /** how long a clone, a fetch, or the wait for another one in a shared mirror may take; default: `6h` */
  readonly transferTimeout?: Duration | undefined
  /** false: the folders of submodules stay empty */
  readonly submodules?: boolean | undefined
  /** false: Git LFS pointers are deployed as they are */
  readonly lfs?: boolean | undefined
}

export interface HostDef<Role extends string = string> {
  host: string
  user?: string
  port?: number
  roles: readonly Role[]
  primary?: boolean
  release?: boolean
  vars?: Record<string, unknown>
  ssh?: SshOptions
}

/** Everything that a stage, the top level or the command line can set, resolved. */
export interface Stage {
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
  readonly keepReleases: number
  readonly keepFailed: boolean
  readonly currentDirectory: string
  readonly releasesDirectory: string
  readonly sharedDirectory: string
  /** default: deployTo/repo */
  readonly repoPath: string | undefined
  readonly env: EnvMap
  readonly vars: Readonly<Record<string, any>>
  readonly ssh: SshOptions
  readonly git: GitSettings
  readonly hosts: readonly Host[]
  /** other stages with this deployTo on one of these hosts */
  readonly sharing?: readonly { readonly stage: string; readonly host: string }[]
  /** the roles that hosts of any stage play */
  readonly played?: Played
  readonly recipes: readonly ResolvedRecipe[]
  /** the config's own tasks; the stage's replace the top level's */
  readonly tasks: Readonly<Record<string, AnyTask>>
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
