export type HostKeyPolicy = 'yes' | 'accept-new' | 'no'

export interface SshOptions {
  user?: string
  port?: number
  /** Private key files; a leading `~/` is the local home. */
  keys?: readonly string[]
  /** `false` (default) or `'git'`: the agent is forwarded to the git steps only. */
  forwardAgent?: false | 'git'
  proxyJump?: string
  /** `yes` (default): only keys in known_hosts. `accept-new`: unknown hosts are added, changed keys refused. `no`: not verified. */
  hostKeys?: HostKeyPolicy
  transport?: 'ssh2' | 'local'
  /** An ssh_config file instead of `~/.ssh/config`; `'none'` reads none. */
  configFile?: string
}

/** One server as the inventory knows it. */
export interface Host<V = Record<string, unknown>> {
  /** What filters, output and errors call it: the host string without user; unique in a stage. */
  readonly name: string
  /** What is dialled (an alias of ssh_config is resolved by the transport). */
  readonly address: string
  /** Undefined: ssh_config or the local user decides. */
  readonly user: string | undefined
  /** Who logs in by the config alone, whatever `--set ssh.user` says: the account that deploys. Undefined: the config does not say. */
  readonly deployUser?: string | undefined
  readonly port: number | undefined
  readonly roles: readonly string[]
  /** The first host of a role is its primary, unless another says so. */
  readonly primary: boolean
  /** false: gets no release. */
  readonly release: boolean
  readonly vars: Readonly<V>
  readonly ssh: SshOptions
  has(role: string): boolean
}

export type Selector<Role extends string = string> =
  | 'all'
  | 'release'
  | 'local'
  | Role
  | readonly Role[]
  | {
      roles?: readonly Role[] | 'all' | 'release'
      primary?: true
      where?: (host: Host) => boolean
      except?: readonly Role[]
      /** true: no match is an error. */
      required?: boolean
    }
