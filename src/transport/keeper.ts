import { randomBytes } from 'node:crypto'
import type { Host } from '../inventory/types.ts'
import { hostProcess, lockAnswer, lockMessages } from './keeper-lock.ts'
import { keeperScript } from './keeper-script.ts'
import { howItEnded, noShell, recent } from './session-shell.ts'
import { wake } from './wake.ts'
import type { ChannelSink, Connection, HostProcess, LockRequest, LockResult, SessionTrace } from './types.ts'

/** The one shell of a session that briefly outlives its client, to end what the client started. */
export interface Keeper {
  /** From now on the group ends when the client does. Sent before anything written later on this connection. */
  add(group: number): void
  remove(group: number): void
  /** The steps of this group's script may leave processes: only what certainly belongs to the running step is ended. */
  stay(group: number): void
  /**
   * Ends what the group's shell runs, and the shell; for an ended step, what it left. Sends TERM, then KILL after the grace, also to root's
   * processes if sudo allows it. Resolves with what is still there.
   */
  end(group: number, step?: StepOfGroup): Promise<Ending>
  /** Ends what a lost session of this run left, including its keeper. Resolves with what is still there. */
  fence(trace: SessionTrace): Promise<Ending>
  /** identifies this keeper, for {@link fence} of another one; undefined until it has introduced itself */
  self(): string | undefined
  /** Call this when output arrives: on a slow line, an answer queues after it. Ignored once an ending has been overdue. */
  heard(): void
  /** Rejects with a ShipitError if the lock cannot be tried, and with the reason if the keeper is gone. */
  lock(request: LockRequest): Promise<LockResult>
  /** Ends the remaining groups and releases the lock. Resolves when that is done, or can no longer be known. */
  quit(): Promise<void>
  /** Resolves with the reason if the keeper is gone without quit(). */
  readonly lost: Promise<Error>
  /** Resolves with the reason when the host has not answered three heartbeats in a row. */
  readonly silent: Promise<Error>
  /** For how many milliseconds this process recently did not run, if long enough for the host to consider it dead. */
  slept(): number | undefined
}

export interface Ending {
  readonly gone: boolean
  /** the remaining processes that could be seen */
  readonly left: readonly HostProcess[]
}

export interface StepOfGroup {
  readonly id?: number | undefined
  /** when it began, in ticks since the host's boot */
  readonly began?: number | undefined
  readonly ended?: boolean
}

export interface KeeperOptions {
  /** prefix of this session's step marks */
  readonly key: string
  /** milliseconds between two heartbeats; the host waits for three of them */
  readonly heartbeat: number
  /** milliseconds between TERM and KILL */
  readonly grace: number
  /** milliseconds until a silent account counts as one without a shell */
  readonly patience: number
  /** Called when the shell of a registered group is gone. The caller may know that already. */
  onDead(group: number): void
}

const MISSES = 3

/** How many milliseconds an ending may stay unanswered past the grace. Then the keeper counts as hung, even if output still arrives. */
const OVERDUE = 5000

const UNKNOWN: Ending = { gone: false, left: [] }

/** Opens the keeper's channel and resolves once it listens. Rejects with a ShipitError (exit 3) if the account gives no shell. */
export const openKeeper = async (host: Host, connection: Connection, options: KeeperOptions): Promise<Keeper> => {
  // a separate token, which no script ever holds
  const token = randomBytes(16).toString('hex')
  const ready = Promise.withResolvers<void>()
  const lost = Promise.withResolvers<Error>()
  const silent = Promise.withResolvers<Error>()
  const gone = Promise.withResolvers<void>()
  const noise = recent(2000)
  const endings = new Map<number, PromiseWithResolvers<Ending>>()
  const still = new Map<number, HostProcess[]>()
  const holder: string[] = []
  const irregular: string[] = []
  let locking: (PromiseWithResolvers<LockResult> & Pick<LockRequest, 'deployTo'>) | undefined
  let fencing: PromiseWithResolvers<Ending> | undefined
  let self: string | undefined
  let leaving = false
  let over = false
  let unanswered = 0
  let overdue = 0
  let beat: NodeJS.Timeout | undefined = undefined
  const awake = wake(MISSES * options.heartbeat)

  const hear = (line: string): void => {
    const [word = '', rest = ''] = split(line)
    unanswered = 0
    if (word === 'ready') ready.resolve()
    if (word === 'dead') options.onDead(Number(rest))
    if (word === 'still') stays(rest)
    if (word === 'ended' || word === 'left') endings.get(Number(rest))?.resolve({ gone: word === 'ended', left: take(Number(rest)) })
    if (word === 'self') self = rest
    if (word === 'fenced' || word === 'unfenced') fencing?.resolve({ gone: word === 'fenced', left: take(0) })
    if (word === 'bye') gone.resolve()
    if (word === 'holder') holder.push(rest)
    if (word === 'irregular') irregular.push(rest)
    if (word !== 'lock') return
    const [how = '', detail = ''] = split(rest)
    const answer = lockAnswer(
      host,
      { how, detail, deployTo: locking?.deployTo ?? '' },
      { holder: holder.splice(0), irregular: irregular.splice(0) },
    )
    if (answer instanceof Error) locking?.reject(answer)
    else locking?.resolve(answer)
  }
  const stays = (rest: string): void => {
    const [group, text] = split(rest)
    const process = hostProcess(text)
    if (process) still.set(Number(group), [...(still.get(Number(group)) ?? []), process])
  }
  const take = (group: number): HostProcess[] => {
    const found = still.get(group) ?? []
    still.delete(group)
    return found
  }
  const listen = lines(token, hear)
  // it may reject before anything awaits it
  ready.promise.catch(() => {})
  const sink: ChannelSink = {
    stdout: (chunk) => {
      if (!beat) noise.add(chunk)
      listen(chunk)
    },
    stderr: (chunk) => noise.add(chunk),
    close: (end) => {
      over = true
      clearInterval(beat)
      ready.reject(end.lost ?? noShell(host, noise.text(), howItEnded(end)))
      const reason = end.lost ?? new Error(`the keeper on the host ended (${howItEnded(end)})`)
      if (!leaving) lost.resolve(reason)
      gone.resolve()
      for (const ending of [...endings.values(), ...(fencing ? [fencing] : [])]) ending.resolve(UNKNOWN)
      locking?.reject(reason)
    },
  }
  const first = keeperScript({
    token,
    key: options.key,
    login: host.ssh.transport !== 'local',
    tick: options.heartbeat / 1000,
    misses: MISSES,
    grace: options.grace / 1000,
  })
  const channel = await connection.open(sink, { first })
  const say = (...messages: string[]): void => {
    // one write per message: a tick must not land in the middle of one
    for (const message of messages) channel.write(`${message}\n`)
  }
  const timer = setTimeout(() => {
    ready.reject(noShell(host, noise.text(), `no answer after ${options.patience / 1000} s`))
    channel.close()
  }, options.patience)
  await ready.promise.finally(() => clearTimeout(timer))
  // counts heartbeats, not time: a machine that slept for an hour sent none in that hour
  beat = setInterval(() => {
    awake.beat()
    if (unanswered++ < MISSES) say('beat')
    else silent.resolve(new Error(`no answer from the host for ${(MISSES * options.heartbeat) / 1000} s`))
  }, options.heartbeat)
  beat.unref()

  return {
    add: (group) => say(`add ${group}`),
    remove: (group) => say(`del ${group}`),
    stay: (group) => say(`stay ${group}`),
    end: (group, { id, began, ended } = {}) => {
      if (over) return Promise.resolve(UNKNOWN)
      const known = endings.get(group) ?? Promise.withResolvers<Ending>()
      if (!endings.has(group)) {
        endings.set(group, known)
        say(`${ended ? 'reap' : 'end'} ${group} ${id ?? '-'} ${began ?? ''}`)
      }
      const late = setTimeout(() => overdue++, options.grace + OVERDUE)
      return known.promise.finally(() => {
        clearTimeout(late)
        endings.delete(group)
      })
    },
    fence: ({ key, keeper, from, shells, deployTo }) => {
      if (over) return Promise.resolve(UNKNOWN)
      fencing = Promise.withResolvers()
      const words = shells.map(({ pid, stay }) => `${pid}${stay ? '+' : ''}`)
      if (deployTo !== undefined) say(`dir ${deployTo}`)
      say(['fence', key, keeper, from ?? '-', ...words].join(' '))
      return fencing.promise
    },
    self: () => self,
    heard: () => {
      if (overdue === 0) unanswered = 0
    },
    lock: async (request) => {
      if (over) throw await lost.promise
      locking = { ...Promise.withResolvers<LockResult>(), deployTo: request.deployTo }
      say(...lockMessages(request))
      return locking.promise
    },
    quit: async () => {
      leaving = true
      clearInterval(beat)
      say('quit')
      const late = setTimeout(() => gone.resolve(), options.grace + 5000)
      await gone.promise.finally(() => clearTimeout(late))
    },
    lost: lost.promise,
    silent: silent.promise,
    slept: awake.slept,
  }
}

/** Splits at the first space. */
const split = (text: string): [string, string] => {
  const at = text.indexOf(' ')
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Finds the lines that contain the token. Drops whatever an account prints before it. */
const lines = (token: string, line: (text: string) => void): ((chunk: Buffer) => void) => {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      const bytes = rest.subarray(0, at)
      rest = rest.subarray(at + 1)
      const mark = bytes.indexOf(`${token} `)
      if (mark >= 0) line(bytes.subarray(mark + token.length + 1).toString())
    }
    // no line of the keeper is that long
    rest = rest.subarray(-LONGEST)
  }
}

const LONGEST = 8192
