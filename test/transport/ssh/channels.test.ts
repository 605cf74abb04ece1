import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ChannelEnd } from '../../../src/transport/types.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect, run } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let sshd: Sshd
before(async () => {
  if (!skip) sshd = await startSshd()
})
after(() => sshd?.stop())

test('a channel is a shell that leads its process group, and its end has exit code and signal', { skip }, async () => {
  const connection = await connect(sshd.host())
  const ran = await run(connection, 'echo out; echo err >&2; test "$(ps -o pgid= -p $$ | tr -d " ")" = $$ || echo not a leader; exit 7')
  assert.equal(ran.stdout, 'out\n')
  assert.match(ran.stderr, /^err$/m)
  assert.deepEqual(ran.end, { code: 7, signal: undefined, lost: undefined })
  assert.deepEqual((await run(connection, 'kill -TERM $$')).end, { code: undefined, signal: 'SIGTERM', lost: undefined })
  await connection.close()
})

test('stdin arrives byte for byte and is closed', { skip }, async () => {
  const connection = await connect(sshd.host())
  const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 7) % 256))
  const out: Buffer[] = []
  const ended = Promise.withResolvers<ChannelEnd>()
  const ready = Promise.withResolvers<void>()
  const stdout = (chunk: Buffer): void => {
    if (out.push(chunk) === 1) ready.resolve()
  }
  const channel = await connection.open({ stdout, stderr: () => undefined, close: ended.resolve })
  // input may arrive once this shell, which reads ahead, is gone
  channel.write(`exec sh -c 'echo ready; exec cat'\n`)
  await ready.promise
  channel.write(bytes)
  channel.end()
  assert.equal((await ended.promise).code, 0)
  assert.ok(Buffer.concat(out).equals(Buffer.concat([Buffer.from('ready\n'), bytes])))
  // after the end nothing throws
  channel.write('x')
  channel.end()
  channel.close()
  await connection.close()
})

test('twenty shells run at once on a connection with eight channels', { skip }, async () => {
  const connection = await connect(sshd.host())
  const all = await Promise.all(Array.from({ length: 20 }, (_, i) => run(connection, `echo ${i}`)))
  assert.deepEqual(
    all.map((ran) => ran.stdout.trim()),
    Array.from({ length: 20 }, (_, i) => String(i)),
  )
  await connection.close()
})

test('six shells run on a server that allows two sessions', { skip }, async () => {
  const narrow = await startSshd({ config: ['MaxSessions 2'] })
  try {
    const connection = await connect(narrow.host())
    const all = await Promise.all(Array.from({ length: 6 }, (_, i) => run(connection, `sleep 0.1; echo ${i}`)))
    assert.deepEqual(all.map((ran) => ran.stdout.trim()).toSorted(), ['0', '1', '2', '3', '4', '5'])
    await connection.close()
  } finally {
    await narrow.stop()
  }
})

test('a server that allows no session is an error that says so', { skip }, async () => {
  const none = await startSshd({ config: ['MaxSessions 0'] })
  try {
    const connection = await connect(none.host())
    await assert.rejects(run(connection, 'echo no'), { name: 'ShipitError', message: /opens no session/, hint: /MaxSessions/ })
    await connection.close()
  } finally {
    await none.stop()
  }
})

test('ten megabytes arrive whole while the server rekeys again and again', { skip }, async () => {
  const rekeying = await startSshd({ config: ['RekeyLimit 512K'] })
  try {
    const connection = await connect(rekeying.host())
    const size = 10 * 1024 * 1024
    const [big, small] = await Promise.all([
      run(connection, `head -c ${size} /dev/zero`),
      run(connection, `head -c 100000 /dev/zero >&2; echo done`),
    ])
    assert.equal(big.bytes, size)
    assert.equal(big.end.code, 0)
    assert.equal(small.stdout, 'done\n')
    await connection.close()
  } finally {
    await rekeying.stop()
  }
})

test('a channel that is closed early ends without its command', { skip }, async () => {
  const connection = await connect(sshd.host())
  const ended = Promise.withResolvers<ChannelEnd>()
  const channel = await connection.open({ stdout: () => undefined, stderr: () => undefined, close: ended.resolve })
  channel.write('sleep 30\n')
  channel.close()
  const end = await ended.promise
  assert.notEqual(end.code, 0)
  await connection.close()
})

test('a lost connection is reported to `lost`, to every channel and to later opens', { skip }, async () => {
  const connection = await connect(sshd.host())
  const ends: ChannelEnd[] = []
  const started = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const both = started.map(async ({ resolve }) => {
    const ran = await run(connection, 'echo here; sleep 60', { onOutput: resolve })
    assert.equal(ran.stdout, 'here\n')
    ends.push(ran.end)
  })
  await Promise.all(started.map(({ promise }) => promise))
  sshd.dropConnections()
  assert.ok((await connection.lost) instanceof Error)
  await Promise.all(both)
  for (const end of ends) {
    assert.equal(end.code, undefined)
    assert.ok(end.lost instanceof Error)
  }
  await assert.rejects(run(connection, 'echo no'), { name: 'ShipitError', message: /connection to .* is lost/, exit: 3 })
  await connection.close()
  await connection.close()
})

test('closing a connection ends its channels without a loss', { skip }, async () => {
  const connection = await connect(sshd.host())
  let lost = false
  void connection.lost.then(() => (lost = true))
  const started = Promise.withResolvers<void>()
  const ran = run(connection, 'echo here; sleep 60', { onOutput: started.resolve })
  await started.promise
  await connection.close()
  assert.equal((await ran).end.code, undefined)
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(lost, false)
  await assert.rejects(run(connection, 'echo no'), { name: 'ShipitError' })
})
