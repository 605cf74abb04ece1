import type { LoadedConfig } from '../../config/raw-config.ts'
import type { Renderer } from '../../events/types.ts'
import { createPaint, wantsColour } from '../../output/colours.ts'
import { createExecOutput } from '../../output/exec/renderer.ts'
import { withInterception } from '../../output/intercept-streams.ts'
import { createLogFile } from '../../output/log-file.ts'
import { requireSecrets } from '../../plan/trial-evaluation.ts'
import { execCommand } from '../../run/exec-command.ts'
import { runOnHosts } from '../../run/exec.ts'
import type { Call } from '../../shell/types.ts'
import { usageError } from '../../values/errors.ts'
import type { Options } from '../global-options.ts'
import { EXEC_OPTIONS, parseOwnOptions, type OwnOptions } from '../own-options.ts'
import { redactText } from '../redact-text.ts'
import { shipitCommand } from '../shipit-command.ts'
import { loadHosts, onHosts, type StageHosts } from './on-hosts.ts'

/** `shipit STAGE exec -- COMMAND`. Throws usage errors before it connects. */
export const runExec = async (options: Options, argv: readonly string[], given?: LoadedConfig): Promise<number> => {
  const own = parseOwnOptions(options, EXEC_OPTIONS, 'exec')
  const [stageName = ''] = options.words
  const shipit = shipitCommand(options)
  const words = commandWords(options, own, shipit)
  const { commandFor, ...prepared } = await loadHosts({ options, given }, (found) => withCommand(found, own, words))
  const again = (host: string) => redactText(shipit(stageName, 'exec', ...typedOptions(own), '--hosts', host, '--', ...words))
  const shown = await renderers(prepared.log, argv, own.has('--json'), again)
  return onHosts(prepared, { renderers: shown, lines: true }, (request) => runOnHosts({ ...request, commandFor }))
}

/** The command that was typed. It follows `--`, so that its options are not taken for shipit's. */
const commandWords = ({ rest }: Options, own: OwnOptions, shipit: Call): readonly string[] => {
  const [stage = '', , ...before] = own.words
  if (rest !== undefined && before.length === 0 && rest.some((word) => word.trim() !== '')) return rest
  if (rest === undefined && before.length > 0)
    throw usageError('the command follows --', { hint: shipit(stage, 'exec', ...typedOptions(own), '--', ...before) })
  if (before.length > 0)
    throw usageError(`exec takes nothing but options before --, and not ${before.join(' ')}`, { hint: EXAMPLE(stage, shipit) })
  throw usageError('which command is to run on the hosts?', { hint: EXAMPLE(stage, shipit) })
}

const EXAMPLE = (stage: string, shipit: Call): string => shipit(stage, 'exec', '--', 'uptime')

/** Its own options, to repeat in a command. */
const typedOptions = (own: OwnOptions): readonly string[] => [
  ...['--as', '--in'].flatMap((flag) => (own.value(flag) === undefined ? [] : [flag, own.value(flag)!])),
  ...(own.has('--sudo') ? ['--sudo'] : []),
]

const withCommand = (found: StageHosts, own: OwnOptions, words: readonly string[]) => {
  const { stage, hosts } = found
  if (hosts.length === 0) throw usageError(`${stage.name} has no hosts`, { hint: 'servers, in the config, names them' })
  const typed = { words, as: own.value('--as'), sudo: own.has('--sudo'), in: own.value('--in') }
  const commandFor = execCommand(typed, stage)
  for (const host of hosts) requireSecrets([commandFor(host)], host)
  return { ...found, commandFor }
}

const renderers = async (
  log: string | undefined,
  argv: readonly string[],
  json: boolean,
  again: (host: string) => string,
): Promise<Renderer[]> => {
  const file = log === undefined ? undefined : createLogFile({ path: log, argv })
  const paint = await createPaint(wantsColour(process.env, process.stdout.isTTY) && !json)
  const screen = withInterception(
    process.stdout,
    (text, _, write) => write(text, 'stderr'),
    (stdout, stderr) => createExecOutput({ stdout, stderr, paint, json, again, log: () => file?.written() }),
  )
  return file === undefined ? [screen] : [screen, file]
}
