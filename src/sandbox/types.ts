export interface HostOptions {
  /** Folder of all hosts; this one's home is made in it. */
  readonly root: string
  /** `web1` */
  readonly name: string
  /** The only key that may log in: a public key as authorized_keys has it. */
  readonly authorizedKey: string
}

/** An SSH server on 127.0.0.1 that lives in this process. */
export interface SandboxHost {
  readonly name: string
  readonly port: number
  /** Whoever logs in lands here: a real folder, HOME of every command. */
  readonly home: string
  /** The line of known_hosts for this host. */
  readonly knownHost: string
  /** Process groups that are still running. */
  running(): readonly number[]
  /** Ends what still runs, closes the connections and the port. */
  close(): Promise<void>
}
