import assert from 'node:assert/strict'
import { appendFileSync, chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import fc from 'fast-check'
import { sh } from '../../src/shell/sh.ts'
import { raw } from '../../src/shell/raw.ts'
import { needs } from '../support/needs.ts'
import { quickFleet, type QuickOptions, type QuickRan } from './quick.ts'
import { diskOf, fill, type Disk } from './sequences.ts'

/** `any`: Capistrano changed it, and shipit may give it any state. `never`: it is not complete, or no longer. */
type State = 'good' | 'doubtful' | 'bad' | 'unknown' | 'never' | 'any'
type Op = { readonly do: string; readonly n: number; readonly only: boolean; readonly kill: boolean }
interface Case {
  readonly hosts: readonly string[]
  readonly keep: number
  readonly message: boolean
  readonly ops: readonly Op[]
}

const DO = ['deploy', 'deploy', 'fails', 'seven', 'back', 'back', 'back', 'to', 'backSeven', 'cleanup', 'stick', 'stick', 'interrupt']
/** Steps in which a kill may happen. */
const SWITCH = [/^current -> /, /^current -> /, /^write down the switch/, /is good$/, /^log the/]
const KILLS: Readonly<Record<string, readonly RegExp[]>> = {
  deploy: [...SWITCH, /^new release/, /^remove \d+ old/, /^remove \d+ old/],
  fails: [/^remove the unfinished/, /^new release/],
  cleanup: [/^remove \d+ old/],
}
const op = fc.record({
  do: fc.constantFrom(...DO, 'capDeploy', 'capDeploy', 'capFails', 'capBack'),
  n: fc.nat(999),
  only: fc.nat(9).map((n) => n === 0),
  kill: fc.boolean(),
})
const cases = fc.record({
  hosts: fc.constantFrom(['a'], ['a', 'b']),
  keep: fc.integer({ min: 1, max: 4 }),
  message: fc.boolean(),
  ops: fc.array(op, { minLength: 4, maxLength: 14 }),
})

const nothing = { steps: () => [] }
const CODE = Object.fromEntries(['git:check', 'git:clone', 'git:update'].map((name) => [name, nothing]))
const at = (name: string, fails: string | undefined) => (fails === name ? { after: { [name]: 'broken' } } : {})

interface World {
  readonly given: Case
  readonly disks: Map<string, Disk>
  readonly model: Map<string, Map<string, State>>
  /** nothing is promised before shipit's first deploy */
  clock: number
  readonly shipit: (tasks: string[], o: QuickOptions & { fails?: string }) => Promise<QuickRan>
  readonly stick: (host: string, name: string | undefined) => void
  did: string[]
}

const stamp = (n: number): string => new Date(Date.UTC(2030, 0, 1) + n * 60_000).toISOString().replace(/\D/g, '').slice(0, 14)
const older = (names: Iterable<string>, than: string): string[] =>
  [...names]
    .filter((name) => name < than)
    .sort()
    .reverse()

/** The releases that a rollback may go to; `must`: it has to go to one of them. */
const targets = (world: World, hosts: readonly string[]): { readonly may: readonly string[]; readonly must: boolean } => {
  const lives = new Set(hosts.map((host) => world.disks.get(host)!.live()))
  const [live] = lives
  if (lives.size !== 1 || live === undefined) return { may: [], must: false }
  const of = (name: string) => hosts.map((host) => world.model.get(host)!.get(name) ?? 'never')
  const before = older(new Set(hosts.flatMap((host) => [...world.model.get(host)!.keys()])), live)
  for (const certain of [['good'], ['good', 'doubtful']]) {
    const may: string[] = []
    for (const name of before) {
      if (of(name).every((state) => certain.includes(state) || state === 'any')) may.push(name)
      if (of(name).every((state) => certain.includes(state))) return { may, must: true }
    }
    if (may.length > 0) return { may: before, must: false }
  }
  return { may: [], must: false }
}

/** Compares the disks with the model: `current` is a complete release, and an incomplete release has a state that says so. */
const look = (world: World) => {
  for (const [host, disk] of world.disks) {
    const model = world.model.get(host)!
    const live = disk.live()
    if (live !== undefined) assert.ok(disk.complete(live), `${host} is on ${live}, which is not complete`)
    for (const name of model.keys()) if (!disk.releases().includes(name)) model.delete(name)
    for (const name of disk.releases()) {
      const state = disk.state(name)
      if (disk.complete(name) && state !== 'removing') continue
      assert.ok(
        model.get(name) === 'never' || state === 'removing' || state === 'building' || state === 'failed',
        `${host} ${name}: ${state}`,
      )
      model.set(name, 'never')
    }
  }
}

const ran = async (
  world: World,
  hosts: readonly string[],
  how: { tasks: string[]; back: boolean; o: QuickOptions & { fails?: string } },
) => {
  const before = new Map(hosts.map((host) => [host, world.disks.get(host)!.live()]))
  const now = new Date(Date.UTC(2030, 0, 1) + ++world.clock * 60_000)
  const result = await world.shipit(how.tasks, { ...how.o, hosts, now })
  const newest = stamp(world.clock)
  const target = how.back ? how.o.release : newest
  for (const host of hosts) {
    const [was, live] = [before.get(host), world.disks.get(host)!.live()]
    const model = world.model.get(host)!
    if (how.tasks[0] === 'deploy' && live !== newest && world.disks.get(host)!.releases().includes(newest)) model.set(newest, 'never')
    if (live === undefined) continue
    const switched = live !== was
    if (!switched && !(result.exit === 0 && (how.back || how.tasks[0] === 'deploy'))) {
      if (!result.killed || target !== live) continue
    }
    if (was !== undefined && switched) {
      const left = model.get(was)
      if (how.back && live < was) model.set(was, 'bad')
      else if (left === 'unknown' || left === 'bad') model.set(was, 'good')
    }
    const recorded = world.disks.get(host)!.state(live)
    if (result.exit === 0) model.set(live, 'good')
    else if (!result.killed) model.set(live, 'doubtful')
    else if (switched || recorded === 'good') {
      assert.ok(recorded === 'doubtful' || recorded === 'good', `${host} ${live} is live after a kill, and ${recorded}`)
      model.set(live, recorded)
    } else model.set(live, 'any')
  }
  return { ...result, before }
}

const step = async (world: World, one: Op): Promise<void> => {
  const { given, disks, model } = world
  const hosts = one.only && given.hosts.length > 1 ? ['a'] : given.hosts
  const steps = KILLS[one.do] ?? SWITCH
  const kill = one.kill ? { host: hosts[one.n % hosts.length]!, step: steps[one.n % steps.length]!, at: 1 + (one.n % 13) } : undefined
  switch (one.do) {
    case 'deploy':
    case 'fails':
    case 'seven':
    case 'interrupt': {
      const fails = one.do === 'fails' ? 'deploy:updated' : one.do === 'seven' ? 'deploy:published' : undefined
      const interrupt = one.do === 'interrupt' ? 1 + (one.n % 5) : undefined
      // the live release counts: the switch records it as good
      const best = new Map(
        hosts.map((host) => {
          const live = disks.get(host)!.live()
          const good = [...model.get(host)!].flatMap(([name, s]) => (s === 'good' || (name === live && s !== 'doubtful') ? [name] : []))
          return [host, older(good, '9')[0]]
        }),
      )
      const result = await ran(world, hosts, { tasks: ['deploy'], back: false, o: { ...(fails && { fails }), kill, interrupt } })
      if (result.exit !== undefined && one.do !== 'interrupt')
        assert.equal(result.exit, one.do === 'fails' ? 1 : one.do === 'seven' ? 7 : 0, result.failures.join())
      for (const host of hosts) {
        const disk = disks.get(host)!
        const was = result.before.get(host)
        if (was !== undefined) assert.ok(disk.complete(was), `${host}: ${was}, which was live before, is gone`)
        const good = best.get(host)
        const anys = [...model.get(host)!].some(([name, s]) => s === 'any' && good !== undefined && name > good)
        if (good !== undefined && !anys) assert.ok(disk.complete(good), `${host}: ${good}, the last good one, is gone`)
      }
      return
    }
    case 'back':
    case 'backSeven': {
      const { may, must } = targets(world, hosts)
      const [live] = hosts.map((host) => disks.get(host)!.live())
      const fails = one.do === 'backSeven' ? 'deploy:published' : undefined
      const result = await ran(world, hosts, { tasks: ['deploy:rollback'], back: true, o: { ...(fails && { fails }), kill } })
      for (const host of hosts) {
        const now = disks.get(host)!.live()
        if (now !== result.before.get(host))
          assert.ok(now !== undefined && may.includes(now), `${host} went to ${now}, not to ${may.join(' or ')}`)
      }
      if (result.killed) return
      if (must) assert.equal(result.exit, fails ? 7 : 0, `${live} → ${may.join(' or ')}: ${result.failures.join()}`)
      if (may.length === 0) assert.equal(result.exit, 1)
      return
    }
    case 'to': {
      const names = disks
        .get('a')!
        .releases()
        .filter((name) => hosts.every((host) => (model.get(host)!.get(name) ?? 'never') !== 'never'))
      const release = names[one.n % Math.max(1, names.length)]
      if (release === undefined) return
      const result = await ran(world, hosts, { tasks: ['deploy:rollback'], back: true, o: { release, kill } })
      if (!result.killed) assert.equal(result.exit, 0, result.failures.join())
      return
    }
    case 'cleanup': {
      const result = await ran(world, hosts, { tasks: ['deploy:cleanup'], back: false, o: { kill } })
      if (!result.killed) assert.equal(result.exit, 0, result.failures.join())
      return
    }
    case 'stick': {
      const names = disks.get(hosts[0]!)!.releases()
      world.stick(hosts[0]!, one.n % 5 === 0 ? undefined : names[one.n % Math.min(2, names.length)])
      return
    }
    default:
      for (const host of hosts) capistrano(world, host, one)
      world.clock++
  }
}

const capistrano = ({ given, disks, model, clock }: World, host: string, one: Op) => {
  const disk = disks.get(host)!
  const states = model.get(host)!
  if (one.do === 'capBack') {
    const moved = disk.capRollback()
    if (!moved) return
    states.set(moved.from, 'any')
    if (states.get(moved.to) === 'bad') states.set(moved.to, 'any')
    // Capistrano's line in revisions.log makes it good
    if (states.get(moved.to) === 'unknown') states.set(moved.to, 'good')
    return
  }
  const name = stamp(clock + 1)
  disk.capDeploy(name, { message: given.message, keep: Math.max(2, given.keep), fails: one.do === 'capFails' })
  states.set(name, one.do === 'capFails' ? 'never' : given.message ? 'unknown' : 'good')
}

const inWorld = async (given: Case): Promise<void> => {
  const { hosts } = given
  const bin = join(quickRoot(), 'bin')
  const fleet = quickFleet(hosts, `${bin}:`)
  const shipit: World['shipit'] = (tasks, { fails, ...o }) =>
    fleet.run(tasks, {
      ...o,
      config: {
        keepReleases: given.keep,
        tasks: {
          ...CODE,
          'git:create_release': { steps: ({ paths }: { paths: { release: never } }) => [sh`cd ${paths.release}; ${raw(fill)}`] },
          broken: { steps: () => [sh`exit 9`] },
        },
        hooks: { ...at('deploy:updated', fails), ...at('deploy:published', fails) },
      },
    })
  const world: World = {
    given,
    disks: new Map(hosts.map((host) => [host, diskOf(fleet, host)])),
    model: new Map(hosts.map((host) => [host, new Map()])),
    clock: 0,
    shipit,
    stick: (host, name) => {
      const file = join(fleet.root, host, 'stuck')
      if (name === undefined) rmSync(file, { force: true })
      else appendFileSync(file, `${name}\n`)
    },
    did: [],
  }
  for (const host of hosts) mkdirSync(fleet.on(host, 'srv'))
  try {
    for (const one of given.ops) {
      world.did.push(`${one.do}${one.kill ? '!' : ''}${one.only ? ' on a' : ''}`)
      await step(world, one)
      look(world)
      world.did.push(`  ${told(world)}`)
    }
    // whatever happened, the next deploy works and can be rolled back
    for (const host of hosts) world.stick(host, undefined)
    const lives = hosts.map((host) => world.disks.get(host)!.live())
    await step(world, { do: 'deploy', n: 0, only: false, kill: false })
    look(world)
    const gone = hosts.flatMap((host) =>
      world.disks
        .get(host)!
        .releases()
        .filter((name) => !world.disks.get(host)!.complete(name) && world.disks.get(host)!.state(name) !== undefined),
    )
    assert.deepEqual(gone, [], 'what was half removed is gone')
    if (lives[0] !== undefined && new Set(lives).size === 1) {
      const back = await ran(world, hosts, { tasks: ['deploy:rollback'], back: true, o: {} })
      assert.equal(back.exit, 0, `no way back: ${back.failures.join()}`)
      look(world)
    }
  } catch (error) {
    throw new Error(`${world.did.join('\n')}\n${told(world)}\n${(error as Error).message}`, { cause: error })
  } finally {
    fleet.remove()
  }
}

/** Each host with its releases, their records and their states in the model. */
const told = ({ disks, model }: World): string =>
  [...disks]
    .map(([host, disk]) => {
      const releases = disk
        .releases()
        .map((name) => `${name.slice(8)}${name === disk.live() ? '*' : ''}=${disk.state(name)}/${model.get(host)!.get(name)}`)
      return `${host}: ${releases.join(' ')}`
    })
    .join(' | ')

let root: string | undefined
/** An `rm` that cannot empty some releases: it removes a part of them and fails. */
const quickRoot = (): string => {
  if (root !== undefined) return root
  const made = quickFleet([])
  root = made.root
  mkdirSync(join(root, 'bin'))
  writeFileSync(
    join(root, 'bin/rm'),
    `#!/bin/sh
for arg; do
  name=\${arg##*/}
  case $arg in */srv/releases/*) ;; *) continue ;; esac
  if grep -qx "$name" "$HOME/stuck" 2>/dev/null; then /bin/rm -f "$arg/one"; echo "rm: cannot remove '$arg/two': Operation not permitted" >&2; exit 1; fi
done
exec /bin/rm "$@"
`,
  )
  chmodSync(join(root, 'bin/rm'), 0o755)
  return root
}

const runs = Number(process.env['SHIPIT_SEQUENCES'] ?? 12)
const seed = Number(process.env['SHIPIT_SEED'] ?? 1)

test(
  'any sequence of deploys, failures, kills, rollbacks, clean-ups and Capistrano leaves a complete release and a way back',
  { skip: needs('bash', 'setsid') },
  async () => {
    await fc.assert(fc.asyncProperty(cases, inWorld), { numRuns: runs, seed, endOnFailure: process.env['SHIPIT_SHRINK'] === undefined })
    if (root !== undefined && existsSync(root)) rmSync(root, { recursive: true })
  },
)

test(
  'a switch that is killed before any of its commands counts either as made or as not made, and is never counted as half',
  { skip: needs('bash', 'setsid') },
  async () => {
    let made = 0
    let unmade = 0
    for (const task of ['deploy', 'deploy:rollback']) {
      let killed = true
      for (let at = 1; killed; at++) {
        const fleet = quickFleet(['a'])
        const disk = diskOf(fleet, 'a')
        const config = {
          tasks: {
            ...CODE,
            'git:create_release': { steps: ({ paths }: { paths: { release: never } }) => [sh`cd ${paths.release}; ${raw(fill)}`] },
          },
        }
        let clock = 0
        const run = (tasks: string[], o: QuickOptions = {}) =>
          fleet.run(tasks, { config, now: new Date(Date.UTC(2030, 0, 1) + ++clock * 60_000), ...o })
        try {
          for (let i = 0; i < 3; i++) assert.equal((await run(['deploy'])).exit, 0)
          const [first, second, third] = disk.releases()
          killed = (await run([task], { kill: { host: 'a', step: /^current -> /, at } })).killed
          const switched = disk.live() !== third
          if (killed && switched) made++
          if (killed && !switched) unmade++
          const back = await run(['deploy:rollback'])
          // not made: the next rollback goes to the same release; made: to the one before
          const expected = !switched ? second : task === 'deploy' ? third : first
          assert.deepEqual([back.exit, disk.live()], [0, expected], `${task}, killed before command ${at}: ${back.failures.join()}`)
        } finally {
          fleet.remove()
        }
      }
    }
    assert.ok(made >= 2 && unmade >= 8, `${made} and ${unmade}`)
  },
)
