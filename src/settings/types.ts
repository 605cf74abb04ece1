import type { SshOptions } from '../inventory/types.ts'
import type { EnvMap } from '../shell/types.ts'
import type { Secret } from '../values/secret.ts'
import type { Duration } from '../values/duration.ts'

export interface LocalFacts {
  readonly user: string
  readonly hostname: string
  /**
   * The branch that is checked out where the config is. Throws if there is none: outside of git, or at a commit, as in most CI jobs.
   * @since 0.2.0
   */
  readonly branch: string
}
/** `vars` without `stageVars`. */
export type OpenVars = Record<string, any>

/**
 * What a late setting can be computed from once the stage is chosen. Circular settings are an error; the message names them. `V`: the
 * config's `vars`, by its `stageVars`.
 */
export interface StageContext<V = OpenVars> {
  readonly stage: string
  readonly application: string
  readonly deployTo: string
  readonly vars: Readonly<V>
  readonly local: LocalFacts
}
export type Late<T, V = OpenVars> = T | ((c: StageContext<V>) => T | Promise<T>)

/** A variable of your own: any value, or a function that computes it once the stage is chosen. */
export type VarValue = string | number | boolean | null | undefined | object | ((c: StageContext) => unknown)

export interface GitOptions {
  /**
   * How the servers check the git server's host key. `'yes'`: it must be in their known_hosts. `'accept-new'`: an unknown key is added, a
   * changed one refused.
   */
  readonly hostKeys?: 'accept-new' | 'yes' | undefined
  /** How many hosts talk to the git server at a time. */
  readonly limit?: number | undefined
  /**
   * How long the git server may take to answer, and how long a transfer may be silent, over https, ssh and git alike, submodules and Git
   * LFS included. A slow transfer that makes progress continues.
   * @since 0.2.0
   */
  readonly timeout?: Duration | undefined
  /**
   * How long a whole clone or fetch may take, even if data still arrives, and how long a deploy waits for another one that uses a shared
   * mirror.
   * @since 0.2.0
   */
  readonly transferTimeout?: Duration | undefined
  /**
   * Deploys submodules, nested ones too, at the commits that the repository names. `false`: their directories stay empty.
   * @since 0.2.0
   */
  readonly submodules?: boolean | undefined
  /**
   * Deploys files that are in Git LFS; the servers need `git-lfs`. `false`: pointers go live instead of the files.
   * @since 0.2.0
   */
  readonly lfs?: boolean | undefined
}

/** A server of a stage. */
export interface HostDef<Role extends string = string> {
  /** A host string: `host`, `user@host`, `host:port`, `user@host:port`, an IPv6 address, or an alias from your ssh_config. */
  host: string
  /**
   * The account to log in to, unless the host string has it.
   * @default `ssh.user`, then ssh_config
   */
  user?: string
  /**
   * The port of sshd, unless the host string has it.
   * @default `ssh.port`, then ssh_config
   */
  port?: number
  /**
   * The roles of the server.
   * @default every role
   * @example ['app', 'db']
   */
  roles: readonly Role[]
  /**
   * `true`: a task that wants one host of a role uses this one. By default it uses the first.
   * @default `false`
   */
  primary?: boolean
  /**
   * `false`: gets no release. Tasks with `on: 'all'` or with one of its roles still run on it.
   * @default `true`
   */
  release?: boolean
  /**
   * Your own data: `({ host }) => host.vars`.
   * @default `{}`
   */
  vars?: Record<string, unknown>
  /**
   * Environment of every command on this server, over the stage's `env`, key by key; directories of `prepend(…)` and `append(…)` are joined.
   * @default `{}`
   * @example { WEB_CONCURRENCY: 8 }
   * @since 0.2.0
   */
  env?: EnvMap
  /**
   * Overrides the stage's `ssh`, key by key.
   * @default `{}`
   */
  ssh?: SshOptions
  /**
   * What sudo gets there if it asks for a password.
   * @default the stage's `sudoPassword`
   * @since 0.2.0
   */
  sudoPassword?: Secret
}
