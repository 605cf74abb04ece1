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
/** What a setting may be computed from, once the stage is chosen. Reading a setting that is being computed is a cycle, and named. */
export interface StageContext {
  readonly stage: string
  readonly application: string
  readonly deployTo: string
  readonly vars: Readonly<Record<string, any>>
  readonly local: LocalFacts
}
export type Late<T> = T | ((c: StageContext) => T | Promise<T>)

export interface GitOptions {
  /** the git server's: `yes` (default) has to be in the servers' known_hosts, `accept-new` is added at first sight */
  readonly hostKeys?: 'accept-new' | 'yes' | undefined
  /** hosts that fetch at a time; default: 10 */
  readonly limit?: number | undefined
  /** how long the git server may take to answer, and be silent; default: `1m` */
  readonly timeout?: Duration | undefined
  /** how long a clone, a fetch, or the wait for another one in a shared mirror may take; default: `1h` */
  readonly transferTimeout?: Duration | undefined
  /** false: the folders of submodules stay empty */
  readonly submodules?: boolean | undefined
  /** false: pointers of Git LFS are deployed as they are */
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

/** Everything that a stage (or the top level, or the command line) can say, resolved: the config room's product. */
export interface Stage {
  readonly name: string
  /** a command of shipit's own for this stage, to be printed */
  readonly shipit: Call
  readonly application: string
  readonly deployTo: string
  readonly branch: string
  /** without user and password */
  readonly repoUrl: string | undefined
  /** those, where repoUrl had any */
  readonly repoLogin?: RepoLogin | undefined
  /** the commit, where the config gives it */
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
  /** other stages that have this deployTo on one of these hosts */
  readonly sharing?: readonly { readonly stage: string; readonly host: string }[]
  /** the roles that hosts of any stage play */
  readonly played?: Played
  readonly recipes: readonly ResolvedRecipe[]
  /** the config's own tasks, stage's over top level's */
  readonly tasks: Readonly<Record<string, AnyTask>>
  /** the config's own hooks, stage's after top level's */
  readonly hooks: readonly Hooks[]
  /** absolute path of the config file */
  readonly file: string
}
export interface ResolvedRecipe {
  readonly recipe: AnyRecipe
  readonly name: string
  /** validated, defaults in, Late values resolved */
  readonly settings: Readonly<Record<string, unknown>>
}
