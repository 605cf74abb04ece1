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
  /** Its name in filters, output and errors: the host string without the user; unique in a stage. */
  readonly name: string
  /** The address to connect to (the transport resolves an alias of ssh_config). */
  readonly address: string
  /** Undefined: ssh_config or the local user decides. */
  readonly user: string | undefined
  /** The account that deploys: the user in the config, whatever `--set ssh.user` is. Undefined: the config names no user. */
  readonly deployUser?: string | undefined
  readonly port: number | undefined
  readonly roles: readonly string[]
  /** The first host of a role is its primary, unless another one has `primary: true`. */
  readonly primary: boolean
  /** false: this host gets no release. */
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
      /** true: it is an error if no host matches. */
      required?: boolean
    }
