import type { Host } from '../inventory/types.ts'
import type { LogRequest } from '../tasks/types.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { connectAll, reportError } from './connect.ts'
import { deployInfo } from './deploy-info.ts'
import { lostOf, reportLost, sessionOf } from './link.ts'
import { FILES_TASK, fileSource, findLogs, parseFound, recipeLogs, tailFiles } from './log-sources.ts'
import { decideExec } from './outcome.ts'
import { probe } from './probe.ts'
import type { HostsRequest } from './request.ts'
import { runChunk } from './chunk.ts'
import type { TaskSteps } from './chunk-run.ts'
import { recordFailure, type RunState } from './state.ts'
import { visit } from './visit.ts'

export interface LogsRequest extends HostsRequest {
  /** only this log */
  readonly name: string | undefined
  readonly log: Omit<LogRequest, 'user'>
  /** Called with the minutes east of UTC of a host, before its first line. */
  readonly onZone: (host: string, minutes: number) => void
}

/** How many logs of a host are followed side by side: each needs a channel of its own, and a connection has few. */
const MOST = 5

/** Shows the logs of all hosts. No host waits for another one. Returns the exit code; Ctrl-C while following is 0. */
export const showLogs = async (request: LogsRequest): Promise<number> => {
  const { hosts, interrupt } = request
  const names = new Set<string>()
  const { exit } = await visit(request, {
    name: FILES_TASK,
    work: async (state) => {
      const shown = await Promise.all(hosts.map((host) => logsOf(state, host, request, names)))
      if (!shown.includes(true) && !interrupt.signal.aborted && state.failures.length === 0) reportNothing(state, request, names)
    },
    decide: (state) => decideExec(state, hosts),
  })
  return exit
}

/** Shows those of one host. Adds the names that it finds, and returns whether there was one to show. */
const logsOf = async (state: RunState, host: Host, request: LogsRequest, names: Set<string>): Promise<boolean> => {
  const { interrupt, connect } = request
  const { signal } = interrupt
  if (!(await connectAll(state, [host], connect, signal)) || signal.aborted) return false
  let tasks: readonly TaskSteps[]
  try {
    tasks = await tasksOn(state, host, request, names)
  } catch (error) {
    if (signal.aborted) return false
    if (lostOf(state, host.name)) reportLost(state, host.name)
    else reportError(state, error, EXIT.failed, host.name)
    return false
  }
  const run = (some: readonly TaskSteps[]) =>
    runChunk(some, { state, host, session: sessionOf(state, host.name)!, wave: 1, signal, checks: true })
  if (request.log.follow) await Promise.all(tasks.map((task) => run([task])))
  else if (tasks.length > 0) await run(tasks)
  return tasks.length > 0
}

const tasksOn = async (state: RunState, host: Host, request: LogsRequest, names: Set<string>): Promise<readonly TaskSteps[]> => {
  const { stage, hosts, name, onZone, interrupt } = request
  const [answer] = await probe(state, host, [findLogs(stage, host)], { signal: interrupt.signal })
  if (!answer!.ok) throw new ShipitError(`looking for logs failed: exit ${answer!.code}`, { host: host.name })
  const { zone, user, files, closed } = parseFound(answer!.stdout)
  onZone(host.name, zone)
  const log: LogRequest = { ...request.log, user }
  const wanted = (source: string): boolean => {
    names.add(source)
    return name === undefined || source === name
  }
  for (const file of closed.filter((one) => wanted(fileSource(one))))
    state.emit({ type: 'log', level: 'warn', host: host.name, message: `${user} cannot read ${file}` })
  const readable = files.filter((file) => wanted(fileSource(file)))
  const others = recipeLogs({ stage, hosts, deploy: deployInfo(request) }, host, log).filter((one) => wanted(one.name))
  const tasks = [
    ...(readable.length === 0 ? [] : [{ name: FILES_TASK, steps: [tailFiles(stage, host, readable, log)] }]),
    ...others.map((one) => ({ name: one.name, steps: [one.command] })),
  ]
  if (!log.follow || tasks.length <= MOST) return tasks
  const left = tasks.slice(MOST).map((task) => task.name)
  state.emit({ type: 'log', level: 'warn', host: host.name, message: `not followed, ${MOST} at a time are: ${left.join(', ')}; name one` })
  return tasks.slice(0, MOST)
}

const reportNothing = (state: RunState, { name, stage }: LogsRequest, names: ReadonlySet<string>): void => {
  const found = [...names].toSorted()
  recordFailure(state, {
    reason: name === undefined || found.length === 0 ? 'no log was found' : `there is no log ${name}`,
    output: [],
    hint:
      found.length === 0
        ? 'shown are *.log in linked folders called log or logs, and the journal of the services that recipes know'
        : `${found.length === 1 ? 'the only one is' : 'there are'} ${found.join(', ')}: ${stage.shipit('logs', found[0]!)}`,
    exit: EXIT.failed,
  })
}
