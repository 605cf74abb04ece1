import type { SudoCall } from '../../src/kit/index.ts'

/** A verb of systemctl, or a signal to the main process: `quiet` is TSTP, `phased` is USR1, `signal:HUP` any other. */
export type Verb =
  | 'start'
  | 'stop'
  | 'restart'
  | 'reload'
  | 'reload-or-restart'
  | 'quiet'
  | 'phased'
  | 'enable'
  | 'disable'
  | 'reset-failed'
  | `signal:${string}`

/** One call of systemctl, in the words that sudo is asked about: a verb and all of its units. */
export interface SystemctlCall {
  readonly verb: Verb
  readonly names: readonly string[]
}

/** A call of a recipe's tasks; `optional` as in {@link SudoCall}. */
export type TaskCall = SystemctlCall & Pick<SudoCall, 'optional'>

/** A call as sudo is asked about it. */
export const toSudoCall = (systemctlBin: string, { verb, names, optional = false }: TaskCall): SudoCall => ({
  words: [systemctlBin, ...verbWords(verb), ...names],
  optional,
})

/** The words of a verb, as a sudoers line has them. */
export const verbWords = (verb: Verb): readonly string[] => {
  if (verb === 'quiet') return kill('TSTP')
  if (verb === 'phased') return kill('USR1')
  return verb.startsWith('signal:') ? kill(verb.slice('signal:'.length)) : [verb]
}

/** Called `--kill-whom` since systemd 252, which still accepts the older name. */
const kill = (signal: string): readonly string[] => ['kill', '--kill-who=main', '-s', signal]
