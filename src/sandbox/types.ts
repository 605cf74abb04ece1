export interface HostOptions {
  /** Folder of all hosts; the home of this one is created in it. */
  readonly root: string
  /** `web1` */
  readonly name: string
  /** The only key that may log in: a public key as in authorized_keys. */
  readonly authorizedKey: string
}

/** An SSH server on 127.0.0.1 that lives in this process. */
export interface SandboxHost {
  readonly name: string
  readonly port: number
  /** Where a login starts: a real folder, HOME of every command. */
  readonly home: string
  /** The line in known_hosts for this host. */
  readonly knownHost: string
  /** Process groups that still run. */
  running(): readonly number[]
  /** Ends what still runs, and closes the connections and the port. */
  close(): Promise<void>
}
