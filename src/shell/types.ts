import type { Duration } from '../values/duration.ts'
import type { Path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'

/** Shell text taken as it is: the one, greppable, way around quoting. */
export interface Raw {
  readonly __raw: true
}

export type Word = string | number | Path | Secret | Raw | Uint8Array
/** What may stand in `${…}`: a word (quoted), several words (each quoted), or another command (its text, in place). */
export type ShValue = Word | Command | readonly ShValue[]

/** `PATH: prepend('/opt/ruby/bin')`: joined with what the variable holds on the host. */
export interface PathList {
  readonly __list: true
  readonly side: 'prepend' | 'append'
  readonly dirs: readonly (string | Path)[]
  /** what it joins instead of the host's variable: an earlier `.env()` of the same name */
  readonly over?: EnvValue
}

/** null unsets the variable. */
export type EnvValue = string | number | Path | Secret | PathList | null
export type EnvMap = Readonly<Record<string, EnvValue>>

export interface Refine<Self> {
  /** Runs in this directory; a relative one is in that of an `.in()` before. A missing directory is the command's failure. */
  in(dir: Path | string): Self
  env(vars: EnvMap): Self
  /** Through `sudo -H -u USER`; directory, umask and environment apply inside. */
  as(user: string): Self
  /** Exactly `sudo CMD ARGS`: what a line of sudoers can name. */
  sudo(): Self
  /** Octal, as the shell's umask takes it: `'0002'`. */
  umask(mask: string): Self
  /** The client's clock: when it passes, the process group is ended and the step has failed. */
  timeout(t: Duration): Self
  /** What the screen calls the step instead of its command. */
  title(t: string): Self
}

/** One command on one host, as a value. Every refinement returns a new one. */
export interface Command extends Refine<Command> {
  readonly kind: 'command'
  readonly spec: CommandSpec
  /** Skips the command when the guard succeeds (exit 0); a guard's exit 126 and up is an error, not a "no". */
  unless(guard: Command): Command
  onlyIf(guard: Command): Command
  /** A failure is a warning; with `codes` only those exit codes are. */
  allowFailure(o?: { codes?: readonly number[] }): Command
  /** What to do when it fails; printed with the failure. A function sees how it failed and may know better (undefined: no hint). */
  hint(remedy: string | HintOf): Command
  /** Runs after a failure that is not tolerated; what it prints is shown with the failure. Its own failure is ignored. */
  diagnose(command: Command): Command
  /** Marks a command that only reads: `plan` may run it. */
  probe(): Command
  /**
   * Goes on until Ctrl-C, which then is its good end: `tail -f`. Its process group is ended on the host. One that ends by itself is a
   * command like any other. Nothing can come after it in a run; several hosts follow side by side.
   */
  follow(): Command
  /**
   * Starts what goes on by itself: `puma --daemon`. What every step leaves running when it ends well stays; of this one, what is in a
   * session of its own by then stays also when the step fails, is interrupted or takes too long.
   */
  daemon(): Command
}

/** How a command failed: its exit code and the last of what it printed. */
export interface Failed {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}
export type HintOf = (failed: Failed) => string | undefined

/** The tag, with refinements of its own: `sh.in(dir).env({…})` is a tag too. */
export interface Sh extends Refine<Sh> {
  /** The same in bash, which has to be on the host. Its text reaches bash on stdin, not as an argument. */
  readonly bash: Sh
  (template: TemplateStringsArray, ...values: ShValue[]): Command
}

export type Part = { readonly text: string } | { readonly value: ShValue }

/** The data behind a {@link Command}. Only `src/shell` makes and renders it. */
export interface CommandSpec {
  readonly parts: readonly Part[]
  readonly dir?: Path | string
  readonly env?: EnvMap
  readonly as?: string
  readonly sudo?: boolean
  /** its text is bash's, not that of sh */
  readonly bash?: true
  readonly umask?: string
  /** milliseconds */
  readonly timeout?: number
  readonly title?: string
  readonly guards?: readonly { readonly when: 'unless' | 'onlyIf'; readonly guard: Command }[]
  readonly allow?: true | readonly number[]
  readonly hint?: string | HintOf
  readonly diagnose?: Command
  readonly probe?: boolean
  readonly follow?: boolean
  /** what a long step waits for; reported after that many milliseconds */
  readonly waiting?: { readonly what: string; readonly after: number }
  /** the file that `write()` makes or replaces; the plan checks that it stays inside the release */
  readonly writes?: string
  readonly daemon?: boolean
}

/** A command with the number that its frames carry in one script. */
export interface ScriptStep {
  /** Unique within the script. */
  readonly id: number
  readonly command: Command
  /**
   * The script goes on after a failure of it, which stays one, with the first step that has another number here: for checks, of which
   * all shall be told.
   */
  readonly goOn?: number
}

/** What a host reports on its way through a script. A step's `end` comes when both of its streams have ended. */
export type Frame =
  | { readonly type: 'hello'; readonly pid: number }
  /** at: ticks since the host's boot, where it says so */
  | { readonly type: 'begin'; readonly id: number; readonly at?: number }
  | { readonly type: 'skip'; readonly id: number; readonly guard: number; readonly code: number }
  /** guard: the number of the guard that could not be asked (exit code 126 and up) */
  | { readonly type: 'end'; readonly id: number; readonly code: number; readonly guard?: number }
  | { readonly type: 'done' }

export interface FrameSink {
  frame(frame: Frame): void
  /** Bytes that step `id` wrote (a guard's own output is its step's). Output outside any step (rc noise) has id undefined. */
  output(id: number | undefined, stream: 'stdout' | 'stderr', chunk: Buffer): void
}

export interface FrameReader {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
}

/** A command of shipit's own, to be printed: `shipit('production', 'deploy:cleanup')`. */
export type Call = (...words: readonly string[]) => string
