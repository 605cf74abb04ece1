import type { Secret } from '../values/secret.ts'

export type HostKeyPolicy = 'yes' | 'accept-new' | 'no'

export interface SshOptions {
  /**
   * The account to log in to.
   * @default ssh_config, then your local user
   */
  user?: string
  /**
   * The port of sshd.
   * @default ssh_config, then 22
   */
  port?: number
  /**
   * Private key files; `~/` is your home directory. They are offered first. The agent signs for those it holds.
   * @default ssh_config and the agent
   * @example ['~/.ssh/deploy']
   */
  keys?: readonly string[]
  /**
   * `'git'`: forwards your agent to the git steps only.
   * @default `false`
   */
  forwardAgent?: false | 'git'
  /**
   * `user@host:port`, several separated by commas, or `'none'`.
   * @default ssh_config
   * @example 'deploy@gate.example.com'
   */
  proxyJump?: string
  /**
   * `'yes'`: only hosts in known_hosts. `'accept-new'`: unknown hosts are added, changed keys refused. `'no'`: not verified, with a warning.
   * @default `'yes'`
   */
  hostKeys?: HostKeyPolicy
  /**
   * `'local'`: this machine, without SSH.
   * @default `'ssh2'`
   */
  transport?: 'ssh2' | 'local'
  /**
   * Another ssh_config. `'none'`: no ssh_config.
   * @default `~/.ssh/config`
   */
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
  /** Its own environment, over that of the stage. */
  readonly env?: Readonly<Record<string, unknown>> | undefined
  readonly ssh: SshOptions
  /**
   * The words of an `ssh` that reaches this host as shipit does, without the host itself: `[...host.sshCommand, host.address, 'uptime']`.
   * For programs of your own on this machine, such as `rsync -e`. It asks nothing. Of a host that is this machine, words that run the
   * command here instead.
   */
  readonly sshCommand: readonly string[]
  /** What sudo gets if it asks for a password there; undefined: it gets none. */
  readonly sudoPassword?: Secret | undefined
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
