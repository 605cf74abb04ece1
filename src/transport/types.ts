import type { Duplex } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'
import type { Host } from '../inventory/types.ts'
import type { FrameSink, ScriptStep } from '../shell/types.ts'
import type { Hold } from '../values/hold.ts'
import type { SessionTrace } from './session-trace.ts'
import type { EnclosingDirectory, Irregular } from '../values/own-files.ts'

export interface ChannelEnd {
  readonly code: number | undefined
  /** `SIGKILL` */
  readonly signal: string | undefined
  /** set if the connection was lost while the channel was open */
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
  /** Resolves when what was written has left this process, or never will. */
  drained(): Promise<void>
  /** EOF on its stdin */
  end(): void
  /** Stops its output, at the host too once the buffers between are full, until {@link resume}. Nobody else may wait for it. */
  pause(): void
  resume(): void
  /** Abandons the channel without waiting. */
  close(): void
}

/** The terminal at which shipit runs. */
export interface LocalTerminal {
  readonly input: ReadStream
  /** for its size, and to know when it has caught up */
  readonly output: WriteStream
  /** Writes bytes as they are. Returns false if it should catch up first. */
  write(bytes: Buffer): boolean
  /** Called when keys begin to belong to the command, Ctrl-C too, and when they are back. Before, Ctrl-C still ends the run. */
  away(away: boolean): void
}

/** Hands the terminal over, and takes it back when that ends. Meanwhile nothing else is shown. */
export type HandOver = <T>(use: (terminal: LocalTerminal) => Promise<T>) => Promise<T>

export interface AttachOptions {
  readonly terminal: LocalTerminal
  /** Aborting it hangs up: the host ends what runs on the terminal, as when a terminal is closed. */
  readonly signal: AbortSignal
}

/** One login. */
export interface Connection {
  /** `deploy@10.0.0.1:22`, as connected */
  readonly address: string
  /**
   * Starts `exec /bin/sh` on a new channel. `agent` forwards the ssh agent to it; `first` is its first input, without an extra round trip.
   */
  open(sink: ChannelSink, options?: { agent?: boolean; first?: string }): Promise<Channel>
  /**
   * Runs a shell script on a terminal of the host and hands the local terminal over to it until it ends. The script is in no process list.
   * The local terminal is restored in any case. Throws ShipitError (exit 3) if the host gives no terminal.
   */
  attach(script: Buffer, options: AttachOptions): Promise<ChannelEnd>
  /** Opens a TCP connection from the host. */
  forward(hostname: string, port: number): Promise<Duplex>
  /** Resolves with the reason if the connection ends without `close()`. */
  readonly lost: Promise<Error>
  close(): Promise<void>
  /** Logs out without waiting for the answer, which saves a round trip at the end of a process. */
  leave(): void
}

export interface ConnectOptions {
  readonly signal: AbortSignal
  /** Asks for a key file's passphrase: once per process, in up to three tries. undefined: nobody can be asked. */
  readonly askPassphrase?: (keyFile: string) => Promise<string>
  readonly onAttempt?: (attempt: number, after: Error | undefined) => void
  readonly onWarning?: (message: string) => void
}

/** Carries bytes to a host. Throws ShipitError (exit 3) that names host, reason and remedy. */
export interface Transport {
  connect(host: Host, options: ConnectOptions): Promise<Connection>
}

export type { SessionTrace } from './session-trace.ts'

// ---------------------------------------------------------------- sessions

export interface LockRequest {
  /** Absolute path, or `~/…`, of the deploy_to directory; the lock lives in its `.shipit/`. */
  readonly deployTo: string
  /** This run's id, which the switch compares. */
  readonly run: string
  /** `anna@laptop`, shown to a run that finds the lock taken */
  readonly owner: string
  /** `production deploy` */
  readonly what: string
  /** seconds since the epoch, the client's clock */
  readonly since: number
  /** This run held the lock in a session that was lost: whatever holds it for that session is asked to end, and waited for. */
  readonly again?: boolean
}

/** A process on the host. */
export interface HostProcess {
  readonly pid: number
  /** the account's name */
  readonly user: string
  /** its command line, truncated if long */
  readonly command: string
}

export type LockResult = { readonly taken: true } | LockHeld | LockForeign | LockOnHold | LockIrregular | LockInside

/** A run of shipit holds the lock. */
export interface LockHeld {
  readonly taken: false
  readonly owner: string
  readonly what: string
  readonly since: number
  readonly run: string
  /** Processes of an ended run that could not be ended: its keeper waits for them. */
  readonly left?: readonly HostProcess[]
  /** stopped processes of its keeper (SIGSTOP): until they continue, it cannot release the lock */
  readonly halted?: readonly number[]
  /** the pid of that keeper, which holds the lock until it ends */
  readonly keeper?: number
}

/** Another program has locked the file. `holder` is undefined if it cannot be seen. */
export interface LockForeign {
  readonly taken: false
  readonly run: ''
  readonly holder: HostProcess | undefined
}

/** No run has it, but somebody holds it until it is unlocked. */
export interface LockOnHold {
  readonly taken: false
  readonly run: ''
  readonly hold: Hold
}

/** Not tried: something in its place, or beside it, would lead a write elsewhere. */
export interface LockIrregular {
  readonly taken: false
  readonly run: ''
  readonly irregular: readonly Irregular[]
}

/** Not tried, and nothing was created: deployTo is inside something that another deploy removes. */
export interface LockInside {
  readonly taken: false
  readonly run: ''
  readonly enclosing: EnclosingDirectory
}

export interface StepOutcome {
  readonly id: number
  readonly status: 'ok' | 'skipped' | 'tolerated' | 'failed' | 'cancelled' | 'not-run'
  readonly code: number | undefined
  /** Why it failed, in words: `exit 3`; `SIGKILL, or the command itself exited 137`; `timed out after 10m`; `connection lost: …`. */
  readonly reason: string | undefined
  readonly ms: number
  /** What it started that could not be ended: the host keeps the lock until that is gone. */
  readonly left?: readonly HostProcess[]
}

export interface ScriptOutcome {
  readonly steps: readonly StepOutcome[]
  /** the step that ended the script */
  readonly failed: StepOutcome | undefined
  /** set if the connection was lost: what ran after the last frame is unknown */
  readonly lost: Error | undefined
}

/** The stdin of a step, and a hold on its output. */
export type StepInput = Pick<Channel, 'write' | 'drained' | 'end' | 'pause' | 'resume'> & {
  /** From now on, no byte of its output is held back for long: what is at the other end waits for each. */
  hurry(): void
}

export interface ScriptOptions {
  readonly signal?: AbortSignal
  /** frames and output as they arrive; `end` frames arrive before run() resolves */
  readonly sink?: FrameSink
  /** exported in the script's shell: public values only */
  readonly env?: Readonly<Record<string, string>>
  /** forwards the ssh agent to this script */
  readonly agent?: boolean
  /**
   * For a script whose only step transfers files: called when that step has begun. What is written from then on arrives on its stdin, and
   * so does the end.
   */
  readonly begun?: (input: StepInput) => void
  /** how guards that are asked once have exited in a script before this one */
  readonly answered?: ReadonlyMap<object, number>
}

/** One run's connection to one host: a keeper, and one channel per script. */
export interface Session {
  readonly host: Host
  readonly address: string
  readonly lost: Promise<Error>
  /**
   * Takes the host's lock with `flock` in the keeper, until close() or the end of this process. Throws ShipitError if it cannot be tried.
   */
  lock(request: LockRequest): Promise<LockResult>
  /**
   * Runs the steps as one script, in a fresh shell and process group. Stops at the first step that fails and is not tolerated. Never
   * rejects for a failure on the host: the outcome reports it. Aborting the signal ends the group (TERM, KILL after a grace).
   */
  run(steps: readonly ScriptStep[], options?: ScriptOptions): Promise<ScriptOutcome>
  /**
   * Runs one command (`.tty()`) on a terminal of the host, handing over the local one until it ends. Reports its end like {@link run}. It is
   * not ended by the keeper: the host hangs up, as at the end of any terminal.
   */
  attach(step: ScriptStep, options: AttachOptions): Promise<ScriptOutcome>
  /** Opens a TCP connection from the host. */
  forward(hostname: string, port: number): Promise<Duplex>
  /** What this session had on the host when it was lost; undefined before that, or if it had nothing yet. */
  trace(): SessionTrace | undefined
  /**
   * Ends all that a lost session of this run has on the host, including its keeper. Call this before anything else is done there. `gone` is
   * false if something still runs, or if that cannot be known.
   */
  fence(lost: SessionTrace): Promise<{ readonly gone: boolean; readonly left: readonly HostProcess[] }>
  /** How many shells scripts will probably still use up: no more than that are made ready. An unexpected script only waits longer. */
  expect(scripts: number): void
  /** Ends everything that this session still runs on the host, releases the lock and logs out. */
  close(): Promise<void>
  /** Like {@link close}, but without waiting for the host's answers if nothing runs any more. */
  leave(): Promise<void>
}
