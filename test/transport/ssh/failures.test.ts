import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ShipitError } from '../../../src/values/errors.ts'
import { sshTransport } from '../../../src/transport/ssh/transport.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let sshd: Sshd
before(async () => {
  if (!skip) sshd = await startSshd()
})
after(() => sshd?.stop())

/** A server that calls `greet` for each connection. */
const fake = async (greet: (socket: Socket, n: number) => void): Promise<{ port: number; seen: () => number; stop(): void }> => {
  const sockets = new Set<Socket>()
  let seen = 0
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    greet(socket, ++seen)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    seen: () => seen,
    stop: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
const fails = async (promise: Promise<unknown>, message: RegExp, hint = /./): Promise<void> => {
  const error = await promise.then(
    () => assert.fail('it connected'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof ShipitError, String(error))
  assert.match(error.message, message)
  assert.match(error.hint ?? '', hint)
  assert.equal(error.exit, 3)
  assert.ok(error.host)
}

test('a refused connection is an error after three tries', { skip }, async () => {
  const server = await fake(() => undefined)
  server.stop()
  const attempts: [number, string | undefined][] = []
  await fails(
    connect(sshd.host({ port: server.port }), { onAttempt: (n, after) => attempts.push([n, after?.message]) }),
    new RegExp(`cannot connect to 127\\.0\\.0\\.1:${server.port}: connection refused`),
    /is sshd running/,
  )
  assert.deepEqual(
    attempts.map(([n]) => n),
    [1, 2, 3],
  )
  assert.equal(attempts[0]![1], undefined)
  assert.match(attempts[1]![1]!, /refused/)
})

test('an unknown host name is an error about the name', { skip }, async () => {
  const host = { ...sshd.host(), address: 'no-such-host.invalid' }
  // without a name server "unknown" looks the same as a temporary failure
  await fails(connect(host, {}, sshTransport({ tries: 1 })), /no such host name|could not be looked up/)
})

test('a server that accepts and never answers is given up', { skip }, async () => {
  const server = await fake(() => undefined)
  try {
    await fails(connect(sshd.host({ port: server.port }), {}, sshTransport({ loginTimeout: 300, tries: 2 })), /made no progress for 0\.3 s/)
    assert.equal(server.seen(), 2)
  } finally {
    server.stop()
  }
})

test('a server that closes the connection at first is retried and reached', { skip }, async () => {
  const { connect: dial } = await import('node:net')
  const server = await fake((socket, n) => {
    if (n < 3) return socket.destroy()
    const real = dial(sshd.port, '127.0.0.1')
    real.on('error', () => undefined)
    return socket.pipe(real).pipe(socket)
  })
  try {
    const config = join(sshd.dir, 'busy_config')
    writeFileSync(config, `Include ${sshd.configFile}\nHostKeyAlias [127.0.0.1]:${sshd.port}\n`)
    const connection = await connect(sshd.host({ port: server.port, configFile: config }))
    await connection.close()
    assert.equal(server.seen(), 3)
  } finally {
    server.stop()
  }
})

test('a server that always closes the connection is an error with a likely reason', { skip }, async () => {
  const server = await fake((socket) => socket.end())
  try {
    await fails(connect(sshd.host({ port: server.port })), /closed before the login/, /MaxStartups/)
    assert.equal(server.seen(), 3)
  } finally {
    server.stop()
  }
})

test('a server that does not speak SSH is an error without a retry', { skip }, async () => {
  const server = await fake((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(3000)))
  try {
    await fails(connect(sshd.host({ port: server.port }), {}, sshTransport({ loginTimeout: 2_000 })), /the SSH handshake failed/)
    assert.equal(server.seen(), 1)
  } finally {
    server.stop()
  }
})

test('a server with only old algorithms is an error about the key exchange', { skip }, async () => {
  const old = await startSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha1'] })
  try {
    await fails(connect(old.host()), /the SSH handshake failed: .*key exchange/)
  } finally {
    await old.stop()
  }
})

test('an abort ends a hanging login and one that waits for its next try', { skip }, async () => {
  const server = await fake(() => undefined)
  try {
    const stop = new AbortController()
    const hanging = connect(sshd.host({ port: server.port }), { signal: stop.signal })
    setTimeout(() => stop.abort(new Error('enough')), 100)
    await assert.rejects(hanging, /enough/)
    const again = new AbortController()
    const closed = await fake((socket) => socket.destroy())
    const waiting = connect(sshd.host({ port: closed.port }), {
      signal: again.signal,
      onAttempt: (n) => n === 2 && again.abort(new Error('enough again')),
    })
    await assert.rejects(waiting, /enough again/)
    closed.stop()
    await assert.rejects(connect(sshd.host(), { signal: again.signal }), /enough again/)
  } finally {
    server.stop()
  }
})

test('ProxyCommand is an error that names it as unsupported', { skip }, async () => {
  const config = join(sshd.dir, 'proxycommand_config')
  writeFileSync(config, `Host *\n  ProxyCommand nc %h %p\n`)
  await fails(connect(sshd.host({ configFile: config })), /ProxyCommand for \S+, which shipit cannot run \(nc/, /ProxyJump/)
})

test('thirty logins to one server all succeed, ten at a time', { skip }, async () => {
  const picky = await startSshd({ config: ['MaxStartups 11'] })
  try {
    const transport = sshTransport()
    const attempts: number[] = []
    const all = await Promise.all(
      Array.from({ length: 30 }, () => connect(picky.host(), { onAttempt: (n) => attempts.push(n) }, transport)),
    )
    assert.equal(all.length, 30)
    assert.ok(attempts.every((n) => n === 1))
    await Promise.all(all.map((connection) => connection.close()))
  } finally {
    await picky.stop()
  }
})
