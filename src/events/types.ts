/** Everything that is shown or stored about a run is rendered from these. Strings are redacted before a renderer sees them. */
export interface EventBase {
  /** milliseconds since the epoch, the client's clock */
  readonly at: number
}

export interface HostLabel {
  readonly host: string
  /** `deploy@a1:22`, for failures and the log */
  readonly address: string
}

/** What is live on a host, for summaries. */
export interface LiveRelease {
  readonly host: string
  /** 14 digits, or undefined when nothing is live or it is not known */
  readonly release: string | undefined
  readonly revision: string | undefined
  /** `same` as before the run, `switched` in this run, `unknown`: could not be read, `live`: read by the doctor, which changes nothing */
  readonly state: 'same' | 'switched' | 'unknown' | 'live'
  /** the command for this host, if hosts differ */
  readonly next?: string | undefined
}

/** Commits of a deploy. */
export interface DeployedCommits {
  readonly count: number
  /** `Grace Hopper (2), Ada Lovelace`; '' if there are none */
  readonly authors: string
  /** newest first, at most 20 */
  readonly newest: readonly { readonly commit: string; readonly author: string; readonly subject: string }[]
}

/** A command to type after a run. */
export interface NextCommand {
  readonly command: string
  /** its purpose, if that is not obvious: `to make this release good` */
  readonly why?: string | undefined
}

/** A problem that did not stop the run: a step that was allowed to fail, a host that was left out. */
export interface RunWarning {
  readonly host?: string | undefined
  readonly message: string
}

/** One failure, reported once. */
export interface FailureReport {
  readonly host?: string | undefined
  readonly task?: string | undefined
  /** the command as typed, or the title of a whole script as a comment: `# check out 4a5b6c7` */
  readonly command?: string | undefined
  /** `exit 3`, `SIGKILL, or the command itself exited 137`, `timed out after 10m`, `connection lost` */
  readonly reason: string
  /** last lines of its output, oldest first */
  readonly output: readonly string[]
  readonly hint?: string | undefined
  /** file:line of the config, if it is at fault */
  readonly where?: string | undefined
}

export interface StepRef {
  readonly host: string
  readonly task: string
  /** unique in the run */
  readonly step: string
}

export type RunEvent = EventBase &
  (
    | {
        readonly type: 'run:start'
        readonly run: string
        readonly stage: string
        readonly application: string
        readonly tasks: readonly string[]
        readonly hosts: readonly HostLabel[]
        readonly user: string
        readonly version: string
      }
    | { readonly type: 'host:connecting'; readonly host: string; readonly attempt: number }
    | { readonly type: 'host:connected'; readonly host: string; readonly ms: number }
    | { readonly type: 'host:lost'; readonly host: string; readonly reason: string }
    /** between two scripts of a wave, until other hosts have made room */
    | { readonly type: 'host:waiting'; readonly host: string; readonly wave: number; readonly reason: string }
    | { readonly type: 'lock:taken'; readonly host: string }
    | {
        readonly type: 'facts'
        readonly host: string
        readonly ms: number
        readonly live: string | undefined
        readonly revision: string | undefined
      }
    | { readonly type: 'deploy'; readonly release: string; readonly revision: string; /** '' in a rollback */ readonly branch: string }
    /** what a deploy brings to hosts with the same live commit; only if the checkout with the config knows */
    | {
        readonly type: 'commits'
        readonly hosts: readonly string[]
        /** the live commit, and the new one */
        readonly from: string
        readonly to: string
        readonly added: DeployedCommits
        /** what is live and not in the new one */
        readonly removed: DeployedCommits
        /** the page that compares both, if the repository is on GitHub or GitLab */
        readonly compare?: string | undefined
      }
    | {
        readonly type: 'plan'
        readonly waves: readonly { readonly title: string; readonly tasks: readonly string[]; readonly hosts: readonly string[] }[]
      }
    | {
        readonly type: 'wave:start'
        readonly wave: number
        readonly title: string
        readonly tasks: readonly string[]
        readonly hosts: readonly string[]
      }
    | { readonly type: 'wave:end'; readonly wave: number; readonly ok: boolean; readonly ms: number }
    | { readonly type: 'task:start'; readonly host: string; readonly task: string; readonly wave: number }
    | {
        readonly type: 'task:end'
        readonly host: string
        readonly task: string
        readonly wave: number
        readonly ok: boolean
        readonly ms: number
      }
    | (StepRef & {
        readonly type: 'step:start'
        readonly title: string
        /** as typed, on one line, cut if it is very long */
        readonly command: string
        /** everything that runs, guards included, as a plan prints it; only if `command` does not show it */
        readonly script?: string
        /** code runs it and reads its output: not for renderers that show only output */
        readonly captured?: true
        /** it runs nothing: `command` is the message that it prints */
        readonly message?: true
      })
    | (StepRef & { readonly type: 'step:output'; readonly stream: 'stdout' | 'stderr'; readonly line: string })
    /** of a transfer of files that takes longer than a second: how many of its bytes have left, of how many */
    | (StepRef & {
        readonly type: 'step:progress'
        readonly done: number
        /** undefined: not known before the end */ readonly total?: number
      })
    | (StepRef & {
        readonly type: 'step:end'
        /** `warned`: the step only had to warn, as `warn()` does; the warning is an event of its own */
        readonly status: 'ok' | 'skipped' | 'warned' | 'tolerated' | 'failed' | 'cancelled'
        readonly code: number | undefined
        readonly ms: number
        readonly note?: string
      })
    | {
        readonly type: 'log'
        readonly level: 'debug' | 'info' | 'warn'
        readonly message: string
        readonly host?: string | undefined
        readonly task?: string | undefined
      }
    | {
        readonly type: 'table'
        readonly task: string
        /** the columns are the keys of the first row, in order */
        readonly rows: readonly Readonly<Record<string, string | number | null>>[]
      }
    /** from the doctor */
    | {
        readonly type: 'finding'
        /** undefined: about the hosts together */
        readonly host: string | undefined
        /** the recipe that has the check, or `core` */
        readonly recipe: string
        readonly level: 'error' | 'warning'
        readonly message: string
        readonly remedy: string
      }
    | { readonly type: 'failure'; readonly failure: FailureReport }
    | { readonly type: 'interrupt'; readonly signal: string; readonly message: string }
    | {
        readonly type: 'run:end'
        readonly exit: number
        readonly ms: number
        readonly headline: string
        readonly live: readonly LiveRelease[]
        readonly next: readonly NextCommand[]
        /** every warning of the run, repeated in the last lines: in order, each once */
        readonly warnings?: readonly RunWarning[]
      }
  )

/** An event as its producer emits it. The bus adds the time. */
export type Draft = RunEvent extends infer E ? (E extends RunEvent ? Omit<E, 'at'> : never) : never
export type Emit = (event: Draft) => void
/** A renderer gets every event in order. `end` is called once, after `run:end`. */
export interface Renderer {
  /** `plain`, `log file`: for the warning that it stopped working */
  readonly name?: string
  event(event: RunEvent): void
  end?(): void | Promise<void>
}
