import type { Host } from '../inventory/types.ts'
import type { FrameSink, ScriptStep } from '../shell/types.ts'
import type { Around, Irregular } from '../values/own-places.ts'

export interface ChannelEnd {
  readonly code: number | undefined
  /** `SIGKILL` */
  readonly signal: string | undefined
  /** set when the connection went away under the channel */
  readonly lost: Error | undefined
}

export interface ChannelSink {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
  /** once, after the last output */
  close(end: ChannelEnd): void
}

/** A fresh `/bin/sh` on the host, reading its script from stdin, leader of a process group of its own. */
export interface Channel {
  write(bytes: Buffer | string): void
  /** EOF on its stdin */
  end(): void
  /** Gives the channel up without waiting. */
  close(): void
}

/** One login. */
export interface Connection {
  /** `deploy@10.0.0.1:22`, as connected */
  readonly address: string
  /** Starts `exec /bin/sh` on a new channel. `agent` forwards the ssh agent to it; `first` is on its stdin without a round trip in between. */
  open(sink: ChannelSink, options?: { agent?: boolean; first?: string }): Promise<Channel>
  /** Resolves with the reason when the connection is gone without `close()` having been called. */
  readonly lost: Promise<Error>
  close(): Promise<void>
  /** Logs out without waiting for the answer: a round trip that nobody needs at the end of a process. */
  leave(): void
}

export interface ConnectOptions {
  readonly signal: AbortSignal
  /** Asked once a key file in this process; undefined where nobody can be asked. */
  readonly askPassphrase?: (keyFile: string) => Promise<string>
  readonly onAttempt?: (attempt: number, after: Error | undefined) => void
  readonly onWarning?: (message: string) => void
}

/** Bytes to a host. Throws ShipitError (exit 3) that names host, reason and remedy. */
export interface Transport {
  connect(host: Host, options: ConnectOptions): Promise<Connection>
}

// ---------------------------------------------------------------- sessions

export interface LockRequest {
  /** Absolute path, or `~/…`, of the deploy_to directory; the lock lives in its `.shipit/`. */
  readonly deployTo: string
  /** This run's id: what the switch compares. */
  readonly run: string
  /** `anna@laptop`, shown to whoever comes second */
  readonly owner: string
  /** `production deploy` */
  readonly what: string
  /** seconds since the epoch, the client's clock */
  readonly since: number
  /** This run had the lock, on a session that was lost: what holds it for that session is told to end, and waited for. */
  readonly again?: boolean
}

/** A process on the host. */
export interface HostProcess {
  readonly pid: number
  /** the account's name */
  readonly user: string
  /** its command line, the beginning of a long one */
  readonly command: string
}

export type LockResult = { readonly taken: true } | LockHeld | LockForeign | LockIrregular | LockInside

/** A run of shipit holds the lock. */
export interface LockHeld {
  readonly taken: false
  readonly owner: string
  readonly what: string
  readonly since: number
  readonly run: string
  /** The run has ended, and these that it started could not be ended: its keeper waits for them. */
  readonly left?: readonly HostProcess[]
  /** processes of its keeper that somebody has stopped (SIGSTOP): until they go on it cannot let go of the lock */
  readonly halted?: readonly number[]
  /** that keeper: with it the lock goes */
  readonly keeper?: number
}

/** Another program has locked the file. `holder` is undefined where it cannot be seen. */
export interface LockForeign {
  readonly taken: false
  readonly run: ''
  readonly holder: HostProcess | undefined
}

/** It was not tried: something stands in its place, or beside it, that a write would follow elsewhere. */
export interface LockIrregular {
  readonly taken: false
  readonly run: ''
  readonly irregular: readonly Irregular[]
}

/** It was not tried, and nothing was made: deployTo lies in something that another deploy removes. */
export interface LockInside {
  readonly taken: false
  readonly run: ''
  readonly around: Around
}

export interface StepOutcome {
  readonly id: number
  readonly status: 'ok' | 'skipped' | 'tolerated' | 'failed' | 'cancelled' | 'not-run'
  readonly code: number | undefined
  /** Why it failed, for people: `exit 3`; `SIGKILL, or the command itself exited 137`; `timed out after 10m`; `connection lost: …`. */
  readonly reason: string | undefined
  readonly ms: number
  /** What it started and could not be ended: the host keeps the lock until that is gone. */
  readonly left?: readonly HostProcess[]
}

export interface ScriptOutcome {
  readonly steps: readonly StepOutcome[]
  /** the step that ended the script */
  readonly failed: StepOutcome | undefined
  /** the connection went away: what ran after the last frame is not known */
  readonly lost: Error | undefined
}

export interface ScriptOptions {
  readonly signal?: AbortSignal
  /** frames and output as they come; `end` frames arrive before run() resolves */
  readonly sink?: FrameSink
  /** exported in the script's shell: public values only */
  readonly env?: Readonly<Record<string, string>>
  /** forwards the ssh agent to this script */
  readonly agent?: boolean
}

/** What a session that was lost may have left on its host, for {@link Session.fence} of the next one. */
export interface SessionTrace {
  /** what the marks of its steps begin with */
  readonly key: string
  /** what its keeper said of itself */
  readonly keeper: string
  /** its shells: those that ran a script, and those that only waited; `stay`: the script started a daemon */
  readonly shells: readonly { readonly pid: number; readonly stay: boolean }[]
  /** when the first of the steps that ran began, in ticks since the host's boot */
  readonly from: number | undefined
  /** where it held the lock */
  readonly deployTo: string | undefined
}

/** One host's connection during a run: a keeper, and a channel a script. */
export interface Session {
  readonly host: Host
  readonly address: string
  readonly lost: Promise<Error>
  /** Takes the host's lock with `flock` in the keeper; held until close() or until this process is gone. Throws ShipitError when it cannot be tried. */
  lock(request: LockRequest): Promise<LockResult>
  /**
   * Runs the steps as one script, in a fresh shell and process group. Stops at the first step that fails and is not tolerated.
   * Never rejects for what happened on the host: that is in the outcome. Aborting the signal ends the group (TERM, KILL after a grace).
   */
  run(steps: readonly ScriptStep[], options?: ScriptOptions): Promise<ScriptOutcome>
  /** What this session had on the host when it was lost; undefined before that, or where it had nothing yet. */
  trace(): SessionTrace | undefined
  /**
   * Ends all that a lost session of this run has on the host, its keeper too: before anything else is done there. `gone` is false where
   * something lives on, or that cannot be known.
   */
  fence(lost: SessionTrace): Promise<{ readonly gone: boolean; readonly left: readonly HostProcess[] }>
  /** So many scripts are still to come, as far as is known: no more shells are made ready for them. One that was not expected only waits longer. */
  expect(scripts: number): void
  /** Ends everything this session still runs on the host, lets go of the lock and logs out. */
  close(): Promise<void>
  /** The same where nothing runs any more, without waiting for the host's answers; else {@link close}. */
  leave(): Promise<void>
}
