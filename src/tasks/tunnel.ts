export interface Tunnel {
  /** on 127.0.0.1 of this machine */
  readonly port: number
  close(): Promise<void>
}
