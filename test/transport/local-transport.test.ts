import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localTransport } from '../../src/transport/local-transport.ts'
import type { ChannelEnd } from '../../src/transport/types.ts'
import { localHost } from './contract-support.ts'

const open = async () => {
  const connection = await localTransport().connect(localHost, { signal: new AbortController().signal })
  const ended = Promise.withResolvers<ChannelEnd>()
  let out = ''
  const channel = await connection.open({
    stdout: (chunk) => (out += chunk),
    stderr: (chunk) => (out += chunk),
    close: (end) => ended.resolve(end),
  })
  return { connection, channel, ended: ended.promise, out: () => out }
}

test('a local channel is a shell with its own session and process group', async () => {
  const { channel, ended, out } = await open()
  channel.write('cut -d" " -f1,5,6 /proc/$$/stat\n')
  channel.end()
  assert.deepEqual(await ended, { code: 0, signal: undefined, lost: undefined })
  const [pid, group, session] = out().trim().split(' ')
  assert.equal(group, pid)
  assert.equal(session, pid)
  assert.notEqual(pid, String(process.pid))
})

test("a shell's end has its exit code or its signal", async () => {
  const exits = await open()
  exits.channel.write('exit 7\n')
  assert.deepEqual(await exits.ended, { code: 7, signal: undefined, lost: undefined })
  const killed = await open()
  killed.channel.write('kill -9 $$\n')
  assert.deepEqual(await killed.ended, { code: undefined, signal: 'SIGKILL', lost: undefined })
})

test('writing to an exited shell does nothing', async () => {
  const { channel, ended } = await open()
  channel.write('exit 0\n')
  await ended
  channel.write('echo more\n'.repeat(100_000))
  channel.end()
  channel.close()
})

test('closing the connection closes each channel once', async () => {
  const connection = await localTransport().connect(localHost, { signal: new AbortController().signal })
  let closes = 0
  const sink = { stdout: () => {}, stderr: () => {}, close: () => closes++ }
  const channel = await connection.open(sink)
  await connection.open(sink)
  await connection.close()
  channel.close()
  assert.equal(closes, 2)
})

test('an aborted signal prevents connecting', async () => {
  await assert.rejects(localTransport().connect(localHost, { signal: AbortSignal.abort(new Error('stopped')) }), /stopped/)
})
