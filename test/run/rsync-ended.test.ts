import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { rsync } from '../../src/shell/rsync.ts'
import type { Command } from '../../src/shell/types.ts'
import { needs } from '../support/needs.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
/** the folder of the config */
let here: string
/** the home of the host */
let there: string
const large = randomBytes(30_000_000)
before(async () => {
  fleet = await startFleet(['a'])
  here = dirname(fleet.repo)
  there = dirname(fleet.on('a', ''))
})
after(() => fleet.stop())
beforeEach(() => {
  for (const folder of [join(here, 'dist'), join(there, 'site'), join(here, 'back'), join(there, 'data'), join(there, 'bin')]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
  for (const folder of [join(here, 'dist'), join(there, 'data')]) writeFileSync(join(folder, 'large'), large)
  for (const folder of [join(here, 'back'), join(there, 'site')]) writeFileSync(join(folder, 'large'), 'old')
})

const run = (step: Command, more: RunOptions = {}): Promise<Ran> =>
  fleet.run(['copy'], { ...more, config: { tasks: { copy: { steps: () => [step] } } } })
const send = rsync('dist/', { remote: '~/site' })
const fetch = rsync({ remote: '~/data/' }, 'back')

/** Does something once a few megabytes are on their way to the host. */
const sending = (act: () => void): NonNullable<RunOptions['onSend']> => {
  let sent = 0
  return (_, bytes) => {
    const before = sent
    sent += bytes.length
    if (before < 5_000_000 && sent >= 5_000_000) act()
  }
}

/** Does something once a megabyte has arrived here. */
const fetching = async (act: () => void, copy: () => Promise<Ran>): Promise<Ran> => {
  let done = false
  const watch = setInterval(() => {
    const part = readdirSync(join(here, 'back')).find((name) => name.startsWith('.large.'))
    if (done || part === undefined || statSync(join(here, 'back', part)).size < 1_000_000) return
    done = true
    act()
  }, 1)
  const ran = await copy().finally(() => clearInterval(watch))
  assert.ok(done)
  return ran
}

/** The processes of this machine, the hosts' included, that have the path of this fleet among their words. */
const processes = (): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        return /rsync/.test(words) && words.includes(here) ? [`${pid} ${words}`] : []
      } catch {
        return []
      }
    })
const isOtherEnd = (words: string) => /^\d+ rsync --server/.test(words)
const local = () => processes().filter((words) => !isOtherEnd(words))
const left = async () => {
  // the host's side of a connection that was cut ends when its keeper sees that
  while (fleet.hosts.some((host) => host.running().length > 0)) await new Promise((resolve) => setTimeout(resolve, 20))
  return processes()
}
const untouched = (folder: string) => {
  assert.deepEqual(readdirSync(folder), ['large'])
  assert.equal(readFileSync(join(folder, 'large'), 'utf8'), 'old')
}
const interrupted = () => {
  let interrupt: () => void = () => assert.fail('not yet')
  const onEvent: RunOptions['onEvent'] = (event, stop) => event.type === 'run:start' && (interrupt = () => stop('SIGINT'))
  return { onEvent, now: () => interrupt() }
}

describe('rsync() that does not come to its end', { skip: needs('rsync') }, () => {
  test('a send is ended on both sides by a lost connection, and the next one completes it', async () => {
    const ran = await run(send, { onSend: sending(() => fleet.cut('a')) })
    assert.equal(ran.exit, 3)
    assert.match(ran.failures[0]!.reason, /connection lost/)
    assert.deepEqual(local(), [])
    assert.deepEqual(await left(), [])
    assert.equal(readFileSync(join(there, 'site/large'), 'utf8'), 'old')
    assert.equal((await run(send)).exit, 0)
    assert.ok(readFileSync(join(there, 'site/large')).equals(large))
  })

  test('a fetch is ended on both sides by a lost connection, and leaves nothing here', async () => {
    const ran = await fetching(
      () => fleet.cut('a'),
      () => run(fetch),
    )
    assert.equal(ran.exit, 3)
    assert.deepEqual(local(), [])
    assert.deepEqual(await left(), [])
    untouched(join(here, 'back'))
  })

  test('a send is ended on both sides by Ctrl-C, and leaves nothing there', async () => {
    const stop = interrupted()
    const ran = await run(send, { onEvent: stop.onEvent, onSend: sending(stop.now) })
    assert.equal(ran.exit, 130)
    assert.deepEqual(ran.failures, [])
    assert.deepEqual(local(), [])
    assert.deepEqual(await left(), [])
    untouched(join(there, 'site'))
  })

  test('a fetch is ended on both sides by Ctrl-C, and leaves nothing here', async () => {
    const stop = interrupted()
    const ran = await fetching(stop.now, () => run(fetch, { onEvent: stop.onEvent }))
    assert.equal(ran.exit, 130)
    assert.deepEqual(ran.failures, [])
    assert.deepEqual(local(), [])
    assert.deepEqual(await left(), [])
    untouched(join(here, 'back'))
  })

  test('a time limit ends both sides, and is the reason of the failure', async () => {
    writeFileSync(join(there, 'bin/rsync'), '#!/bin/sh\nexec sleep 600\n', { mode: 0o755 })
    const ran = await run(send.env({ PATH: `${join(there, 'bin')}:${process.env['PATH']}` }).timeout('1s'))
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /^timed out after 1s/)
    assert.deepEqual(await left(), [])
  })

  test('an rsync of this machine that is killed fails the step, and ends the other end', async () => {
    const ran = await run(send, {
      onSend: sending(() => {
        for (const one of local()) if (/^\d+ rsync /.test(one)) process.kill(Number(one.split(' ', 1)[0]), 'SIGKILL')
      }),
    })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /^the rsync of this machine was ended by SIGKILL/)
    assert.deepEqual(await left(), [])
    assert.equal(readFileSync(join(there, 'site/large'), 'utf8'), 'old')
  })

  test('an other end that is killed fails the step, with what rsync says', async () => {
    const ran = await run(send, {
      onSend: sending(() => {
        for (const one of processes()) if (isOtherEnd(one)) process.kill(Number(one.split(' ', 1)[0]), 'SIGKILL')
      }),
    })
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /^rsync: exit \d+.*\n.*rsync/s)
    assert.deepEqual(await left(), [])
  })

  test('a fetch to a place that cannot be written fails, and ends the other end', async () => {
    rmSync(join(here, 'back'), { recursive: true })
    writeFileSync(join(here, 'back'), 'a file')
    const ran = await run(fetch)
    assert.equal(ran.exit, 1)
    assert.match(ran.failures[0]!.reason, /^rsync: exit 3: .*\n.*destination must be a directory/s)
    assert.deepEqual(await left(), [])
    rmSync(join(here, 'back'))
  })

  test('no other process can take part: there is no file or socket of it', async () => {
    const rsyncs = () => readdirSync(tmpdir()).filter((name) => name.includes('rsync'))
    const before = rsyncs()
    let during: string[] = []
    let running = 0
    const ran = await run(send, {
      onSend: sending(() => {
        during = rsyncs()
        running = local().length
      }),
    })
    assert.equal(ran.exit, 0)
    assert.ok(running > 0)
    assert.deepEqual(during, before)
  })
})
