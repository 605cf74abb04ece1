import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { alive, until } from '../transport/contract-support.ts'
import type { KilledWork } from './killed-client.ts'
import { startFleet, type Fleet } from './support.ts'

/**
 * Files that are on their way when shipit or a keeper is killed with SIGKILL, at a moment that a seed chooses. SHIPIT_MOMENTS=1-200 tries
 * these.
 */
const [FIRST = 1, LAST = FIRST] = (process.env['SHIPIT_MOMENTS'] ?? '1-8').split('-').map(Number)
const SIZE = 1_500_000
const HEARTBEAT = 713

let fleet: Fleet
let here: string
/** how long each takes, in milliseconds */
const whole = new Map<KilledWork['what'], number>()
/** the contents of a file so far, by its name */
const versions = new Map<string, Set<string>>()
before(async () => {
  fleet = await startFleet(['a', 'b'])
  here = dirname(fleet.repo)
  for (const what of ['linked:push', 'upload'] as const) {
    change()
    const since = Date.now()
    assert.equal(await run(what), 0)
    whole.set(what, Date.now() - since)
  }
})
after(() => fleet.stop())

const sum = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** Gives all files here another content. */
const change = (): void => {
  for (const name of ['dist/one', 'dist/two', 'dist/deep/three', 'linked/a', 'linked/b', 'linked/c']) {
    mkdirSync(dirname(join(here, name)), { recursive: true })
    const bytes = randomBytes(SIZE)
    writeFileSync(join(here, name), bytes)
    versions.set(name, (versions.get(name) ?? new Set()).add(sum(bytes)))
  }
}

/** Runs the client to its end. `disturb` is called with it after its first event. Returns its exit code; undefined: killed. */
const run = async (
  what: KilledWork['what'],
  disturb: (kill: () => void, isOver: () => boolean) => unknown = () => {},
): Promise<number | undefined> => {
  const work: KilledWork = { config: fleet.config(), heartbeat: HEARTBEAT, what, here }
  const child = spawn(process.execPath, [`${import.meta.dirname}/killed-client.ts`, JSON.stringify(work)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const first = Promise.withResolvers<void>()
  child.stdout.on('data', () => first.resolve())
  const ended = new Promise<number | undefined>((resolve) => child.on('close', (code) => (first.resolve(), resolve(code ?? undefined))))
  await first.promise
  await disturb(
    () => void child.kill('SIGKILL'),
    () => child.exitCode !== null,
  )
  return ended
}

/** The process group of the keeper on host b, found by its `sleep` of one heartbeat. */
const keeperGroup = (): number | undefined => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== `sleep\0${HEARTBEAT / 1000}\0`) continue
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').includes('SHIPIT_DEMO_HOST=b\0')) continue
      return Number(/\) \S \d+ (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1])
    } catch {
      // the process has ended
    }
  }
  return undefined
}

/** Kills the keeper, as soon as there is one. */
const killKeeper = async (isOver: () => boolean): Promise<void> => {
  while (!isOver()) {
    const group = keeperGroup()
    if (group !== undefined) return void process.kill(-group, 'SIGKILL')
    await pause(5)
  }
}

const home = (host: string): string => dirname(fleet.on(host, ''))
/** where each file is on a host */
const places: Readonly<Record<string, (host: string) => string>> = {
  ...Object.fromEntries(['one', 'two', 'deep/three'].map((name) => [`dist/${name}`, (host: string) => join(home(host), 'site', name)])),
  ...Object.fromEntries(['a', 'b', 'c'].map((name) => [`linked/${name}`, (host: string) => fleet.on(host, `shared/${name}.bin`)])),
}
const contentPlaces = (host: string): readonly string[] => ['bytes', 'stream'].map((name) => join(home(host), 'content', name))

/** Every file there is whole: of this version, or of an earlier one. */
const assertWhole = (host: string): void => {
  const known = [...Object.entries(places).map(([name, at]) => [name, at(host)]), ...contentPlaces(host).map((at) => ['dist/one', at])]
  for (const [name, at] of known) {
    assert.ok(existsSync(at!), `${at} is gone`)
    assert.ok(versions.get(name!)!.has(sum(readFileSync(at!))), `${at} is neither old nor new`)
  }
  const kept = fleet.on(host, '.shipit/replaced')
  for (const name of existsSync(kept) ? readdirSync(kept) : [])
    assert.ok(versions.get(`linked/${name[0]}`)!.has(sum(readFileSync(join(kept, name)))), `${name}, which is kept, is not whole`)
}

const leftovers = (host: string): readonly string[] =>
  readdirSync(home(host), { recursive: true, encoding: 'utf8' }).filter((name) => /\.shipit-upload\./.test(name))

/** the programs that take files there */
const takers = (host: string): readonly string[] =>
  leftovers(host).flatMap((name) => {
    const pid = /\.shipit-upload\.(\d+)\.\w+$/.exec(name)?.[1]
    return pid !== undefined && alive(Number(pid)) ? [pid] : []
  })

const isFree = (host: string): boolean => {
  const lock = fleet.on(host, '.shipit/lock')
  return !existsSync(lock) || spawnSync('flock', ['-n', lock, 'true']).status === 0
}

const random = (seed: number): (() => number) => {
  let state = (seed * 2654435761) >>> 0
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) >>> 0
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32
  }
}

for (let seed = FIRST; seed <= LAST; seed++) {
  const next = random(seed)
  const what = seed % 2 === 0 ? 'linked:push' : 'upload'
  const keeper = seed % 4 >= 2
  const part = next()
  test(`${what} leaves whole files and a free lock if ${keeper ? 'a keeper' : 'shipit'} is killed, and the next one succeeds: ${seed}, at ${Math.round(part * 100)} %`, async () => {
    change()
    const exit = await run(what, async (kill, isOver) => {
      await pause(part * whole.get(what)!)
      if (keeper) await killKeeper(isOver)
      else kill()
    })
    if (keeper) assert.ok(exit === 0 || exit === 1 || exit === 3, `exit ${exit}`)
    for (const host of ['a', 'b']) {
      assertWhole(host)
      await until(() => isFree(host), `the lock of ${host} is free`)
      await until(() => takers(host).length === 0, `nothing takes files on ${host}`)
      assertWhole(host)
    }
    assert.equal(await run(what), 0)
    for (const host of ['a', 'b']) {
      assert.deepEqual(leftovers(host), [])
      assertWhole(host)
      for (const [name, at] of Object.entries(places))
        if (name.startsWith('dist/') === (what === 'upload'))
          assert.equal(sum(readFileSync(at(host))), sum(readFileSync(join(here, name))), name)
    }
  })
}

test('an upload that sends nothing removes what a killed one left in the folder', async () => {
  const old = join(home('a'), 'site/.shipit-upload.999999999.abcdef')
  mkdirSync(old)
  writeFileSync(join(old, 'half'), 'half')
  assert.equal(await run('upload'), 0)
  assert.equal(existsSync(old), false)
  rmSync(old, { recursive: true, force: true })
})
