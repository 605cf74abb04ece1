import type { LoadedConfig } from '../../config/raw-config.ts'
import type { Renderer } from '../../events/types.ts'
import type { Host } from '../../inventory/types.ts'
import { chooseRenderers } from '../../output/choose.ts'
import { createPaint, wantsColour, type Paint } from '../../output/colours.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { cleanText } from '../../redact/clean.ts'
import { masked } from '../../redact/mask.ts'
import type { LookRequest } from '../../run/look.ts'
import type { Stage } from '../../tasks/stage.ts'
import { usageError } from '../../values/errors.ts'
import { columnsIn } from '../../values/width.ts'
import type { Options } from '../global-options.ts'
import { typedOwn } from '../own-options.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { loadHosts, onHosts, type StageHosts } from '../commands/on-hosts.ts'

export interface LookCommand<T> {
  /** which hosts are read */
  readonly hosts: (all: readonly Host[], stage: Stage) => readonly Host[]
  /** what it needs of the stage: asked for before it connects */
  readonly needs?: (stage: Stage) => unknown
  /** words may follow its name; the command reads them */
  readonly takesWords?: true
  readonly look: (request: LookRequest) => Promise<{ readonly exit: number; readonly result: T }>
  readonly text: (result: T, columns: number, paint: Paint) => readonly string[]
  readonly json: (result: T) => unknown
}

/**
 * Runs a command that looks at the hosts and prints what it found: on stdout its text or JSON, on stderr the hosts that could not be read.
 * Throws usage errors before it connects.
 */
export const runLook = async <T>(options: Options, given: LoadedConfig | undefined, command: LookCommand<T>): Promise<number> => {
  const [stageName = '', name = '', ...rest] = options.words
  const shipit = shipitCommand(options)
  if (rest.length > 0 && !command.takesWords) throw usageError(`${name} takes no ${rest.join(' ')}`, { hint: shipit(stageName, name) })
  const { stage, hosts } = await loadHosts({ options, given }, (found) => {
    command.needs?.(found.stage)
    return { ...found, hosts: command.hosts(found.hosts, found.stage) }
  })
  if (hosts.length === 0)
    throw usageError('there is no host to look at', { hint: `${stageName} has no host that gets releases, or the filters leave them out` })
  const { exit, result, interrupted } = await read({ stage, hosts }, command)
  if (interrupted) return exit
  if (typedOwn(options, '--json')) {
    const clean = (_: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(masked(value)) : value)
    writeOut(`${JSON.stringify(command.json(result), clean, 2)}\n`)
    return exit
  }
  const paint = await createPaint(wantsColour(process.env, process.stdout.isTTY))
  const lines = command.text(result, columnsIn(process.stdout, Infinity), paint)
  writeOut(redactText(lines.map((line) => `${line}\n`).join('')))
  return exit
}

/** Reads the hosts. What goes wrong is on stderr when this returns. */
const read = async <T>({ stage, hosts }: Pick<StageHosts, 'stage' | 'hosts'>, command: LookCommand<T>) => {
  const renderers = await chooseRenderers({ output: 'plain', stdout: process.stdout, env: process.env, shows: true })
  return onHosts({ stage, hosts }, { renderers: renderers.map(withoutHeadline), lines: true }, async (request) => ({
    ...(await command.look(request)),
    interrupted: request.interrupt.name() !== undefined,
  }))
}

/** The headline is the last line of the text on stdout; an interrupted run has no text. */
const withoutHeadline = (renderer: Renderer): Renderer => ({
  ...renderer,
  event: (event) => {
    if (event.type !== 'run:end' || event.exit >= 128) renderer.event(event)
  },
})
