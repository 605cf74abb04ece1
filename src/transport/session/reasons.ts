import type { Host } from '../../inventory/types.ts'
import { humanTime } from '../../values/duration.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { nameOf } from '../keeper/lock.ts'
import type { HostProcess } from '../types.ts'

/** `exit 3`; above 128 also the signal that a shell reports this way, because the two look the same. */
export const exitReason = (code: number): string => {
  const signal = code > 128 && code <= 192 ? signalName(code - 128) : undefined
  return signal === undefined ? `exit ${code}` : `${signal}, or the command itself exited ${code}`
}

/** `timed out after 10m` */
export const timeoutReason = (ms: number): string => `timed out after ${duration(ms)}`

/** `some of its processes still run: 1234 (root) sleep 300` */
export const stillThere = (left: readonly HostProcess[]): string =>
  `some of its processes still run: ${left.length === 0 ? 'they belong to another user' : left.map(nameOf).join(', ')}`

/** Why a session was lost. `suspended`: for how many milliseconds this process was suspended before, while the host got no heartbeat. */
export const lossReason = (error: Error, suspended: number | undefined): Error =>
  suspended === undefined
    ? error
    : new Error(`this machine, or shipit on it, was suspended for ${humanTime(suspended)}, so the host ended the run (${error.message})`)

/** The error for a host whose session or connection is gone. */
export const connectionLost = (host: Host, cause: Error): ShipitError =>
  cause instanceof ShipitError
    ? cause
    : new ShipitError(`connection lost: ${cause.message}`, { exit: EXIT.unreachable, host: host.name, cause })

const duration = (ms: number): string => {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000}h`
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`
  return ms >= 1000 ? `${ms / 1000}s` : `${ms}ms`
}

// signal(7), Linux: the host's numbers, which differ from those of a client on macOS
const SIGNALS =
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'.split(
    ' ',
  )

/** The exit code by which a shell reports this signal (`SIGHUP`). */
export const codeOfSignal = (signal: string | undefined): number =>
  128 + Math.max(0, SIGNALS.indexOf(signal?.replace(/^SIG/, '') ?? '') + 1)

const signalName = (number: number): string => {
  const name = SIGNALS[number - 1]
  return name === undefined ? `signal ${number}` : `SIG${name}`
}
