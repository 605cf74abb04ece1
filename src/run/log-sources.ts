import { userCodeError } from '../errors/user-code-error.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext, pathsOf, type ContextInput } from '../plan/context.ts'
import { withDefaults, withMapping } from '../plan/command-defaults.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Stage } from '../tasks/stage.ts'
import type { LogRequest } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { path } from '../values/path.ts'

/** The task whose output is that of files, with tail's heading above each. */
export const FILES_TASK = 'logs'

/** A log of a recipe. */
export interface LogCommand {
  readonly name: string
  readonly command: Command
}

/** What is read from a host before its logs: its zone, who logs in, and the files. */
export interface FoundLogs {
  /** minutes east of UTC */
  readonly zone: number
  readonly user: string
  readonly files: readonly string[]
  /** files that this account cannot read */
  readonly closed: readonly string[]
}

/** The folders with logs: linked ones called log or logs, `log`, `var/log`, `storage/logs`. */
const foldersOf = ({ linkedDirs }: Stage): readonly string[] => [...new Set(linkedDirs.filter((dir) => /(?:^|\/)logs?$/.test(dir)))]

/** Looks for files of logs. Reads only. */
export const findLogs = (stage: Stage, host: Host): Command => {
  const { shared } = pathsOf(stage, undefined)
  const folders = host.release ? foldersOf(stage).map((dir) => shared.join(dir)) : []
  return withDefaults(
    sh`
printf 'zone %s\n' "$(date +%z)"
printf 'user %s\n' "$(id -un)"
for folder in ${folders}; do
  for file in "$folder"/*.log; do
    [ -f "$file" ] || continue
    if [ -r "$file" ]; then printf 'file %s\n' "$file"; else printf 'closed %s\n' "$file"; fi
  done
done
`.title('look for logs'),
    stage,
    host,
  )
}

/** The facts in the output of {@link findLogs}. */
export const parseFound = (stdout: string): FoundLogs => {
  const valuesOf = (key: string): string[] =>
    stdout.split('\n').flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []))
  const [, sign = '+', hours = 0, minutes = 0] = /^([+-])(\d\d)(\d\d)$/.exec(valuesOf('zone')[0] ?? '') ?? []
  return {
    zone: (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)),
    user: valuesOf('user')[0] ?? '',
    files: valuesOf('file'),
    closed: valuesOf('closed'),
  }
}

/** The name of a file of logs: `production` of `…/log/production.log`. */
export const fileSource = (file: string): string => file.replace(/^.*\//, '').replace(/\.log$/, '')

/** Shows the end of the files, each below its heading, as tail does it for several. */
export const tailFiles = (stage: Stage, host: Host, files: readonly string[], { lines, follow }: LogRequest): Command => {
  const words = ['tail', '-n', lines, ...(follow ? ['-F'] : []), '--', ...files.map((file) => path(file))]
  const command = files.length === 1 ? sh`printf '==> %s <==\n' ${path(files[0]!)}; exec ${words}` : sh`${words}`
  return withDefaults(follow ? command.follow() : command, stage, host)
}

/** The logs that recipes know on a host. Throws ShipitError for code of a recipe that throws. */
export const recipeLogs = (input: ContextInput, host: Host, log: LogRequest): readonly LogCommand[] => {
  const found: LogCommand[] = []
  for (const { recipe, name: usedAs, settings } of input.stage.recipes) {
    const { logs } = recipe.definition
    if (!logs) continue
    let commands: Readonly<Record<string, unknown>>
    try {
      commands = logs({ ...baseContext(input, settings, usedAs), host, runs: () => false, log })
    } catch (error) {
      throw userCodeError(error, EXIT.failed, `the logs of ${usedAs}`)
    }
    for (const [key, command] of Object.entries(commands)) {
      if (!command) continue
      const name = found.some((one) => one.name === key) ? `${usedAs}:${key}` : key
      const whole = withMapping(command as Command, input.stage, host)
      found.push({ name, command: log.follow ? whole.follow() : whole })
    }
  }
  return found
}
