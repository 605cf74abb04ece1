import { randomBytes } from 'node:crypto'
import { collectEnvErrors } from '../../config/env-issues.ts'
import { localFacts } from '../../config/operator.ts'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { resolveStage } from '../../config/stage.ts'
import { createBus } from '../../events/bus.ts'
import { cleanText } from '../../redact/clean.ts'
import { filterHosts } from '../../inventory/filter.ts'
import { chooseRenderers } from '../../output/choose.ts'
import { createPaint, wantsColour, type Paint } from '../../output/colours.ts'
import type { OutputName } from '../../output/names.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { fullPlan } from '../../plan/print-full.ts'
import { planAsJson } from '../../plan/print-json.ts'
import { shortPlan } from '../../plan/print-short.ts'
import type { Plan } from '../../plan/types.ts'
import { createIntent } from '../../run/intent.ts'
import { execute } from '../../run/run.ts'
import type { RunRequest } from '../../run/request.ts'
import { usageError } from '../../values/errors.ts'
import { tasksOf } from '../../tasks/order.ts'
import { columnsIn } from '../../values/width.ts'
import { createRegistry, findIn } from '../../tasks/registry.ts'
import { setBySequences } from '../../tasks/sequence-set.ts'
import { parseTaskOptions } from '../task-options.ts'
import { refuseNoTask, refuseUnused, restAgain, typedAgain } from '../typed-words.ts'
import { stageWithSets } from '../sequence-set.ts'
import { shipitCommand } from '../shipit-command.ts'
import { askingFor, prepareAnswers, refuseUnaskedAnswers } from '../answering.ts'
import { releaseChooser } from '../ask-release.ts'
import { confirmStage, createAsker } from '../asker.ts'
import { createConnect } from '../connect.ts'
import type { Options } from '../global-options.ts'
import { refuseWrongTasks } from '../instead-of-command.ts'
import { refuseQuiet } from '../refuse-options.ts'
import { redactText } from '../redact-text.ts'
import { version, operatorName } from '../invocation.ts'
import { noteReleases } from '../seen-releases.ts'
import { listenForSignals } from '../signals.ts'
import { terminalHandOver } from '../terminal.ts'
import { listenForUnhandledErrors } from '../unhandled-errors.ts'
import { openProject, type Project } from './open-project.ts'

/** `shipit STAGE [plan] TASK…`. Throws usage errors before it connects or writes anything. */
export const runTasks = async (options: Options, argv: readonly string[], loaded?: LoadedConfig): Promise<number> => {
  const [stageName = '', second] = options.words
  const shipit = shipitCommand(options)
  const planOnly = options.dryRun || second === 'plan'
  refuseNoTask(options)
  refuseInPlan(options, planOnly)
  refuseQuiet(options)
  const asks = prepareAnswers(options, !planOnly)
  const prepare = preparation(options, loaded)
  const prepared = await askingFor(asks, () => collectEnvErrors(prepare))
  const { making, rollback } = prepared.intent
  if (rollback && options.branch !== undefined)
    throw usageError('--branch is for a deploy: a rollback goes to a release', {
      hint: shipit(stageName, 'deploy:rollback', '--release', 'NAME'),
    })
  if (!mayAskInCode(prepared)) refuseUnaskedAnswers()
  if (prepared.stage.confirm && (making || rollback) && !planOnly) await confirmStage(prepared, options)
  return start(prepared, options, { argv, planOnly })
}

interface Start {
  readonly argv: readonly string[]
  readonly planOnly: boolean
}

const start = async (prepared: Prepared, options: Options, { argv, planOnly }: Start): Promise<number> => {
  const { log, stage, hosts, tasks, args, rest, typed, user, hostname, now, intent } = prepared
  const { registry, making, rollback } = intent
  const asksToShow = tasks.some((name) => registry.tasks.get(name)?.def.shows)
  // what became of a release is never hidden
  const releasing = making || rollback
  const shows = !planOnly && !releasing && asksToShow
  // a plan is the only thing on stdout
  const stdout = planOnly ? process.stderr : process.stdout
  const renderers = await chooseRenderers({
    output: planOnly ? outputOfPlan(options.output) : options.output,
    stdout,
    env: process.env,
    logFile: planOnly ? undefined : log,
    argv,
    shows,
    quiet: options.quiet,
    // too much detail for a deploy, but the point of a task that you run on its own
    steps: options.verbose ? 'all' : releasing && !asksToShow ? 'none' : 'typed',
  })
  const paint = await createPaint(planOnly && wantsColour(process.env, process.stdout.isTTY))
  const bus = createBus({ renderers })
  const interrupt = listenForSignals(bus.emit, { lines: shows && options.output !== 'jsonl' })
  const connections = createConnect(bus.emit)
  try {
    const request: RunRequest = {
      stage,
      hosts,
      tasks,
      args,
      rest,
      typed,
      branch: options.branch,
      release: options.release,
      chooseRelease: releaseChooser(options, interrupt.signal),
      planOnly,
      waitForLock: options.waitForLock,
      run: randomBytes(16).toString('hex'),
      version: version(),
      user: operatorName(user),
      owner: `${user}@${hostname}`,
      now,
      connect: connections.connect,
      emit: bus.emit,
      sawReleases: (seen) => noteReleases(stage.file, stage.name, seen),
      onPlan: (plan, title) => writeOut(planText(plan, title, { ...options, paint })),
      interrupt,
      unhandledErrors: listenForUnhandledErrors,
      asker: createAsker(options, interrupt.signal),
      handOver: options.output === 'jsonl' ? undefined : terminalHandOver(interrupt.handedOver),
    }
    return await execute(request)
  } finally {
    interrupt.stop()
    await bus.end()
  }
}

/** A plan has no phases to fold. */
const outputOfPlan = (output: OutputName | undefined): OutputName =>
  output === undefined || output === 'github' || output === 'gitlab' ? 'plain' : output

/** Throws (usage) for what has no effect in a plan, and for a plan of nothing. */
const refuseInPlan = (options: Options, planOnly: boolean): void => {
  const [stageName = '', second, third] = options.words
  const shipit = shipitCommand(options)
  if (planOnly && (second === 'plan' ? third : second) === 'doctor')
    throw usageError('doctor changes nothing, so it needs no plan', { hint: shipit(stageName, 'doctor') })
  if (planOnly && options.quiet) throw usageError('--quiet has no effect in a plan, which is there to be seen', { hint: 'leave it out' })
  if (planOnly && options.waitForLock !== undefined)
    throw usageError('--wait-for-lock has no effect in a plan, which takes no lock', { hint: 'leave it out' })
  if (options.full && !planOnly)
    throw usageError('--full is for a plan', {
      hint: shipit(stageName, 'plan', ...typedAgain(options).slice(1), '--full', ...restAgain(options)),
    })
  if (second === 'plan' && third === undefined)
    throw usageError('which task do you want to plan?', { hint: shipit(stageName, 'plan', 'deploy') })
}

const planText = (plan: Plan, title: string, { output, full, paint }: Options & { readonly paint: Paint }): string => {
  if (output === 'jsonl') return planAsJson(plan, title, (text) => cleanText(redactText(text)))
  return redactText(full ? fullPlan(plan, title) : shortPlan(plan, title, { columns: columnsIn(process.stdout, 100), paint }))
}

/** Whether a task that runs is code, which may ask anything. */
const mayAskInCode = ({ intent }: Prepared): boolean => tasksOf(intent.entries).some(({ def }) => def.run !== undefined)

type Prepared = Awaited<ReturnType<typeof prepareRun>>

/** Loads the config once, and prepares the run as often as it is called: answers make another run. */
const preparation = (options: Options, given: LoadedConfig | undefined): (() => Promise<Prepared>) => {
  let project: Project | undefined
  return async () => prepareRun(options, (project ??= await openProject(options, given)))
}

/** Everything that can be known, or be wrong, before connecting. Variables that are not set are reported together. */
const prepareRun = async (options: Options, { loaded, overrides, log }: Project) => {
  const [stageName = '', second] = options.words
  const plain = await resolveStage(loaded, stageName, overrides)
  const registry = createRegistry(plain)
  refuseWrongTasks(options, registry)
  const find = findIn(registry)
  const { words, args, rest, typed } = parseTaskOptions(options, find)
  const tasks = words.slice(second === 'plan' ? 2 : 1)
  const stage = await stageWithSets(plain, setBySequences(tasks, find), { loaded, options, overrides })
  const hosts = filterHosts(stage.hosts, { hosts: options.hosts, roles: options.roles })
  const { user, hostname } = localFacts()
  const now = new Date()
  const intent = createIntent({ stage, hosts, tasks, args, rest, release: options.release, user, now })
  refuseUnused(typed, intent)
  return { log, stage, hosts, tasks, args, rest, typed, user, hostname, now, intent }
}
