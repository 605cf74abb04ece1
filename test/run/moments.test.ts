import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { RunEvent } from '../../src/events/types.ts'
import { alive, until } from '../transport/contract-support.ts'
import type { MomentsWork } from './moments-client.ts'
import { startFleet, type Fleet } from './support.ts'

/**
 * A deploy to two hosts is disturbed at a moment that a seed chooses. SHIPIT_MOMENTS=1-200 tries these.
 */
const [FIRST = 1, LAST = FIRST] = (process.env['SHIPIT_MOMENTS'] ?? '1-6').split('-').map(Number)
const HEARTBEAT = 700
/** longer than the keepers wait, which is four heartbeats */
const ASLEEP = 3500

let fleet: Fleet
let whole = 0
before(async () => {
  fleet = await startFleet(['a', 'b'])
  await disturbed(() => {}, 0)
  const since = Date.now()
  assert.equal((await disturbed(() => {}, 0)).exit, 0)
  whole = Date.now() - since
})
after(() => fleet.stop())

interface Disturbed {
  /** undefined: killed */
  readonly exit: number | undefined
  readonly events: readonly RunEvent[]
}

/** Runs the client and calls `how` `at` milliseconds after its first event. */
const disturbed = async (how: (kill: (signal: NodeJS.Signals) => void) => unknown, at: number): Promise<Disturbed> => {
  const work: MomentsWork = { config: fleet.config(), heartbeat: HEARTBEAT }
  const child = spawn(process.execPath, [`${import.meta.dirname}/moments-client.ts`, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  const first = Promise.withResolvers<void>()
  child.stdout.on('data', (text) => {
    said += text
    first.resolve()
  })
  const ended = new Promise<number | undefined>((resolve) => child.on('close', (code) => (first.resolve(), resolve(code ?? undefined))))
  await first.promise
  await pause(at)
  await how((signal) => child.kill(signal))
  const exit = await ended
  const lines = said.split('\n').filter((line) => line.endsWith('}'))
  return { exit, events: lines.map((line) => JSON.parse(line) as RunEvent) }
}

/** The faults, by name. */
const FAULTS: Readonly<Record<string, (kill: (signal: NodeJS.Signals) => void) => unknown>> = {
  'the client sleeps': async (kill) => {
    kill('SIGSTOP')
    await pause(ASLEEP)
    kill('SIGCONT')
  },
  'the client sleeps while its connections go': async (kill) => {
    kill('SIGSTOP')
    fleet.cut('a')
    fleet.cut('b')
    await pause(ASLEEP)
    kill('SIGCONT')
  },
  'a cable is cut for a moment': () => fleet.cut('b'),
  'a cable is cut for longer': async () => {
    fleet.cut('b', 'forGood')
    await pause(ASLEEP)
    fleet.mend('b')
  },
  'a keeper is killed': () => {
    const text = existsSync(fleet.on('b', '.shipit/lock')) ? readFileSync(fleet.on('b', '.shipit/lock'), 'utf8') : ''
    const group = Number(/^keeper \d+ \d+ (\d+)$/m.exec(text)?.[1])
    if (group > 1 && alive(group)) process.kill(-group, 'SIGKILL')
  },
  'the client is killed': (kill) => kill('SIGKILL'),
}

const random = (seed: number): (() => number) => {
  let state = (seed * 2654435761) >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

const working = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
        return words.includes('moments-work') && words.includes(fleet.on('a', '').slice(0, -'hosts/a/srv/'.length))
      } catch {
        return false
      }
    })
    .map(Number)
    .filter(alive)

const free = (host: string): boolean => {
  const lock = fleet.on(host, '.shipit/lock')
  return !existsSync(lock) || spawnSync('flock', ['-n', lock, 'true']).status === 0
}

const complete = (host: string): string => {
  for (const file of ['index', 'REVISION']) assert.ok(existsSync(fleet.on(host, `current/${file}`)), `${host}: current has no ${file}`)
  return fleet.live(host)!
}

for (let seed = FIRST; seed <= LAST; seed++) {
  const next = random(seed)
  const names = Object.keys(FAULTS)
  const name = names[seed % names.length]!
  const part = next()
  test(`a deploy disturbed at a random moment leaves complete releases, and the next one succeeds: ${seed}, ${name} at ${Math.round(part * 100)} %`, async () => {
    const { exit, events } = await disturbed(FAULTS[name]!, part * whole)
    const told = JSON.stringify(events.filter(({ type }) => ['failure', 'log', 'host:lost', 'host:connected', 'run:end'].includes(type)))
    const hosts = ['a', 'b']
    const live = new Map(hosts.map((host) => [host, complete(host)]))
    if (exit === undefined) await until(() => working().length === 0, `its processes end: ${told}`)
    else {
      assert.deepEqual(working(), [], `processes of a step live on: ${told}`)
      const end = events.findLast((event) => event.type === 'run:end')!
      assert.equal(end.exit, exit)
      for (const { host, state, release } of end.live) if (state !== 'unknown') assert.equal(release, live.get(host), told)
      if (exit === 0) assert.equal(new Set(live.values()).size, 1)
      assert.ok([0, 3, 6, 7].includes(exit) || (exit === 1 && name === 'a keeper is killed'), told)
      for (const host of hosts) {
        const left = events.some((event) => event.type === 'log' && event.host === host && /did not run there/.test(event.message))
        if (!left && exit !== 7) assert.ok(!existsSync(fleet.on(host, 'down')), `${host}: the service stays down: ${told}`)
        assert.ok(!left || name.includes('longer'), `${host} was given up: ${told}`)
      }
    }
    for (const host of hosts) await until(() => free(host), `the lock of ${host} is free: ${told}`)
    const again = await disturbed(() => {}, 0)
    assert.equal(again.exit, 0, JSON.stringify(again.events.slice(-5)))
    assert.equal(complete('a'), complete('b'))
  })
}
