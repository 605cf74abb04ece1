/** A verb of systemctl. `quiet` and `phased` are signals to the main process: TSTP and USR1. */
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

/** The words of a verb, as a sudoers line has them. */
export const wordsOf = (verb: Verb): readonly string[] => {
  if (verb === 'quiet') return kill('TSTP')
  if (verb === 'phased') return kill('USR1')
  return [verb]
}

/** Called `--kill-whom` since systemd 252, which still accepts the older name. */
const kill = (signal: string): readonly string[] => ['kill', '--kill-who=main', '-s', signal]
