import type { Host } from '../inventory/types.ts'
import { usesGit } from '../tasks/deploy/git/replaced-tasks.ts'
import { tasksOf } from '../tasks/order.ts'
import { uploadQuestions } from './asked-uploads.ts'
import { deployInfo } from './deploy-info.ts'
import { resolveLocally } from './local-checkout.ts'
import { needsLock } from './intent.ts'
import { LOCAL_READ, localHost } from './local-host.ts'
import { lockAll } from './lock.ts'
import { readHost, type ReadRequest } from './read-host.ts'
import type { Running } from './running.ts'
import { checksLinkedFiles, sendsLinkedFiles } from './missing-linked-files.ts'

/** Reads all hosts, with the lock where this run needs it. Returns false if that failed anywhere, after reporting all of it. */
export const readHosts = async (running: Running): Promise<boolean> => {
  const { state, request, intent, inputsRead, deploy } = running
  const { stage, interrupt } = request
  const locks = needsLock(intent) && !request.planOnly
  const ref = await refToResolve(running)
  inputsRead.branch ||= ref !== undefined
  const tasks = tasksOf(intent.entries)
  const common = {
    stage,
    recipes: [...new Set(tasks.map(({ owner }) => owner))],
    tasks: tasks.map(({ name }) => name),
    ref,
    context: { stage, hosts: intent.hosts, deploy },
    // a real run looks for them in a step
    linked: request.planOnly && checksLinkedFiles(intent.entries),
    sends: sendsLinkedFiles(intent.entries),
  }
  // only a plan shows it; what the branch is has no part in that
  const input = { stage, hosts: intent.hosts, deploy: deployInfo(request, intent), args: request.args, rest: request.rest }
  const asked = request.planOnly ? await uploadQuestions(input, intent.entries) : undefined
  const read = async (host: Host, { signal, waitForLock }: { signal: AbortSignal; waitForLock: boolean }) => {
    const eitherSignal = AbortSignal.any([signal, interrupt.signal])
    state.reads.set(
      host.name,
      await readHost(state, host, { ...common, uploads: asked?.get(host.name), signal: eitherSignal, waitForLock }),
    )
  }
  const ok = await lockAll(state, intent.hosts, locks ? request : undefined, read)
  if (ok && !interrupt.signal.aborted) state.reads.set(localHost.name, LOCAL_READ)
  return ok
}

/** The branch, and the host that asks the repository which commit it is; undefined if the run needs no commit, or has it. */
const refToResolve = async ({ request: { stage }, intent }: Running): Promise<ReadRequest['ref']> => {
  const first = intent.hosts.find((host) => host.release)
  if (!(intent.git || intent.checks) || !usesGit(stage) || !first || stage.revision !== undefined) return undefined
  return { host: first.name, branch: stage.branch, known: await resolveLocally(stage) }
}
