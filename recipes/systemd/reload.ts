type Shown = ReadonlyMap<string, string>

/**
 * Whether `systemctl reload` only quiets Sidekiq: each command of ExecReload is a kill that sends TSTP to the main process. With
 * Type=notify-reload, systemd also sends a signal of its own.
 */
export const onlyQuiets = (of: Shown): boolean => {
  const commands = reloadCommands(of)
  return commands.length > 0 && commands.every((command) => QUIETS.test(command)) && of.get('Type') !== 'notify-reload'
}

/** The commands of ExecReload as `systemctl show` prints them: `{ path=… ; argv[]=/bin/kill -TSTP $MAINPID ; … }`, one per line. */
export const reloadCommands = (of: Shown): readonly string[] =>
  (of.get('ExecReload') ?? '').split('\n').flatMap((line) => (line === '' ? [] : (/argv\[\]=(.*?) ;/.exec(line)?.[1] ?? line)))

const QUIETS = /^(?:\/\S*\/)?kill (?:-(?:SIG)?TSTP|-20|(?:-s|-n|--signal) ?=?(?:(?:SIG)?TSTP|20)) (?:\$MAINPID|\$\{MAINPID\})$/
