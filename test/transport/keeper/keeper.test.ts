import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openKeeper } from '../../../src/transport/keeper/keeper.ts'
import { LOCK_FILE } from '../../../src/transport/keeper/script/index.ts'
import type { Connection } from '../../../src/transport/types.ts'
import { ShipitError } from '../../../src/values/errors.ts'
import { needs, program } from '../../support/needs.ts'
import { alive, localHost, pidsIn, until } from '../contract-support.ts'

/** A connection whose channels are local shells of this kind. */
const connectionOf = (words: readonly string[], env: NodeJS.ProcessEnv = process.env): Connection & { hangUp(): void } => {
  const ends: (() => void)[] = []
  return {
    address: 'here',
    lost: new Promise(() => {}),
    close: async () => {},
    leave: () => {},
    forward: () => Promise.reject(new Error('there is no network')),
    attach: () => Promise.reject(new Error('there is no terminal')),
    hangUp: () => ends.forEach((end) => end()),
    open: async (sink, options) => {
      const child = spawn(words[0]!, words.slice(1), { detached: true, env })
      child.stdin.on('error', () => {})
      child.stdout.on('data', (chunk: Buffer) => sink.stdout(chunk))
      child.stderr.on('data', (chunk: Buffer) => sink.stderr(chunk))
      child.on('close', (code, signal) => sink.close({ code: code ?? undefined, signal: signal ?? undefined, lost: undefined }))
      ends.push(() => child.stdin.end())
      if (options?.first !== undefined) child.stdin.write(options.first)
      return {
        write: (bytes) => void child.stdin.write(bytes),
        drained: async () => {},
        end: () => child.stdin.end(),
        pause: () => child.stdout.pause(),
        resume: () => child.stdout.resume(),
        close: () => child.stdin.destroy(),
      }
    },
  }
}

const options = { key: '0123456789abcdef', heartbeat: 10_000, grace: 300, shellTimeout: 10_000, onDead: () => {} }

/** The process group of a new shell that runs `script`, once it has started. */
const group = async (script: string): Promise<number> => {
  const child = spawn('/bin/sh', ['-c', `echo; ${script}`], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid!
}

/** A PATH with the shell's own programs: busybox has its own awk, sed, tr. */
const own = (shell: string, dir: string): string => {
  if (shell !== 'busybox') return process.env['PATH']!
  const path = mkdtempSync(join(dir, 'busybox-'))
  for (const tool of ['awk', 'cat', 'dd', 'grep', 'ls', 'mkdir', 'sed', 'sleep', 'tr', 'chmod'])
    symlinkSync(program('busybox')!, join(path, tool))
  return path
}

/** The pids in a file whose environment has these marks. */
const pidsByMark = async (file: string, marks: readonly string[]): Promise<(number | undefined)[]> => {
  const pids = await pidsIn(file, marks.length)
  const answerKeyOf = (pid: number) => /SHIPIT_STEP=[0-9a-f]*\.([^\0]*)/.exec(readFileSync(`/proc/${pid}/environ`, 'latin1'))?.[1]
  return marks.map((mark) => pids.find((pid) => answerKeyOf(pid) === mark))
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

    test('holds the lock until its client hangs up, and reports who has it', async () => {
      const one = connectionOf(words)
      const first = await openKeeper(localHost, one, options)
      assert.deepEqual(await first.lock(request('1')), { taken: true })
      const file = `${dir}/it's here/.shipit/${LOCK_FILE}`
      const [run, owner, what, since, keeping, ...rest] = readFileSync(file, 'utf8').trimEnd().split('\n')
      assert.deepEqual([run, owner, what, since, rest], ['1', request('1').owner, 'a deploy', '42', ['end']])
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

    test('rejects a request for the lock with the reason once it is gone', { timeout: 20_000 }, async () => {
      const connection = connectionOf(words)
      const keeper = await openKeeper(localHost, connection, options)
      connection.hangUp()
      const reason = await keeper.lost
      await assert.rejects(keeper.lock(request('late')), reason)
    })

    test('is missed at once when it is killed, not after three heartbeats', { timeout: 20_000 }, async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 600_000 })
      assert.deepEqual(await keeper.lock(request('killed')), { taken: true })
      const [, pid] = /^keeper (\d+) /m.exec(readFileSync(`${dir}/it's here/.shipit/${LOCK_FILE}`, 'utf8'))!
      process.kill(Number(pid), 'SIGKILL')
      assert.match((await keeper.lost).message, /the keeper on the host ended \(SIGKILL\)/)
    })

    test('is lost because its client was suspended if it ends meanwhile', { timeout: 20_000 }, async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200 })
      assert.equal(keeper.suspended(), undefined)
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
      await keeper.lost
      assert.ok(keeper.suspended()! >= 3000)
    })

    test('ends one group on request, and the others when its client hangs up', async () => {
      const connection = connectionOf(words)
      const keeper = await openKeeper(localHost, connection, options)
      const groups = [
        await group('sleep 300; :'),
        await group('sleep 300; :'),
        await group('trap "" TERM; sleep 300; :'),
        await group('sleep 300; :'),
      ]
      const [ended, forgotten] = groups as [number, number]
      for (const one of groups) keeper.add(one)
      keeper.remove(forgotten)
      assert.deepEqual(await keeper.end(ended), { gone: true, left: [] })
      assert.deepEqual(groups.map(alive), [false, true, true, true])
      connection.hangUp()
      await keeper.lost
      assert.deepEqual(groups.map(alive), [false, true, false, false])
      process.kill(-forgotten, 'SIGKILL')
    })

    test("ends processes with the step's mark that left the group and the parent, and none with another mark", async () => {
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

    test('ends a group that ignores TERM with KILL, and reports a group that is gone already as gone', async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), options)
      const stubborn = await group('trap "" TERM; while :; do sleep 1; done')
      assert.deepEqual(await keeper.end(stubborn), { gone: true, left: [] })
      assert.equal(alive(stubborn), false)
      assert.deepEqual(await keeper.end(stubborn), { gone: true, left: [] })
      await keeper.quit()
    })

    test('treats a silent client as dead', async () => {
      // a heartbeat that never comes, for a keeper that expects five a second
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

    test('lives as long as heartbeats come', async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200 })
      const one = await group('sleep 2.5; :')
      keeper.add(one)
      await until(() => !alive(one))
      assert.deepEqual(await keeper.lock(request('4')), { taken: true })
      await keeper.quit()
    })

    test('reports that the shell of a group has ended', async () => {
      const dead = Promise.withResolvers<number>()
      const keeper = await openKeeper(localHost, connectionOf(words), { ...options, heartbeat: 200, onDead: dead.resolve })
      const one = await group('exit')
      keeper.add(one)
      assert.equal(await dead.promise, one)
      await keeper.quit()
    })

    test('names what to install if flock is missing', async () => {
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
