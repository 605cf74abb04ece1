import type { Host } from '../inventory/types.ts'
import { transfersFiles } from '../shell/command.ts'
import { display } from '../shell/display.ts'
import type { Command } from '../shell/types.ts'
import { ShipitError } from '../values/errors.ts'
import { LESS_OUTPUT_HINT, TOO_MUCH_OUTPUT } from './captured-output.ts'
import { hintsOf } from './hints.ts'
import type { OutputTail } from './output-tail.ts'

/** How a command of a task with `run` ended. */
export interface CommandEnd {
  readonly code: number
  readonly tail: OutputTail
  readonly reason: string | undefined
}

/** The error that a command of a task with `run` throws: its message, or its last lines, with hints. */
export const commandFailure = (host: Host, command: Command, r: CommandEnd, user: string | undefined): ShipitError => {
  const { message } = command.spec
  const [stdout, stderr] = [r.tail.text('stdout'), r.tail.text('stderr')]
  const hints = () => hintsOf(command, { code: r.code, stdout, stderr }, host, user)
  if (message !== undefined && r.code === 1) return new ShipitError(message.text, { host: host.name, hint: hints() })
  const output = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n')
  return new ShipitError(
    `${transfersFiles(command.spec) ? command.spec.title : display(command)}: ${r.reason ?? `exit ${r.code}`}${output ? `\n${output}` : ''}`,
    {
      host: host.name,
      hint: r.reason === TOO_MUCH_OUTPUT ? LESS_OUTPUT_HINT : hints(),
    },
  )
}
