import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { test } from 'node:test'
import type { Channel, ChannelEnd } from '../../../src/transport/types.ts'
import { needs, startSshd } from '../../support/sshd.ts'
import { connect } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
const STREAMS = ['stdout', 'stderr'] as const

for (const stream of STREAMS)
  test(`a server gets leave to send more long before half of the window is used up (${stream})`, { skip }, async () => {
    const sshd = await startSshd({ config: ['LogLevel DEBUG2'] })
    try {
      const connection = await connect(sshd.host())
      const size = 600_000
      let bytes = 0
      const ended = Promise.withResolvers<ChannelEnd>()
      const take = (chunk: Buffer): void => {
        // sshd prints some messages of its own at this level
        bytes += chunk.filter((byte) => byte === 0).length
        // sent after whatever the channel has sent for what it read
        if (bytes === size) channel.write('on\n')
      }
      const channel: Channel = await connection.open({ stdout: take, stderr: take, close: ended.resolve })
      channel.write(`{ head -c ${size} /dev/zero; read -r line; } ${stream === 'stderr' ? '>&2' : ''}\nexit 0\n`)
      assert.equal((await ended.promise).code, 0)
      while (!sshd.log().includes('Close session')) await turn()
      const granted = [...sshd.log().matchAll(/channel \d+: rcvd adjust (\d+)/g)].map(([, amount]) => Number(amount))
      assert.ok(granted.length <= 5, 'no packet for each that arrived')
      assert.ok(granted.reduce((sum, amount) => sum + amount, 0) > size - 256 * 1024, `${granted.join(' ')} of ${size}`)
      await connection.close()
    } finally {
      await sshd.stop()
    }
  })

test('a channel that is paused again and again loses nothing of either stream', { skip }, async () => {
  const sshd = await startSshd()
  try {
    const connection = await connect(sshd.host())
    const size = 12_000_000
    const hashes = { stdout: createHash('sha256'), stderr: createHash('sha256') }
    const bytes = { stdout: 0, stderr: 0 }
    const ended = Promise.withResolvers<ChannelEnd>()
    let paused = 0
    const take = (stream: (typeof STREAMS)[number]) => (chunk: Buffer) => {
      hashes[stream].update(chunk)
      bytes[stream] += chunk.length
      if (stream === 'stderr' || bytes.stdout < paused * 500_000) return
      paused++
      channel.pause()
      void turn().then(() => channel.resume())
    }
    const channel: Channel = await connection.open({ stdout: take('stdout'), stderr: take('stderr'), close: ended.resolve })
    const numbers = `yes 'a line of text' | head -c ${size}`
    channel.write(`${numbers} & ${numbers} >&2; wait\n`)
    channel.end()
    assert.equal((await ended.promise).code, 0)
    assert.deepEqual(bytes, { stdout: size, stderr: size })
    const wanted = createHash('sha256')
      .update('a line of text\n'.repeat(size / 15))
      .digest('hex')
    assert.deepEqual([hashes.stdout.digest('hex'), hashes.stderr.digest('hex')], [wanted, wanted])
    assert.ok(paused > 20)
    await connection.close()
  } finally {
    await sshd.stop()
  }
})

test('a channel gives back all that is sent, around the sizes of packets, steps and windows', { skip }, async () => {
  const sshd = await startSshd()
  try {
    const connection = await connect(sshd.host())
    const around = [32_768, 131_072, 1_048_576, 2_097_152, 4_194_304].flatMap((size) => [size - 1, size, size + 1])
    for (const size of [0, 1, ...around, 9_999_991]) {
      const bytes = randomBytes(size)
      const back: Buffer[] = []
      const ready = Promise.withResolvers<void>()
      const ended = Promise.withResolvers<ChannelEnd>()
      const stdout = (chunk: Buffer): void => void back.push(chunk)
      const channel = await connection.open({ stdout, stderr: () => ready.resolve(), close: ended.resolve })
      // input may arrive once this shell, which reads ahead, is gone
      channel.write(`exec sh -c 'echo ready >&2; exec cat'\n`)
      await ready.promise
      channel.write(bytes)
      channel.end()
      assert.equal((await ended.promise).code, 0)
      assert.ok(Buffer.concat(back).equals(bytes), `${size} bytes`)
    }
    await connection.close()
  } finally {
    await sshd.stop()
  }
})

test('a connection that is cut while much arrives is lost, and never the end of a command', { skip }, async () => {
  const sshd = await startSshd()
  try {
    const connection = await connect(sshd.host())
    const ended = Promise.withResolvers<ChannelEnd>()
    let bytes = 0
    const stdout = (chunk: Buffer): void => {
      const before = bytes
      bytes += chunk.length
      if (before < 3_000_000 && bytes >= 3_000_000) sshd.dropConnections()
    }
    const channel = await connection.open({ stdout, stderr: () => {}, close: ended.resolve })
    channel.write('exec cat /dev/zero\n')
    const end = await ended.promise
    assert.ok(end.lost instanceof Error)
    assert.equal(end.code, undefined)
    await connection.close()
  } finally {
    await sshd.stop()
  }
})
