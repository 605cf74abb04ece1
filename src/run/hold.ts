import { pathsOf } from '../plan/context.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { sh } from '../shell/sh.ts'
import { shellOn } from '../shell/ssh-command.ts'
import { moveAside } from '../shell/typed.ts'
import type { Command } from '../shell/types.ts'
import { count } from '../values/count.ts'
import { EXIT, ShipitError } from '../values/errors.ts'
import { fold } from '../values/fold.ts'
import { describeHold, holdLines, parseHold, type Hold } from '../values/hold.ts'
import { HOLD_FILE } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { connectAll, reportError } from './connect.ts'
import { lostOf, reportLost } from './link.ts'
import { lockAll, type LockingRun } from './lock.ts'
import { decideHold, type Outcome } from './outcome.ts'
import { probe } from './probe.ts'
import type { HostsRequest } from './request.ts'
import type { RunState } from './state.ts'
import { visit } from './visit.ts'

export type HoldRequest = HostsRequest & Pick<LockingRun, 'owner' | 'waitForLock'>

/**
 * `shipit STAGE lock`: holds the lock of all hosts until it is unlocked, or of none. It takes the lock of a run first, so that no run is
 * under way while it says "locked". Returns the exit code.
 */
export const holdLock = (request: HoldRequest & { readonly reason: string }): Promise<number> =>
  withHosts(request, 'lock', async (state) => {
    const { stage, hosts, owner, reason, now, interrupt } = request
    const noReads = async (): Promise<void> => {}
    const taken = await lockAll(state, hosts, { ...request, tasks: ['lock'] }, noReads)
    state.interrupted = interrupt.name()
    if (!taken || interrupt.signal.aborted) return decideHold(state, 'nothing was locked')
    const hold: Hold = { owner, since: Math.floor(now.getTime() / 1000), reason }
    const wrote = await onEach(state, request, hosts, (host) => writeHold(request, hold, host))
    state.interrupted = interrupt.name()
    if (wrote.size === hosts.length && !state.interrupted)
      return {
        ...decideHold(state, `${stage.name} is locked on ${count(hosts.length, 'host')}: no deploy, no rollback`),
        next: [{ command: stage.shipit('unlock'), why: 'when that is over' }],
      }
    // a host that was lost may have written it
    const left = hosts.filter((host) => wrote.has(host.name) || lostOf(state, host.name))
    const removed = await onEach(state, request, left, (host) => removeHold(request, host))
    const still = left.filter((host) => !removed.has(host.name)).map(({ name }) => name)
    return decideHold(
      state,
      still.length > 0
        ? `not locked everywhere, and perhaps still locked: ${still.join(', ')}`
        : `nothing is locked${left.length === 0 ? '' : `: ${count(left.length, 'host')} unlocked again`}`,
      still.length > 0 ? [{ command: stage.shipit('unlock') }] : [],
    )
  })

/** `shipit STAGE unlock`: ends that on all hosts, whoever locked them. Nothing is unlocked unless all hosts can be reached. */
export const unlock = (request: HoldRequest): Promise<number> =>
  withHosts(request, 'unlock', async (state) => {
    const { stage, hosts, now } = request
    const removed = await onEach(state, request, hosts, (host) => removeHold(request, host))
    const still = hosts.filter((host) => !removed.has(host.name)).map(({ name }) => name)
    if (still.length > 0) return decideHold(state, `not unlocked: ${still.join(', ')}`)
    const holds = hosts.flatMap(({ name: host }) => {
      const text = removed.get(host) ?? ''
      return text === '' ? [] : [{ host, text: describeHold(parseHold(text.split('\n')), now) }]
    })
    for (const of of fold(holds, ({ text }) => text))
      state.emit({
        type: 'log',
        level: 'info',
        message: `${of.map(({ host }) => host).join(', ')} ${of.length === 1 ? 'was' : 'were'} locked ${of[0].text}`,
      })
    // with --hosts, nothing is known of the others
    const all = hosts.length === stage.hosts.filter(({ release }) => release).length
    const seen = all ? stage.name : hosts.map(({ name }) => name).join(', ')
    const not = all || hosts.length === 1 ? 'was not locked' : 'were not locked'
    return decideHold(state, holds.length === 0 ? `${seen} ${not}` : `unlocked on ${count(holds.length, 'host')}`)
  })

/** Logs in to all hosts, does the work only if that went well everywhere, and reports how it ended. */
const withHosts = async (request: HoldRequest, task: string, work: (state: RunState) => Promise<Outcome>): Promise<number> => {
  const { hosts, interrupt } = request
  const { exit } = await visit(request, {
    name: task,
    work: async (state) => {
      const connected = await connectAll(state, hosts, request.connect, interrupt.signal)
      state.interrupted = interrupt.name()
      return connected && !interrupt.signal.aborted ? work(state) : undefined
    },
    decide: (state, outcome) => {
      const needs = state.interrupted ? '' : ': that needs all hosts, or those of --hosts'
      return outcome ?? decideHold(state, `nothing was ${task}ed${needs}`)
    },
  })
  return exit
}

/** What the command printed, by host; hosts where it failed are missing, and reported. An interrupt does not stop it: it is short. */
const onEach = async (
  state: RunState,
  request: HoldRequest,
  hosts: readonly Host[],
  commandFor: (host: Host) => Command,
): Promise<ReadonlyMap<string, string>> => {
  const done = new Map<string, string>()
  await Promise.all(
    hosts.map(async (host) => {
      try {
        const [answer] = await probe(state, host, [commandFor(host)])
        if (!answer!.ok) throw refusal(filesOf(request).deployTo, host, answer!)
        done.set(host.name, answer!.stdout)
      } catch (error) {
        if (lostOf(state, host.name)) reportLost(state, host.name)
        else reportError(state, error, EXIT.failed, host.name)
      }
    }),
  )
  return done
}

const DRAFT = '.shipit/record-hold'
const DIRECTORY = 'directory: '

/** Why the command did not do it: a directory in the place of a file, with the command that moves it away, or what a program printed. */
const refusal = (deployTo: Path, host: Host, { stderr, code }: ProbeResult): ShipitError => {
  const name = stderr.startsWith(DIRECTORY) ? stderr.slice(DIRECTORY.length).trim() : undefined
  if (name === undefined) return new ShipitError(stderr.trim() || `exit ${code}`, { host: host.name })
  const place = deployTo.join(name)
  return new ShipitError(`${place} is a directory, where shipit keeps a file`, {
    host: host.name,
    hint: `move it away: ${shellOn(host, moveAside(place, 'before'))}`,
  })
}

const filesOf = ({ stage }: HoldRequest): { readonly [name in 'deployTo' | 'own' | 'file' | 'draft']: Path } => {
  const { deployTo } = pathsOf(stage, undefined)
  return { deployTo, own: deployTo.join('.shipit'), file: deployTo.join(HOLD_FILE), draft: deployTo.join(DRAFT) }
}

/** Written under the lock of a run: nobody else writes it meanwhile. The whole text is put in place at once, and read back. */
const writeHold = (request: HoldRequest, hold: Hold, host: Host): Command => {
  const { file, draft } = filesOf(request)
  const lines = holdLines(hold)
  return withDefaults(
    sh`
[ ! -e ${file} ] && [ ! -L ${file} ] || { echo 'it was locked meanwhile' >&2; exit 1; }
[ ! -d ${draft} ] || [ -L ${draft} ] || { printf '%s\n' ${DIRECTORY + DRAFT} >&2; exit 1; }
umask 022
rm -f ${draft}
printf '%s\n' ${lines} >${draft}
mv -f ${draft} ${file}
[ -f ${file} ] && [ ! -L ${file} ]
`.title('hold the lock'),
    request.stage,
    host,
  )
}

/** Prints the file and removes it. A link in its place is removed, not followed. */
const removeHold = (request: HoldRequest, host: Host): Command => {
  const { own, file, draft } = filesOf(request)
  return withDefaults(
    sh`
[ ! -L ${own} ] || { printf '%s is a link: shipit removes nothing through it\n' ${own} >&2; exit 1; }
[ -d ${own} ] || exit 0
[ ! -d ${file} ] || [ -L ${file} ] || { printf '%s\n' ${DIRECTORY + HOLD_FILE} >&2; exit 1; }
[ ! -d ${draft} ] || [ -L ${draft} ] || { printf '%s\n' ${DIRECTORY + DRAFT} >&2; exit 1; }
if [ -f ${file} ] && [ ! -L ${file} ]; then dd if=${file} bs=2048 count=1 2>/dev/null || true; fi
rm -f ${file} ${draft}
`.title('release the lock'),
    request.stage,
    host,
  )
}
