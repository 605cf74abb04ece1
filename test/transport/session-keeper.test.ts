import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openKeeper } from '../../src/transport/keeper.ts'
import { LOCK_FILE } from '../../src/transport/keeper-script.ts'
import type { Connection } from '../../src/transport/types.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { needs, program } from '../support/needs.ts'
import { alive, localHost, until } from './contract-support.ts'

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

const options = { heartbeat: 10_000, grace: 300, patience: 10_000, onDead: () => {} }

/** A group of its own that runs this, which has begun when it has printed a line. */
const group = async (script: string): Promise<number> => {
  const child = spawn('/bin/sh', ['-c', `echo; ${script}`], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return child.pid!
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
      assert.equal(readFileSync(`${dir}/it's here/.shipit/${LOCK_FILE}`, 'utf8'), `1\n${request('1').owner}\na deploy\n42\nend\n`)
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
      assert.equal(await keeper.end(told), true)
      assert.deepEqual(groups.map(alive), [false, true, true, true])
      connection.hangUp()
      await keeper.lost
      assert.deepEqual(groups.map(alive), [false, true, false, false])
      process.kill(-forgotten, 'SIGKILL')
    })

    test('ends a group that ignores TERM with KILL, and says so of one that is gone already', async () => {
      const keeper = await openKeeper(localHost, connectionOf(words), options)
      const stubborn = await group('trap "" TERM; while :; do sleep 1; done')
      assert.equal(await keeper.end(stubborn), true)
      assert.equal(alive(stubborn), false)
      assert.equal(await keeper.end(stubborn), true)
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
