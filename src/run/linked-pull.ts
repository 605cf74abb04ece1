import { linkedStates, parseLinkedStates, stateProblem, type LinkedState } from '../facts/linked-states.ts'
import type { Host } from '../inventory/types.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import { pathsOf } from '../plan/context.ts'
import { downloadLinked } from '../shell/download-linked.ts'
import type { LinkedSource } from '../tasks/linked-source.ts'
import { count } from '../values/count.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { humanSize } from '../values/human-size.ts'
import { runChunk } from './chunk.ts'
import { connectAll, reportError } from './connect.ts'
import { lostOf, reportLost, sessionOf } from './link.ts'
import { localState } from './linked-local.ts'
import type { LinkedRequest } from './linked-push.ts'
import { isUnignored } from './local-git.ts'
import { decideExec, decideHold } from './outcome.ts'
import { probe } from './probe.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

interface PullRequest extends Omit<LinkedRequest, 'hosts'> {
  readonly host: Host
  /** Whether a file of this machine that differs may be replaced. Throws (usage) if nobody can be asked. */
  readonly mayReplace: (message: string) => Promise<boolean>
}

const PULL = 'linked:pull'

interface Pulled {
  readonly fetched: number
  readonly left: number
}

/** Fetches linked files from one host. A file here that differs is replaced only if a person agrees. Returns the exit code. */
export const pullLinked = async (request: PullRequest): Promise<number> => {
  const { host } = request
  const hosts = [host]
  const { exit } = await visit(
    { ...request, hosts },
    {
      name: PULL,
      work: async (state): Promise<Pulled> => {
        try {
          return await pull(state, request)
        } catch (error) {
          if (!request.interrupt.signal.aborted) {
            if (lostOf(state, host.name)) reportLost(state, host.name)
            else reportError(state, error, EXIT.failed, host.name)
          }
          return { fetched: 0, left: 0 }
        }
      },
      decide: (state, { fetched, left }) => {
        if (state.failures.length > 0 || state.interrupted) return decideExec(state, hosts)
        const parts = [
          ...(fetched > 0 ? [`${count(fetched, 'file')} fetched from ${host.name}`] : []),
          ...(left > 0 ? [`${count(left, 'file')} left as ${left === 1 ? 'it is' : 'they are'}`] : []),
        ]
        return decideHold(state, parts.join('; ') || `nothing to fetch: the files here are those of ${host.name}`)
      },
    },
  )
  return exit
}

const pull = async (
  state: RunState,
  { stage, host, sources, connect, interrupt: { signal }, mayReplace }: PullRequest,
): Promise<Pulled> => {
  const nothing = { fetched: 0, left: 0 }
  if (!(await connectAll(state, [host], connect, signal)) || signal.aborted) return nothing
  const paths = pathsOf(stage, undefined)
  const names = sources.map(({ path }) => path)
  const [answer] = await probe(state, host, [withDefaults(linkedStates(names, paths), stage, host)], { signal })
  const states = parseLinkedStates(answer!.stdout, names)
  for (const source of sources) {
    const there = states.get(source.path)
    if (there?.what !== 'file')
      reportError(
        state,
        new ShipitError(`the linked file ${String(paths.shared.join(source.path))} ${problemOf(there)}`, { host: host.name }),
        EXIT.failed,
      )
  }
  const wanted: LinkedSource[] = []
  let left = 0
  for (const source of sources) {
    const there = states.get(source.path)
    const here = await localState(source.file)
    if (there?.what !== 'file' || there.sum === here?.sum) continue
    const question = `${source.from} differs: ${humanSize(here?.size ?? 0)} here, ${humanSize(there.size!)} on ${host.name}. Replace the one here?`
    if (here === undefined || (await mayReplace(question))) wanted.push(source)
    else left += 1
  }
  if (wanted.length === 0 || signal.aborted) return { ...nothing, left }
  const steps = wanted.map(({ path, from, file }) => withDefaults(downloadLinked(paths.shared.join(path), { file, from }), stage, host))
  const { outcomes } = await runChunk([{ name: PULL, steps }], { state, host, session: sessionOf(state, host.name)!, wave: 1, signal })
  const fetched = wanted.filter((_, i) => outcomes[i]?.status === 'ok')
  for (const source of fetched) {
    state.emit({ type: 'log', level: 'info', host: host.name, task: PULL, message: `${source.path} was fetched to ${source.from}` })
    if (await isUnignored(source.file))
      state.emit({
        type: 'log',
        level: 'warn',
        message: `git does not ignore ${source.from}: add it to .gitignore, unless it may be read by all who read the repository`,
      })
  }
  return { fetched: fetched.length, left }
}

const problemOf = (state: LinkedState | undefined): string =>
  stateProblem(state === undefined || state.what === 'file' ? 'unread' : state.what)
