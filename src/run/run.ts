import { pathsOf } from '../plan/context.ts'
import { checkDownloads } from '../plan/check-downloads.ts'
import { checkFollowIsLast } from '../plan/check-follow.ts'
import { checkTerminals } from '../plan/check-terminals.ts'
import { irregularErrors, hostsUsingOwnFiles } from '../plan/irregular-files.ts'
import { buildPlan } from '../plan/plan.ts'
import type { Plan } from '../plan/types.ts'
import { tasksOf } from '../tasks/order.ts'
import { EXIT } from '../values/errors.ts'
import { explainHold } from '../values/hold.ts'
import { askWhereTo } from './choose-release.ts'
import { refuse, Rejected, runChecks } from './refuse.ts'
import { connectAll, reconnect, reportError } from './connect.ts'
import { deployNotes, rollbackNotes } from './deploy-notes.ts'
import { pendingHooks, recoveriesOf, runFailed, runFinally, runRecoveries } from './failure.ts'
import { reportCertain } from './certain-failures.ts'
import { unusedBranch } from './unused-branch.ts'
import { createIntent, needsLock } from './intent.ts'
import { afterFailureOnly, tasksNotRun } from './tasks-not-run.ts'
import { sessionsOf, warnOfLost } from './link.ts'
import { listUploads } from './list-uploads.ts'
import { localHost } from './local-host.ts'
import { decideOutcome, type Outcome } from './outcome.ts'
import { checksPassed } from './passed-checks.ts'

import { planTitle } from './plan-title.ts'
import { readCurrent } from './read-current.ts'
import { readHosts } from './read-hosts.ts'
import { typedFor, type RunRequest } from './request.ts'
import { changesReleases, createRunning, planBase, typedWords, type Running } from './running.ts'
import { decideRelease } from './decide-release.ts'
import { seenAfter } from './seen-after.ts'
import { createState, recordFailure } from './state.ts'
import { reportUnhandledErrors } from './unhandled-errors.ts'
import { reportMissingFiles } from './missing-linked-files.ts'
import { collectWarnings } from './collect-warnings.ts'
import { runWaves } from './waves.ts'

/** Runs tasks from start to exit code. Throws only usage errors, before it connects; everything else becomes events and the code. */
export const execute = async (request: RunRequest): Promise<number> => {
  const intent = createIntent(request)
  const { emit, warnings } = collectWarnings(request.emit)
  const state = createState(request.run, emit, { follow: request.interrupt.follow, handOver: request.handOver, asker: request.asker })
  const since = Date.now()
  const { stage } = request
  emit({
    type: 'run:start',
    run: request.run,
    stage: stage.name,
    application: stage.application,
    tasks: request.tasks,
    hosts: intent.hosts.map((host) => ({ host: host.name, address: host.address })),
    user: request.user,
    version: request.version,
  })
  for (const message of intent.warnings) emit({ type: 'log', level: 'warn', message })
  if (!request.planOnly) for (const message of intent.notes) emit({ type: 'log', level: 'info', message })
  let outcome: Outcome | undefined
  const stopListening = reportUnhandledErrors(state, request.unhandledErrors, request.interrupt.signal)
  const running = createRunning(state, { ...request, emit }, intent)
  try {
    outcome = await runPhases(running)
    if (!request.interrupt.signal.aborted) warnOfLost(state)
  } finally {
    await Promise.all(sessionsOf(state).map((session) => session.leave().catch(() => {})))
    stopListening()
  }
  const { exit, headline, live, next } = outcome
  const seen = seenAfter(running, exit)
  if (seen !== undefined) request.sawReleases?.(seen)
  emit({ type: 'run:end', exit, ms: Date.now() - since, headline, live, next, warnings: warnings() })
  return exit
}

/** The way of a run: logins, facts under the lock, the plan and what it does; after a failure what can be repaired; then the outcome. */
const runPhases = async (running: Running): Promise<Outcome> => {
  const { state, request, intent } = running
  const { interrupt } = request
  const hosts = intent.needsLocal ? [...intent.hosts, localHost] : intent.hosts
  if (!(await connectAll(state, hosts, request.connect, interrupt.signal)) || interrupt.signal.aborted) return outcomeOf(running)
  if (!(await askWhereTo(running)) || interrupt.signal.aborted) return outcomeOf(running)
  running.untouched = false
  if (!(await readHosts(running)) || interrupt.signal.aborted) return outcomeOf(running)
  const how = await planAndRun(running)
  if (how === 'planned') return outcomeOf(running)
  state.interrupted = interrupt.name()
  if (how === 'failed') {
    reportSilentFailure(running)
    interrupt.recovering()
    if (!request.planOnly) await recover(running)
  }
  return outcomeOf(running)
}

/** Plans the run and, unless only the plan was asked for, runs it. Reports what refuses it or goes wrong. */
const planAndRun = async (running: Running): Promise<'planned' | 'done' | 'failed'> => {
  const { state, request, intent, inputsRead } = running
  const { signal } = request.interrupt
  let done = false
  try {
    const notes = await chooseRelease(running)
    const plan = await planOf(running)
    if (request.planOnly) {
      request.onPlan?.(plan, planTitle(request, intent, running.deploy, notes))
      reportMissingFiles(state, request.stage, intent)
      reportHolds(running)
      reportCertain(state, plan)
      return 'planned'
    }
    reportPlan(running, plan, notes)
    const begins = (wave: number) => void (running.begun = wave + 1)
    const ok = await runWaves(state, plan, { ...planBase(running), signal, failure: undefined, begins })
    // failed checks do not stop a wave, so failures count too
    done = ok && state.failures.length === 0
    for (const { message } of unusedBranch(request, intent, plan, { inputsRead, ran: true }))
      state.emit({ type: 'log', level: 'warn', message })
  } catch (error) {
    if (!(error instanceof Rejected)) reportError(state, error, EXIT.failed)
    else if (error.checkable && (intent.making || intent.checks) && !request.planOnly)
      await runChecks(state, intent.entries, { ...planBase(running), signal })
  }
  return done ? 'done' : 'failed'
}

/** Decides which release the run is about. Returns what there is to know about it before it begins. */
const chooseRelease = async (running: Running): Promise<readonly string[]> => {
  const { state, request, intent, inputsRead } = running
  const { deploy, target } = decideRelease(state, { ...request, inputsRead, chosen: running.chosen }, intent)
  running.deploy = deploy
  running.target = target
  if (target) return rollbackNotes(target, intent.hosts, state.reads, deploy)
  if (!intent.making) return []
  const { notes, refused, commits } = await deployNotes(request.stage, intent.hosts, state.reads, deploy)
  running.commits = commits
  refuse(state, refused)
  return notes
}

/** Makes the plan. Throws if it cannot be run as it is. */
const planOf = async (running: Running): Promise<Plan> => {
  const { state, request, intent, inputsRead } = running
  const { stage } = request
  const place = request.planOnly ? { stage, deploy: running.deploy, making: intent.making } : undefined
  const plan = await listUploads(buildPlan({ ...planBase(running), entries: intent.entries }), {
    reads: state.reads,
    shipit: stage.shipit,
    place,
  })
  running.plan = plan
  refuse(state, unusedBranch(request, intent, plan, { inputsRead, ran: false }))
  refuse(state, irregularErrors(hostsUsingOwnFiles(plan, stage.deployTo), state.reads, stage.deployTo))
  checkFollowIsLast(plan)
  checkTerminals(plan, { hasTerminal: request.handOver !== undefined || request.planOnly, shipit: stage.shipit })
  checkDownloads(plan)
  running.passed = checksPassed(plan, request.tasks, stage, intent.registry)
  return plan
}

/** For a plan: the run would be refused until somebody unlocks. By then it may be unlocked, so this is a warning. */
const reportHolds = ({ state, request, intent }: Running): void => {
  if (!needsLock(intent)) return
  for (const { name: host } of intent.hosts) {
    const hold = state.reads.get(host)?.layout.hold
    if (hold) state.emit({ type: 'log', level: 'warn', host, message: `${explainHold(hold, request.now)}; a run is refused` })
  }
}

/** Says what is about to run. */
const reportPlan = (running: Running, plan: Plan, notes: readonly string[]): void => {
  const { state, request, intent, deploy, target } = running
  if (changesReleases(running))
    state.emit({ type: 'deploy', release: deploy.release, revision: deploy.revision, branch: intent.rollback ? '' : deploy.branch })
  for (const commits of running.commits) state.emit({ type: 'commits', ...commits })
  for (const message of notes) state.emit({ type: 'log', level: message === target?.warning ? 'warn' : 'info', message })
  state.emit({
    type: 'plan',
    waves: plan.waves.map(({ title, tasks, hosts }) => ({ title, tasks, hosts: hosts.map((host) => host.name) })),
  })
  if (plan.waves.length === 0 && !running.passed)
    state.emit({ type: 'log', level: 'warn', message: `nothing to do: ${request.tasks.join(' ')} had no step to run` })
}

/** No run fails silently. */
const reportSilentFailure = ({ state, request }: Running): void => {
  if (request.interrupt.signal.aborted || state.failures.length > 0) return
  recordFailure(state, {
    reason: 'the run stopped, and no reason was recorded: this is a bug in shipit, please report it',
    output: [],
    exit: EXIT.failed,
  })
}

/** Runs what follows a failure, also on lost hosts that can be reached again. */
const recover = async (running: Running): Promise<void> => {
  const { state, request, intent, deploy } = running
  const { stage } = request
  const finals = running.plan === undefined ? [] : pendingHooks(state, running.plan, running.begun)
  const recoveries = () => recoveriesOf(state, stage, tasksOf(intent.entries)).filter((name) => finals.every((hook) => hook.task !== name))
  if (changesReleases(running)) {
    await reconnect(state, intent.hosts, request.connect)
    if (state.switched.size > 0 || state.unsure.size > 0)
      running.currentLinks = await readCurrent(state, intent.hosts, pathsOf(stage, undefined).current, deploy.release)
    await runFailed(state, planBase(running), recoveries())
  } else {
    const names = running.plan === undefined ? [] : recoveries()
    if (names.length + finals.length === 0) return
    await reconnect(state, intent.hosts, request.connect)
    if (names.length > 0) await runRecoveries(state, planBase(running), names)
  }
  if (finals.length > 0) await runFinally(state, planBase(running), finals)
}

/** The outcome of a run as far as it got. */
const outcomeOf = (running: Running): Outcome => {
  const { state, request, intent, deploy, target, plan, currentLinks } = running
  const { stage } = request
  state.interrupted = request.interrupt.name()
  return decideOutcome(state, {
    releasing: changesReleases(running),
    rollback: intent.rollback,
    release: deploy.release || undefined,
    revision: deploy.revision || undefined,
    stage: stage.name,
    shipit: stage.shipit,
    application: stage.application,
    hosts: intent.hosts,
    alone: intent.alone,
    filtered: stage.hosts.filter((host) => !request.hosts.includes(host)).length,
    typedWords: typedWords(running),
    typedFor: (task) => typedFor(request.typed, task),
    current: String(pathsOf(stage, undefined).current),
    currentLinks,
    tasksNotRun: plan === undefined ? [] : tasksNotRun(state, plan),
    afterFailureOnly: afterFailureOnly(intent.registry, plan),
    planned: request.planOnly,
    untouched: running.untouched,
    idle: plan?.waves.length !== 0 ? undefined : running.passed ? 'passed' : 'nothing',
    typedTasks: request.tasks,
    skipped: target?.skipped.map(({ release }) => release) ?? [],
  })
}
