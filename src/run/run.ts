import type { Host } from '../inventory/types.ts'
import { pathsOf } from '../plan/context.ts'
import { checkFollows } from '../plan/follow.ts'
import { irregularErrors, usersOf } from '../plan/irregular.ts'
import { buildPlan, type PlanInput } from '../plan/plan.ts'
import { ownerErrors, preconditions } from '../plan/preconditions.ts'
import { newReleaseName } from '../plan/release.ts'
import { rollbackTarget, type RollbackTarget } from '../plan/rollback.ts'
import type { Plan } from '../plan/types.ts'
import { bringsCode } from '../tasks/deploy/git/source.ts'
import type { DeployInfo } from '../tasks/types.ts'
import { isCommit } from '../values/commit.ts'
import { EXIT } from '../values/errors.ts'
import { isCheck, onlyLacks, refuse, Rejected, runChecks } from './checks.ts'
import { connectAll, rejoin, reportError } from './connect.ts'
import { fromDesk } from './desk.ts'
import { recoveriesOf, runFailed, runRecoveries } from './failure.ts'
import { deployInfo } from './deploy-info.ts'
import { uselessBranch } from './heeded.ts'
import type { Heeded } from './deploy-info.ts'
import { deployNotes, rollbackNotes } from './deploy-notes.ts'
import { intend, needsLock, type Intent } from './intent.ts'
import { leftOut } from './leftout.ts'
import { sessionsOf } from './link.ts'
import { LOCAL_READ, localHost } from './local.ts'
import { lockAll } from './lock.ts'
import { decide, type Outcome } from './outcome.ts'
import { planTitle } from './plan-title.ts'
import type { RunRequest } from './request.ts'
import { readHost } from './read.ts'
import { readBack, type ReadBack } from './readback.ts'
import { tellStrays } from './strays.ts'
import { createState, recordFailure, type RunState } from './state.ts'
import { collectWarnings } from './warnings.ts'
import { looksForFiles, tellUnlinked } from './unlinked.ts'
import { runWaves } from './waves.ts'

/** Runs tasks from start to exit code. Throws only usage errors, before it connects; everything else becomes events and the code. */
export const execute = async (request: RunRequest): Promise<number> => {
  const intent = intend(request)
  const { emit, warnings } = collectWarnings(request.emit)
  const state = createState(request.run, emit, request.interrupt.follow)
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
  let done: Outcome | undefined
  const quiet = tellStrays(state, request.strays)
  try {
    done = await work(state, { ...request, emit }, intent)
  } finally {
    await Promise.all(sessionsOf(state).map((session) => session.leave().catch(() => {})))
    quiet()
  }
  const { exit, headline, live, next } = done
  emit({ type: 'run:end', exit, ms: Date.now() - since, headline, live, next, warnings: warnings() })
  return exit
}

const work = async (state: RunState, request: RunRequest, intent: Intent): Promise<Outcome> => {
  const { stage, interrupt } = request
  const releasing = intent.making || intent.rollback
  const heeded: Heeded = { branch: false }
  let deploy: DeployInfo = deployInfo({ ...request, heeded }, { making: intent.making, rollback: intent.rollback })
  let back: ReadBack | undefined
  let plan: Plan | undefined
  let target: RollbackTarget | undefined
  const finish = (): Outcome => {
    state.interrupted = interrupt.name()
    return decide(state, {
      releasing: releasing && !request.planOnly,
      rollback: intent.rollback,
      release: deploy.release || undefined,
      revision: deploy.revision || undefined,
      stage: stage.name,
      shipit: stage.shipit,
      application: stage.application,
      hosts: intent.hosts,
      current: String(pathsOf(stage, undefined).current),
      readBack: back,
      leftOut: plan === undefined ? [] : leftOut(state, plan),
      planned: request.planOnly,
      idle: plan?.waves.length === 0 && !request.planOnly,
      skipped: target?.skipped.map(({ release }) => release) ?? [],
    })
  }
  const all = intent.needsLocal ? [...intent.hosts, localHost] : intent.hosts
  if (!(await connectAll(state, all, request.connect, interrupt.signal)) || interrupt.signal.aborted) return finish()

  const locks = needsLock(intent) && !request.planOnly
  const first = intent.hosts.find((host) => host.release)
  const ref =
    (intent.git || intent.checks) && bringsCode(stage) && first && stage.revision === undefined
      ? { host: first.name, branch: stage.branch, known: await fromDesk(stage) }
      : undefined
  heeded.branch ||= ref !== undefined
  const recipes = [...new Set(tasksOf(intent).map(({ owner }) => owner))]
  const tasks = tasksOf(intent).map(({ name }) => name)
  const context = { stage, hosts: intent.hosts, deploy }
  // a real run looks for them in a step
  const linked = request.planOnly && looksForFiles(intent.entries)
  const read = async (host: Host, { signal, waitForLock }: { signal: AbortSignal; waitForLock: boolean }) => {
    const both = AbortSignal.any([signal, interrupt.signal])
    state.reads.set(host.name, await readHost(state, host, { stage, recipes, tasks, ref, context, signal: both, waitForLock, linked }))
  }
  if (!(await lockAll(state, intent.hosts, locks ? request : undefined, read)) || interrupt.signal.aborted) return finish()
  state.reads.set(localHost.name, LOCAL_READ)

  const base = () =>
    ({ stage, hosts: intent.hosts, deploy, args: request.args, reads: state.reads, local: localHost }) satisfies Omit<PlanInput, 'entries'>
  let ok = false
  try {
    const settled = settle(state, { ...request, heeded }, intent)
    ;({ deploy, target } = settled)
    const notes = target
      ? rollbackNotes(target, intent.hosts, state.reads, deploy)
      : intent.making
        ? await deployNotes(stage, intent.hosts, state.reads, deploy)
        : []
    plan = buildPlan({ ...base(), entries: intent.entries })
    refuse(state, uselessBranch(request, intent, plan, { heeded, ran: false }))
    refuse(state, irregularErrors(usersOf(plan, stage.deployTo), state.reads, stage.deployTo))
    checkFollows(plan)
    if (request.planOnly) {
      request.onPlan?.(plan, planTitle(request, intent, deploy, notes))
      tellUnlinked(state, stage, intent)
      return finish()
    }
    if (releasing)
      state.emit({ type: 'deploy', release: deploy.release, revision: deploy.revision, branch: intent.rollback ? '' : deploy.branch })
    for (const message of notes) state.emit({ type: 'log', level: message === target?.warning ? 'warn' : 'info', message })
    state.emit({
      type: 'plan',
      waves: plan.waves.map(({ title, tasks, hosts }) => ({ title, tasks, hosts: hosts.map((host) => host.name) })),
    })
    if (plan.waves.length === 0)
      state.emit({ type: 'log', level: 'warn', message: `nothing to do: ${request.tasks.join(' ')} had no step to run` })
    // failed checks do not stop a wave, so failures count too
    ok = (await runWaves(state, plan, { ...base(), signal: interrupt.signal, failure: undefined })) && state.failures.length === 0
    for (const { message } of uselessBranch(request, intent, plan, { heeded, ran: true }))
      state.emit({ type: 'log', level: 'warn', message })
  } catch (error) {
    if (!(error instanceof Rejected)) reportError(state, error, EXIT.failed)
    else if (error.checkable && (intent.making || intent.checks) && !request.planOnly)
      await runChecks(state, intent.entries, { ...base(), signal: interrupt.signal })
  }
  state.interrupted = interrupt.name()
  // no run fails silently
  if (!ok && !interrupt.signal.aborted && state.failures.length === 0) {
    recordFailure(state, {
      reason: 'the run stopped, and nothing says why: this is a defect of shipit, please report it',
      output: [],
      exit: EXIT.failed,
    })
  }
  const recoveries = () => recoveriesOf(state, stage, tasksOf(intent))
  if (!ok) interrupt.recovering()
  if (!ok && releasing && !request.planOnly) {
    await rejoin(state, intent.hosts, request.connect)
    if (state.switched.size > 0 || state.unsure.size > 0)
      back = await readBack(state, intent.hosts, pathsOf(stage, undefined).current, deploy.release)
    await runFailed(state, intent.registry, base(), recoveries())
  } else if (!ok && !request.planOnly && plan !== undefined) {
    const names = recoveries()
    if (names.length > 0) {
      await rejoin(state, intent.hosts, request.connect)
      await runRecoveries(state, intent.registry, base(), names)
    }
  }
  return finish()
}

const tasksOf = ({ entries }: Intent) => entries.flatMap((entry) => (entry.kind === 'task' ? [entry.task] : []))

interface Settled {
  readonly deploy: DeployInfo
  /** for a rollback */
  readonly target: RollbackTarget | undefined
}

const settle = (state: RunState, request: RunRequest & { readonly heeded: Heeded }, intent: Intent): Settled => {
  const { stage } = request
  const hosts = intent.hosts.filter((host) => host.release)
  const reads = new Map([...state.reads].filter(([name]) => name !== localHost.name))
  if (intent.making || intent.rollback || intent.checks || needsLock(intent)) refuse(state, irregularErrors(hosts, reads, stage.deployTo))
  if (intent.making || intent.rollback || intent.checks) {
    const git = intent.git || (intent.checks && bringsCode(stage))
    const errors = preconditions(hosts, reads, { stage, repo: pathsOf(stage, undefined).repo, git })
    for (const error of errors) reportError(state, error, EXIT.failed)
    if (errors.length > 0 && !isCheck(request.tasks)) throw new Rejected(onlyLacks(errors))
  } else if (needsLock(intent)) {
    refuse(state, ownerErrors(hosts, reads, stage))
  }
  if (intent.rollback) {
    const target = rollbackTarget(hosts, reads, request.release, stage)
    return { deploy: deployInfo(request, { rollback: true, release: target.release, revision: target.revision }), target }
  }
  if (intent.making) {
    const commit = [...reads.values()].find((read) => read.layout.commit)?.layout.commit
    const revision = stage.revision ?? (commit && 'sha' in commit ? commit.sha : isCommit(stage.branch) ? stage.branch.toLowerCase() : '')
    return {
      deploy: deployInfo(request, { making: true, release: newReleaseName(request.now, reads.values()), revision }),
      target: undefined,
    }
  }
  const live = reads.get((hosts[0] ?? intent.hosts[0])?.name ?? '')?.layout
  const release = live?.current.kind === 'link' ? (live.current.release ?? '') : ''
  return { deploy: deployInfo(request, { release, revision: live?.revision }), target: undefined }
}
