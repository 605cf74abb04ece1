import { randomBytes } from 'node:crypto'
import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { createBus } from '../../events/bus.ts'
import type { Renderer } from '../../events/types.ts'
import { filterHosts } from '../../inventory/filter.ts'
import type { Host } from '../../inventory/types.ts'
import { chooseRenderers } from '../../output/choose.ts'
import type { HostsRequest } from '../../run/request.ts'
import type { Stage } from '../../tasks/stage.ts'
import { withAnswers } from '../answering.ts'
import { createConnect } from '../connect.ts'
import type { Options } from '../global-options.ts'
import { operatorName, version } from '../invocation.ts'
import { noteReleases } from '../seen-releases.ts'
import { listenForSignals } from '../signals.ts'
import { listenForUnhandledErrors } from '../unhandled-errors.ts'
import { openProject, type Project } from './open-project.ts'

/** The stage and its hosts, filtered, for a command that connects and runs no task; and where it writes its log. */
export interface StageHosts {
  readonly stage: Stage
  readonly hosts: readonly Host[]
  readonly log: string | undefined
}

interface Loading {
  readonly options: Options
  /** the config, if it is loaded already */
  readonly given?: LoadedConfig | undefined
}

/**
 * Resolves the stage of the command line, and asks for what that needs. `evaluate` makes of it what the command needs; what that needs is
 * asked for, too. From then on the folder of the config is the current one. Throws usage errors.
 */
export const loadHosts = async <T>({ options, given }: Loading, evaluate: (found: StageHosts) => T): Promise<T> => {
  let project: Project | undefined
  return withAnswers(options, async () => {
    const { loaded, overrides, log } = (project ??= await openProject(options, given))
    const stage = await resolveStage(loaded, options.words[0] ?? '', overrides)
    return evaluate({ log, stage, hosts: filterHosts(stage.hosts, { hosts: options.hosts, roles: options.roles }) })
  })
}

/** The renderers that `--output` and `--quiet` name, and the log file. */
export const eventRenderers = (
  { output, quiet }: Pick<Options, 'output' | 'quiet'>,
  logFile: string | undefined,
  argv: readonly string[],
): Promise<Renderer[]> => chooseRenderers({ output, quiet, stdout: process.stdout, env: process.env, logFile, argv })

interface Shown {
  readonly renderers: readonly Renderer[]
  /** only lines are shown */
  readonly lines?: boolean
  /** false: a login never asks for a passphrase, not even at a terminal */
  readonly asks?: boolean
}

/** Runs something on the hosts, with its events on these renderers, until it ends or is interrupted. Returns what that returns. */
export const onHosts = async <T>(
  { stage, hosts }: Pick<StageHosts, 'stage' | 'hosts'>,
  { renderers, lines = false, asks = true }: Shown,
  run: (request: HostsRequest) => Promise<T>,
): Promise<T> => {
  const bus = createBus({ renderers })
  const interrupt = listenForSignals(bus.emit, { lines })
  try {
    return await run({
      stage,
      hosts,
      run: randomBytes(16).toString('hex'),
      version: version(),
      user: operatorName(localFacts().user),
      now: new Date(),
      connect: createConnect(bus.emit, asks).connect,
      emit: bus.emit,
      sawReleases: (seen) => noteReleases(stage.file, stage.name, seen),
      interrupt,
      unhandledErrors: listenForUnhandledErrors,
    })
  } finally {
    interrupt.stop()
    await bus.end()
  }
}
