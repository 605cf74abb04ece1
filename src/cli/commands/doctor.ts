import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { collectingEnv } from '../../config/env.ts'
import { localFacts } from '../../config/local.ts'
import { resolveStage } from '../../config/stage.ts'
import { createBus } from '../../events/bus.ts'
import { filterHosts } from '../../inventory/filter.ts'
import { chooseRenderers } from '../../output/choose.ts'
import { doctor } from '../../run/doctor.ts'
import { createRegistry } from '../../tasks/registry.ts'
import { usageError } from '../../values/errors.ts'
import { commandsOf } from '../commands-of.ts'
import { createConnect } from '../connect.ts'
import type { Options } from '../options.ts'
import { logFile, version, whoRuns } from '../request.ts'
import { listenForSignals } from '../signals.ts'
import { listenForStrays } from '../strays.ts'
import { loadProject } from './load.ts'
import { requireStage } from './stage-only.ts'

/** `shipit STAGE doctor`. Throws usage errors before it connects. */
export const runDoctor = async (options: Options, argv: readonly string[]): Promise<number> => {
  const [stageName = '', , ...rest] = options.words
  const shipit = commandsOf(options)
  const call = shipit(stageName, 'doctor')
  if (rest.length > 0) throw usageError(`doctor runs by itself, not with ${rest.join(' ')}`, { hint: `${call}, and then the rest` })
  if (options.release !== undefined) throw usageError('--release is for deploy:rollback', { hint: call })
  const { log, stage, hosts } = await collectingEnv(() => prepare(options))
  const { user } = localFacts()
  const bus = createBus({
    renderers: await chooseRenderers({ output: options.output, stdout: process.stdout, env: process.env, logFile: log, argv }),
  })
  const interrupt = listenForSignals(bus.emit)
  try {
    return await doctor({
      stage,
      hosts,
      run: randomBytes(16).toString('hex'),
      version: version(),
      user: whoRuns(user),
      now: new Date(),
      connect: createConnect(bus.emit).connect,
      emit: bus.emit,
      interrupt,
      strays: listenForStrays,
    })
  } finally {
    interrupt.stop()
    await bus.end()
  }
}

const prepare = async (options: Options) => {
  const loaded = await loadProject(options)
  requireStage(loaded, options)
  const log = logFile(options, loaded.file)
  process.chdir(dirname(loaded.file))
  const stage = await resolveStage(loaded, options.words[0] ?? '', {
    set: options.set,
    ...(options.branch === undefined ? {} : { branch: options.branch }),
    shipit: commandsOf(options),
  })
  const hosts = filterHosts(stage.hosts, { hosts: options.hosts, roles: options.roles })
  // only this finds hooks on tasks that do not exist
  createRegistry(stage)
  return { log, stage, hosts }
}
