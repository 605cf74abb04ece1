/** What `shipit STAGE logs` wants to see. */
export interface LogRequest {
  /** how many of the last lines */
  readonly lines: number
  /** only lines from then on: seconds since the epoch */
  readonly since: number | undefined
  /** also those to come, until Ctrl-C */
  readonly follow: boolean
  /** the account that logs in, as the host names it */
  readonly user: string
}
