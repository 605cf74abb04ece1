import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openKeeper } from '../../src/transport/keeper.ts'
import { LOCK_FILE } from '../../src/transport/keeper-script.ts'
import type { Connection } from '../../src/transport/types.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { needs, program } from '../support/needs.ts'
import { alive, localHost, pidsIn, until } from './contract-support.ts'

/** Channels are shells of this kind, on this machine. */
const connectionOf = (words: readonly string[], env: NodeJS.ProcessEnv = process.env): Connection & { hangUp(): void } => {
  const ends: (() => void)[] = []
  return {
    address: 'here',
    lost: new Promise(() => {}),
    close: async () => {},
    leave: () => {},
    hangUp: () => ends.forEach((end) => end()),
    open: async (sink, options) => {
      const child = spawn(words[0]!, words.slice(1), { detached: true, env })
      child.stdin.on('error', () => {})
      child.stdout.on('data', (chunk: Buffer) => sink.stdout(chunk))
      child.stderr.on('data', (chunk: Buffer) => sink.stderr(chunk))
      child.on('close', (code, signal) => sink.close({ code: code ?? undefined, signal: signal ?? undefined, lost: undefined }))
      ends.push(() => child.stdin.end())
      if (options?.first !== undefined) child.stdin.write(options.first)
      return { write: (bytes) => void child.stdin.write(bytes), end: () => child.stdin.end(), close: () => child.stdin.destroy() }
    },
  }
}

const options = { key: '0123456789abcdef', heartbeat: 10_000, grace: 300, patience: 10_000, onDead: () => {} }

/** A group of its own that runs this, which has begun when it has printed a line. */
const group = async (script: string): Promise<number> => {
  const child = spawn('/bin/sh', ['-c', `echo; ${script}`], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid!
}

/** The programs of this shell's own kind: busybox has its own awk, sed, tr. */
const own = (shell: string, dir: string): string => {
  if (shell !== 'busybox') return process.env['PATH']!
  const path = mkdtempSync(join(dir, 'busybox-'))
  for (const tool of ['awk', 'cat', 'dd', 'grep', 'ls', 'mkdir', 'sed', 'sleep', 'tr', 'chmod'])
    symlinkSync(program('busybox')!, join(path, tool))
  return path
}

/** Of the pids in a file, those whose environment has these marks. */
const pidsByMark = async (file: string, marks: readonly string[]): Promise<(number | undefined)[]> => {
  const pids = await pidsIn(file, marks.length)
  const markOf = (pid: number) => /SHIPIT_STEP=[0-9a-f]*\.([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1]
  return marks.map((mark) => pids.find((pid) => markOf(pid) === mark))
}

for (const [name, words] of Object.entries({ dash: ['dash'], bash: ['bash', '--posix'], busybox: ['busybox', 'sh'] })) {
  describe(`a keeper in ${name}`, { skip: needs(words[0]!, 'flock') }, () => {
    let dir = ''
    before(() => {
      dir = mkdtempSync(join(tmpdir(), 'shipit-keeper-'))
    })
    after(() => rmSync(dir, { recursive: true, force: true }))
    const request = (run: string) => ({
      deployTo: `${dir}/it's here`,
      run,
      owner: 'an "owner" with $(words) `and` \\n',
      what: '  a deploy ',
      since: 42,
    })

    test('holds the lock until its client hangs up, and tells who has it', async () => {
      const one = connectionOf(words)
      const first = await openKeeper(localHost, one, options)
      assert.deepEqual(await first.lock(request('1')), { taken: true })
      const file = `${dir}/it's here/.shipit/${LOCK_FILE}`
      const [run, owner, what, since, keeping, ...rest] = readFileSync(file, 'utf8').split('\n')
      assert.deepEqual([run, owner, what, since, rest], ['1', request('1').owner, 'a deploy', '42', ['end', '']])
      assert.match(keeping!, /^keeper \d+ \d+ \d+$/)
      assert.equal(statSync(file).mode & 0o777, 0o600)
      const two = connectionOf(words)
      const second = await openKeeper(localHost, two, options)
      assert.deepEqual(await second.lock(request('2')), { taken: false, run: '1', owner: request('1').owner, what: 'a deploy', since: 42 })
      one.hangUp()
      await first.lost
      assert.deepEqual(await second.lock(request('3')), { taken: true })
      await second.quit()
    })

    test('that is gone answers a request for the lock with the reason', { timeout: 20_000 }, async () => {
      const connection = connectionOf(words)
      const keeper = await openKeeper(localHost, connection, options)
      connection.hangUp()
      const reason = await keeper.lost
      await assert.rejects(keeper.lock(request('late')), reason)
    })

    test('that is killed alone is missed at once, and not after three heartbeats', { timeout: 20_000 }, async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 600_000 })
      assert.deepEqual(await keeper.lock(request('killed')), { taken: true })
      const [, pid] = /^keeper (\d+) /m.exec(readFileSync(`${dir}/it's here/.shipit/${LOCK_FILE}`, 'utf8'))!
      process.kill(Number(pid), 'SIGKILL')
      assert.match((await keeper.lost).message, /the keeper on the host ended \(SIGKILL\)/)
    })

    test('that ends while its client sleeps is lost for that', { timeout: 20_000 }, async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200 })
      assert.equal(keeper.slept(), undefined)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
      await keeper.lost
      assert.ok(keeper.slept()! >= 3000)
    })

    test('ends one group when told to, and the others when its client hangs up', async () => {
      const connection = connectionOf(words)
      const keeper = await openKeeper(localHost, connection, options)
      const groups = [
        await group('sleep 300; :'),
        await group('sleep 300; :'),
        await group('trap "" TERM; sleep 300; :'),
        await group('sleep 300; :'),
      ]
      const [told, forgotten] = groups as [number, number]
      for (const one of groups) keeper.add(one)
      keeper.remove(forgotten)
      assert.deepEqual(await keeper.end(told), { gone: true, left: [] })
      assert.deepEqual(groups.map(alive), [false, true, true, true])
      connection.hangUp()
      await keeper.lost
      assert.deepEqual(groups.map(alive), [false, true, false, false])
      process.kill(-forgotten, 'SIGKILL')
    })

    test('ends what has left the group and its parent, by its mark, and not what carries another mark', async () => {
      const keeper = await openKeeper(
        localHost,
        connectionOf([program(words[0]!)!, ...words.slice(1)], { ...process.env, PATH: own(words[0]!, dir) }),
        options,
      )
      const file = `${dir}/moved`
      const daemon = (mark: string) =>
        `SHIPIT_STEP=${mark} setsid sh -c 'echo $$ >>${file}; while :; do sleep 1; done' >/dev/null 2>&1 </dev/null &`
      const one = await group(
        `((${daemon(`${options.key}.$$.7`)} ${daemon(`${options.key}.1.7`)} ${daemon(`${options.key}.stay`)}); sleep 300); :`,
      )
      const [ours, another, stays] = await pidsByMark(file, [`${one}.7`, '1.7', 'stay'])
      keeper.add(one)
      assert.deepEqual(await keeper.end(one), { gone: true, left: [] })
      assert.deepEqual(
        [ours, another, stays].map((pid) => alive(pid!)),
        [false, true, true],
      )
      for (const pid of [another, stays]) process.kill(pid!, 'SIGKILL')
      await keeper.quit()
    })

    test('ends a group that ignores TERM with KILL, and says so of one that is gone already', async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), options)
      const stubborn = await group('trap "" TERM; while :; do sleep 1; done')
      assert.deepEqual(await keeper.end(stubborn), { gone: true, left: [] })
      assert.equal(alive(stubborn), false)
      assert.deepEqual(await keeper.end(stubborn), { gone: true, left: [] })
      await keeper.quit()
    })

    test('takes a client that is silent for dead', async () => {
      // a heartbeat that never comes, told to a keeper that expects five a second
      const connection = connectionOf(words)
      const quiet: Connection = {
        ...connection,
        open: async (sink, wanted) => {
          const channel = await connection.open(sink, wanted)
          return { ...channel, write: (bytes) => (String(bytes) === 'beat\n' ? undefined : channel.write(bytes)) }
        },
      }
      const keeper = await openKeeper(localHost, quiet, { ...options, heartbeat: 200 })
      const one = await group('sleep 300; :')
      keeper.add(one)
      await keeper.lost
      assert.equal(alive(one), false)
    })

    test('lives as long as the heartbeats come', async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200 })
      const one = await group('sleep 2.5; :')
      keeper.add(one)
      await until(() => !alive(one))
      assert.deepEqual(await keeper.lock(request('4')), { taken: true })
      await keeper.quit()
    })

    test('says that the shell of a group is gone', async () => {
      const dead = Promise.withResolvers<number>()
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200, onDead: dead.resolve })
      const one = await group('exit')
      keeper.add(one)
      assert.equal(await dead.promise, one)
      await keeper.quit()
    })

    test('says what to install where flock is missing', async () => {
      const path = mkdtempSync(join(dir, 'path-'))
      for (const tool of ['cat', 'sleep', 'mkdir', 'dd', 'grep']) symlinkSync(program(tool)!, join(path, tool))
      const keeper = await openKeeper(localHost, connectionOf([program(words[0]!)!, ...words.slice(1)], { PATH: path }), options)
      await assert.rejects(
        keeper.lock(request('5')),
        (error: unknown) => error instanceof ShipitError && /no flock/.test(error.message) && /util-linux/.test(error.hint!),
      )
      await keeper.quit()
    })
  })
}
