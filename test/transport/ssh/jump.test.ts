import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { ShipitError } from '../../../src/values/errors.ts'
import { parseJumps } from '../../../src/inventory/jump-hosts.ts'
import { sshTransport } from '../../../src/transport/ssh/transport.ts'
import { needs, startSshd, type Sshd } from '../../support/sshd.ts'
import { connect, run } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
let bastion: Sshd
let inner: Sshd
let configFile: string
before(async () => {
  if (skip) return
  ;[bastion, inner] = await Promise.all([startSshd(), startSshd()])
  configFile = join(bastion.dir, 'jump_config')
  writeFileSync(
    configFile,
    [
      `Host bastion`,
      `  HostName 127.0.0.1`,
      `  Port ${bastion.port}`,
      `Host inner`,
      `  HostName 127.0.0.1`,
      `  Port ${inner.port}`,
      `  ProxyJump bastion`,
      `Host *`,
      `  IdentityAgent none`,
      `  IdentityFile ${bastion.keyFile}`,
      `  IdentityFile ${inner.keyFile}`,
      `  UserKnownHostsFile ${bastion.knownHosts} ${inner.knownHosts}`,
      `  GlobalKnownHostsFile /dev/null`,
    ].join('\n') + '\n',
  )
})
after(async () => {
  await bastion?.stop()
  await inner?.stop()
})
const accepted = (sshd: Sshd): number => sshd.log().split('Accepted publickey').length - 1
const target = () => ({ ...inner.host({ configFile, name: 'inner' }), address: 'inner', port: undefined })

test('ProxyJump of ssh_config leads to the host, and both host keys are checked', { skip }, async () => {
  const [before, behind] = [accepted(bastion), accepted(inner)]
  const connection = await connect(target())
  assert.equal((await run(connection, 'echo behind')).stdout, 'behind\n')
  await connection.close()
  assert.deepEqual([accepted(bastion) - before, accepted(inner) - behind], [1, 1])
})

test('the setting proxyJump wins over ssh_config, and none connects directly', { skip }, async () => {
  const before = accepted(bastion)
  const straight = await connect({ ...target(), ssh: { configFile, proxyJump: 'none' } })
  await straight.close()
  assert.equal(accepted(bastion), before)
  const host = bastion.host({ configFile, proxyJump: `${inner.user}@127.0.0.1:${inner.port}` })
  const around = await connect(host)
  await around.close()
  assert.equal(accepted(bastion), before + 1)
})

test('two jump hosts are passed one after the other', { skip }, async () => {
  const last = await startSshd()
  try {
    const chain = join(last.dir, 'chain')
    writeFileSync(
      chain,
      `IdentityAgent none\nIdentityFile ${bastion.keyFile}\nIdentityFile ${inner.keyFile}\nIdentityFile ${last.keyFile}\nUserKnownHostsFile ${bastion.knownHosts} ${inner.knownHosts} ${last.knownHosts}\nGlobalKnownHostsFile /dev/null\n`,
    )
    const counts = [accepted(bastion), accepted(inner)]
    const connection = await connect(last.host({ configFile: chain, proxyJump: `127.0.0.1:${bastion.port},127.0.0.1:${inner.port}` }))
    assert.equal((await run(connection, 'echo far')).stdout, 'far\n')
    await connection.close()
    assert.deepEqual(
      [accepted(bastion), accepted(inner)],
      counts.map((n) => n + 1),
    )
  } finally {
    await last.stop()
  }
})

test('targets share one login on the jump host, which ends with the last of them', { skip }, async () => {
  const before = accepted(bastion)
  const transport = sshTransport()
  const all = await Promise.all(Array.from({ length: 12 }, () => connect(target(), {}, transport)))
  assert.equal(accepted(bastion), before + 1)
  for (const connection of all.slice(1)) await connection.close()
  assert.equal((await run(all[0]!, 'echo still here')).stdout, 'still here\n')
  const mark = bastion.log().length
  await all[0]!.close()
  while (!/Disconnected from user/.test(bastion.log().slice(mark))) await new Promise((resolve) => setTimeout(resolve, 20))
  // a later connection makes a new login
  const later = await connect(target(), {}, transport)
  assert.equal(accepted(bastion), before + 2)
  await later.close()
})

test('a lost jump host loses the hosts behind it, and the next login makes a new one', { skip }, async () => {
  const transport = sshTransport()
  const connection = await connect(target(), {}, transport)
  bastion.dropConnections()
  assert.ok((await connection.lost) instanceof Error)
  await connection.close()
  const again = await connect(target(), {}, transport)
  assert.equal((await run(again, 'echo back')).stdout, 'back\n')
  await again.close()
})

test('an error of the jump host is reported as its own, after all tries', { skip }, async () => {
  const attempts: number[] = []
  const host = inner.host({ configFile, proxyJump: `127.0.0.1:1` })
  await assert.rejects(connect(host, { onAttempt: (n) => attempts.push(n) }), (error: ShipitError) => {
    assert.match(error.message, /cannot connect to 127\.0\.0\.1:1: connection refused/)
    assert.equal(error.host, host.name)
    return true
  })
  assert.deepEqual(attempts, [1])
})

test('a target that the jump host cannot reach is an error that names both', { skip }, async () => {
  const host = { ...inner.host({ configFile, proxyJump: 'bastion' }), port: 1 }
  await assert.rejects(connect(host, {}, sshTransport({ tries: 1 })), {
    message: `cannot connect to 127.0.0.1:1 through 127.0.0.1:${bastion.port}: connection refused`,
  })
})

test('a jump host that forwards nothing is an error that says so', { skip }, async () => {
  const closed = await startSshd({ config: ['AllowTcpForwarding no'] })
  try {
    const config = join(closed.dir, 'closed_config')
    writeFileSync(config, `Include ${closed.configFile}\nHost inner\n  HostName 127.0.0.1\n  Port ${inner.port}\n`)
    await assert.rejects(connect({ ...target(), ssh: { configFile: config, proxyJump: `127.0.0.1:${closed.port}` } }), {
      message: /does not forward connections/,
      hint: /AllowTcpForwarding/,
    })
  } finally {
    await closed.stop()
  }
})

test('jump hosts that form a loop are an error', { skip }, async () => {
  const config = join(bastion.dir, 'circle_config')
  writeFileSync(
    config,
    `Host a\n  HostName localhost\n  ProxyJump b\nHost b\n  HostName 127.0.0.1\n  ProxyJump a\nHost *\n  UserKnownHostsFile /dev/null\n`,
  )
  await assert.rejects(connect({ ...target(), address: 'a', ssh: { configFile: config } }), {
    name: 'ShipitError',
    exit: 3,
    message: /loop: localhost:22 ← 127\.0\.0\.1:22 ← localhost:22/,
  })
})

test('parseJumps() reads jump hosts like ssh_config', () => {
  assert.deepEqual(parseJumps('hop'), [{ host: 'hop', user: undefined, port: undefined }])
  assert.deepEqual(parseJumps('a@hop:22, ssh://b@[::1]:2222/'), [
    { host: 'hop', user: 'a', port: 22 },
    { host: '::1', user: 'b', port: 2222 },
  ])
  for (const wrong of ['', 'a b', '-oProxyCommand=x', 'hop:0', 'hop:99999', 'hop:', '@hop', 'a,,b'])
    assert.throws(() => parseJumps(wrong), { name: 'ShipitError', exit: 2 }, wrong)
})

test('parseJumps() throws only usage errors, whatever the text', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '@', ':', '[', ']', ',', '-', '1', '/', ' ') })), (text) => {
      try {
        for (const hop of parseJumps(text)) assert.ok(hop.host !== '' && !hop.host.startsWith('-'))
      } catch (error) {
        assert.ok(error instanceof ShipitError && error.exit === 2)
      }
    }),
  )
})
