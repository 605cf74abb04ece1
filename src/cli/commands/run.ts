import { randomBytes } from 'node:crypto'
import { dirname } from 'node:path'
import { collectingEnv } from '../../config/env.ts'
import { localFacts } from '../../config/local.ts'
import { resolveStage } from '../../config/stage.ts'
import { createBus } from '../../events/bus.ts'
import { filterHosts } from '../../inventory/filter.ts'
import { chooseRenderers } from '../../output/choose.ts'
import { writeOut } from '../../output/stray.ts'
import { printPlan } from '../../plan/print.ts'
import { intend } from '../../run/intent.ts'
import { execute } from '../../run/run.ts'
import type { RunRequest } from '../../run/request.ts'
import { usageError } from '../../values/errors.ts'
import { createRegistry } from '../../tasks/registry.ts'
import { bindArgs } from '../args.ts'
import { commandsOf } from '../commands-of.ts'
import { createConnect } from '../connect.ts'
import type { Options } from '../options.ts'
import { redactText } from '../redacted.ts'
import { logFile, version, whoRuns } from '../request.ts'
import { listenForSignals } from '../signals.ts'
import { listenForStrays } from '../strays.ts'
import { loadProject } from './load.ts'
import { requireStage } from './stage-only.ts'

/** `shipit STAGE [plan] TASK…`. Throws usage errors before it connects or writes anything. */
export const runTasks = async (options: Options, argv: readonly string[]): Promise<number> => {
  const [stageName = '', second, third] = options.words
  const shipit = commandsOf(options)
  const planOnly = options.dryRun || second === 'plan'
  if (planOnly && (second === 'plan' ? third : second) === 'doctor')
    throw usageError('doctor changes nothing anyway: it needs no plan', { hint: shipit(stageName, 'doctor') })
  if (options.full && !planOnly)
    throw usageError('--full is for a plan', { hint: shipit(stageName, 'plan', ...options.words.slice(1), '--full') })
  if (second === 'plan' && third === undefined) throw usageError('plan of what?', { hint: shipit(stageName, 'plan', 'deploy') })
  const { log, stage, hosts, tasks, args, user, hostname, now, intent } = await collectingEnv(() => prepare(options))
  const { registry, making, rollback } = intent
  if (rollback && options.branch !== undefined)
    throw usageError('--branch is for a deploy: a rollback goes to a release', {
      hint: shipit(stageName, 'deploy:rollback', '--release', 'NAME'),
    })

  const shows = !planOnly && tasks.some((name) => registry.tasks.get(name)?.def.shows)
  // a plan is the only thing on stdout
  const stdout = planOnly ? process.stderr : process.stdout
  const renderers = await chooseRenderers({
    output: planOnly ? (options.output ?? 'plain') : options.output,
    stdout,
    env: process.env,
    logFile: planOnly ? undefined : log,
    argv,
    shows,
    // too much detail for a deploy, but the point of a task that you run on its own
    steps: options.verbose ? 'all' : making || rollback ? 'none' : 'typed',
  })
  const bus = createBus({ renderers })
  const interrupt = listenForSignals(bus.emit, { lines: shows && options.output !== 'jsonl' })
  const connections = createConnect(bus.emit)
  try {
    const request: RunRequest = {
      stage,
      hosts,
      tasks,
      args,
      branch: options.branch,
      release: options.release,
      planOnly,
      run: randomBytes(16).toString('hex'),
      version: version(),
      user: whoRuns(user),
      owner: `${user}@${hostname}`,
      now,
      connect: connections.connect,
      emit: bus.emit,
      onPlan: (plan, title) => writeOut(redactText(printPlan(plan, title, { full: options.full, redact: redactText }))),
      interrupt,
      strays: listenForStrays,
    }
    return await execute(request)
  } finally {
    interrupt.stop()
    await bus.end()
  }
}

/** Everything that can be known, or be wrong, before connecting. Variables that are not set are reported together. */
const prepare = async (options: Options) => {
  const [stageName = '', second] = options.words
  const shipit = commandsOf(options)
  const loaded = await loadProject(options)
  requireStage(loaded, options)
  // relative paths in the config (keys, ssh_config) and local tasks start at the config; those on the command line start here
  const log = logFile(options, loaded.file)
  process.chdir(dirname(loaded.file))
  const stage = await resolveStage(loaded, stageName, {
    set: options.set,
    ...(options.branch === undefined ? {} : { branch: options.branch }),
    shipit,
  })
  const known = createRegistry(stage).tasks
  const { words, args } = bindArgs(options.extras, options.words, (name) => known.get(name)?.def.args)
  const tasks = words.slice(second === 'plan' ? 2 : 1)
  const hosts = filterHosts(stage.hosts, { hosts: options.hosts, roles: options.roles })
  const { user, hostname } = localFacts()
  const now = new Date()
  const intent = intend({ stage, hosts, tasks, args, release: options.release, user, now })
  return { log, stage, hosts, tasks, args, user, hostname, now, intent }
}
