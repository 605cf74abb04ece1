import type { Duration } from '../values/duration.ts'
import type { Path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import type { DownloadSpec, UploadSpec } from './transfer-types.ts'

/** Shell text that is not quoted: the only way around quoting, easy to grep for. */
export interface Raw {
  readonly __raw: true
}

export type Word = string | number | Path | Secret | Raw | Uint8Array
/** The value of a `${…}`: a word (quoted), several words (each quoted), or another command (its text, in place). */
export type ShValue = Word | Command | readonly ShValue[]

/** `PATH: prepend('/opt/ruby/bin')`: directories joined with what the variable holds on the host. */
export interface PathList {
  readonly __list: true
  readonly side: 'prepend' | 'append'
  readonly dirs: readonly (string | Path)[]
  /** joined instead of the host's variable: the value of an earlier `.env()` of the same name */
  readonly over?: EnvValue
}

/** null unsets the variable. */
export type EnvValue = string | number | Path | Secret | PathList | null
export type EnvMap = Readonly<Record<string, EnvValue>>

export interface Refine<Self> {
  /** Runs in this directory. A relative one is inside that of an earlier `.in()`. If the directory is missing, the command fails. */
  in(dir: Path | string): Self
  env(vars: EnvMap): Self
  /** Runs through `sudo -H -u USER`, and with this primary `group`; directory, umask and environment apply inside. */
  as(user: string, o?: { group?: string }): Self
  /**
   * Runs exactly `sudo CMD ARGS`, which a line of sudoers can name. `password`: what sudo gets if it asks for one, instead of the
   * `sudoPassword` of the host.
   */
  sudo(o?: { password?: Secret }): Self
  /**
   * Runs in a bash that has read the account's profile, as `bash -lc` does: for what only a login sets up. Directory, umask and environment
   * apply after the profile. The text does not become an argument. What the profile prints is part of the output.
   */
  login(): Self
  /** Octal, as the shell's umask takes it: `'0002'`. */
  umask(mask: string): Self
  /** Measured by the client's clock. When it runs out, the process group is ended and the step fails. */
  timeout(t: Duration): Self
  /** The name of the step on the screen, instead of its command. */
  title(t: string): Self
}

/** One command on one host, as a value. Every refinement returns a new one. */
export interface Command extends Refine<Command> {
  readonly kind: 'command'
  readonly spec: CommandSpec
  /** Skips the command if the guard succeeds (exit 0). If a guard exits with 126 or more, that is an error, not a "no". */
  unless(guard: Command): Command
  onlyIf(guard: Command): Command
  /** Makes a failure a warning; with `codes`, only a failure with one of these exit codes. */
  allowFailure(o?: { codes?: readonly number[] }): Command
  /** What to do if the command fails, printed with the failure. A function gets the failure, and may return undefined for no hint. */
  hint(remedy: string | HintOf): Command
  /**
   * Runs the command again until it succeeds: `every` so often (whole seconds), and no more once `for` has passed. Then the last failure
   * counts. A try that still runs ten seconds after that is ended. Everything before it is tried again, `.orElse()` included.
   */
  retry(o: { every: Duration; for: Duration }): Command
  /**
   * Runs `other` if the command fails: the step fails only if that fails too. `other` runs in the same directory, as the same account and
   * with the same environment, unless it has its own.
   */
  orElse(other: Command): Command
  /** What the command reads on its standard input, byte for byte. A secret is in no argument, no plan and no log. */
  stdin(text: string | Secret): Command
  /** Runs after a failure that is not tolerated. Its output is shown with the failure; its own failure is ignored. */
  diagnose(command: Command): Command
  /** Marks a command that only reads: `plan` may run it. */
  probe(): Command
  /**
   * Runs until Ctrl-C, which counts as success: `tail -f`. Its process group is ended on the host. If it ends by itself, it is a
   * command like any other. Nothing can follow it in a run. Several hosts follow side by side.
   */
  follow(): Command
  /**
   * Takes the terminal: keyboard, screen and size are the command's until it ends, and Ctrl-C goes to it. For consoles and editors. One host
   * at a time; without a terminal it is an error. The terminal is restored whatever happens. `~.` at the start of a line hangs up.
   */
  tty(): Command
  /**
   * Starts a process that goes on by itself: `puma --daemon`. What any step leaves running stays if the step succeeds. With daemon(), what
   * is in a session of its own by then also stays if the step fails, is interrupted or takes too long.
   */
  daemon(): Command
}

/** How a command failed: its exit code and the end of its output. */
export interface Failed {
  readonly code: number | undefined
  readonly stdout: string
  readonly stderr: string
}
export type HintOf = (failed: Failed) => string | undefined

/** The tag, with refinements of its own: `sh.in(dir).env({…})` is a tag too. */
export interface Sh extends Refine<Sh> {
  /** The same in bash, which must be installed on the host. The text reaches bash on stdin, not as an argument. */
  readonly bash: Sh
  (template: TemplateStringsArray, ...values: ShValue[]): Command
}

/** `once`: the guard is asked once for all steps of a script that have this very object, and inherits nothing from them. */
export type Guard = { readonly when: 'unless' | 'onlyIf'; readonly guard: Command; readonly once?: object }

export type Part = { readonly text: string } | { readonly value: ShValue }

/** The data behind a {@link Command}. Only `src/shell` makes and renders it. */
export interface CommandSpec {
  readonly parts: readonly Part[]
  readonly dir?: Path | string
  readonly env?: EnvMap
  readonly as?: string
  /** the primary group, with `as` */
  readonly group?: string | undefined
  /** in a bash that has read the profile */
  readonly login?: true
  readonly stdin?: string | Secret
  /** what follows a failure, in the order in which it was written */
  readonly attempts?: readonly Attempt[]
  readonly sudo?: boolean
  /** what sudo gets if it asks for a password, instead of the host's */
  readonly sudoPassword?: Secret
  /** its text is for bash, not for sh */
  readonly bash?: true
  readonly umask?: string
  /** milliseconds */
  readonly timeout?: number
  readonly title?: string
  readonly guards?: readonly Guard[]
  readonly allow?: true | readonly number[]
  readonly hint?: string | HintOf
  readonly diagnose?: Command
  readonly probe?: boolean
  readonly follow?: boolean
  /** it takes the local terminal */
  readonly tty?: true
  /** what a long step waits for, reported after `after` milliseconds */
  readonly waiting?: { readonly what: string; readonly after: number }
  /** the file that `write()` makes or replaces; the plan checks that it stays inside the release */
  readonly writes?: string
  readonly daemon?: boolean
  /**
   * All that it starts ends with it, so that its shell can run another script. Only shipit's own commands can say so: those of a recipe or
   * a config may leave something that prints later.
   */
  readonly contained?: boolean
  /** of `fail()`, `warn()` or `note()`: the command only prints it */
  readonly message?: Message
  /** of `upload()`: its text is the program that takes files on the host, and reads requests and files from its stdin */
  readonly upload?: UploadSpec
  /** of `download()`: its text is the program that gives them */
  readonly download?: DownloadSpec
}
/** What follows a failure of the command and of the attempts before this one. `every`: seconds; `for`: seconds. */
export type Attempt = { readonly retry: { readonly every: number; readonly for: number } } | { readonly orElse: Command }

export type Message = { readonly level: 'error' | 'warning' | 'note'; readonly text: string }

/** A command with its number in the frames of one script. */
export interface ScriptStep {
  /** Unique within the script. */
  readonly id: number
  readonly command: Command
  /**
   * If the step fails, the script continues with the first step of another group; the step has still failed. For checks, all of which are
   * reported.
   */
  readonly checkGroup?: number
}

/** What a host reports as it runs a script. `end` of a step is reported when both of its streams have ended. */
export type Frame =
  | { readonly type: 'hello'; readonly pid: number }
  /** at: ticks since the host booted, if the host reports them */
  | { readonly type: 'begin'; readonly id: number; readonly at?: number }
  | { readonly type: 'skip'; readonly id: number; readonly guard: number; readonly code: number }
  /** guard: the number of the guard that could not be run (exit code 126 and up) */
  | { readonly type: 'end'; readonly id: number; readonly code: number; readonly guard?: number }
  | { readonly type: 'done' }

export interface FrameSink {
  frame(frame: Frame): void
  /** An `end` or a `skip` that one stream has carried so far: how the step ended is known, but the other stream may still have output of it. */
  ending?(frame: Frame): void
  /** Step `id` tries again: what this stream has had of it so far belongs to an attempt that failed. */
  again?(id: number, stream: 'stdout' | 'stderr'): void
  /** Bytes that step `id` wrote (the output of a guard belongs to its step). Output outside any step (rc noise) has id undefined. */
  output(id: number | undefined, stream: 'stdout' | 'stderr', chunk: Buffer): void
}

export interface FrameReader {
  stdout(chunk: Buffer): void
  stderr(chunk: Buffer): void
}

/** Makes a shipit command to print: `shipit('production', 'deploy:cleanup')`. */
export type Call = (...words: readonly string[]) => string
