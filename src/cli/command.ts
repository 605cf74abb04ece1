import type { LoadedConfig } from '../config/raw-config.ts'
import type { Row } from '../output/two-columns.ts'
import type { Options, OptionName } from './global-options.ts'

/** Runs a command, and returns the exit code. `loaded`: the config, if it has been loaded already. */
type Run = (options: Options, argv: readonly string[], loaded?: LoadedConfig) => Promise<number> | number

export interface Command {
  /** the word or the option that names it; the command without a name runs tasks */
  readonly name: string
  /** how to type it, and what it does */
  readonly help: readonly Row[]
  /** it is the only word: `shipit NAME` */
  readonly alone?: true
  /** words may follow it: `shipit NAME WORD`; no stage can have such a name */
  readonly takesWords?: true
  /** it follows a stage: `shipit STAGE NAME` */
  readonly afterStage?: true
  /** the global options that it reads; the others are refused */
  readonly takes: readonly OptionName[]
  /** those of them that change nothing here, or are refused later, and are taken because a command that shipit prints may repeat them: not in the help */
  readonly hides?: readonly OptionName[]
  /** its own options; `tasks`: those of the tasks in the command line */
  readonly own: 'tasks' | readonly Row[]
  /** what follows `--` is for the hosts or for a task, whatever it looks like */
  readonly takesRest?: true
  /** what to call it in an error: `the demo` */
  readonly noun: string
  /** for `--help` after the command */
  readonly examples?: readonly Row[]
  /** what exit codes mean here, if that is less than in general */
  readonly codes?: readonly Row[]
  /** Where the stdout of a config goes; undefined if no config is loaded. It is stderr if a program may read ours. */
  readonly guard?: (options: Options) => 'stdout' | 'stderr'
  /** loads the module of the command, with everything heavy that it needs */
  readonly load: () => Promise<Run>
}

/** Every command, and how one is chosen. */
export interface CommandTable {
  readonly commands: readonly Command[]
  readonly commandOf: (typed: Pick<Options, 'words' | 'tasks'>) => Command
}
