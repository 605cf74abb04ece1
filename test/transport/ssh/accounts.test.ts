import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startAgent, type TestAgent } from '../../support/agent.ts'
import { needs, startSshd, withAccount, type Sshd } from '../../support/sshd.ts'
import { connect, run } from '../lab.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen', 'ssh-agent', 'ssh-add')
let sshd: Sshd
let agent: TestAgent
before(async () => {
  if (skip) return
  sshd = await startSshd({ rc: true })
  agent = await startAgent()
})
after(async () => {
  await sshd?.stop()
  await agent?.stop()
})

const config = (lines: string): string => {
  const file = join(sshd.dir, 'forward_config')
  writeFileSync(file, `UserKnownHostsFile ${sshd.knownHosts}\nGlobalKnownHostsFile /dev/null\n${lines}\n`)
  return file
}
const noAgent = (): string => config('IdentityAgent none\nIdentityFile none')

test('the agent is forwarded only to the channel that asks for it', { skip }, async () => {
  await agent.add(sshd.keyFile)
  const connection = await connect(sshd.host({ configFile: config(`IdentityAgent ${agent.socket}`), keys: [sshd.keyFile] }))
  try {
    assert.equal((await run(connection, 'echo "${SSH_AUTH_SOCK:-none}"')).stdout, 'none\n')
    const lent = await run(connection, 'ssh-add -l; echo "$SSH_AUTH_SOCK"', { agent: true })
    assert.match(lent.stdout, /ED25519/)
    const socket = lent.stdout.trim().split('\n').at(-1)!
    // sshd keeps the socket, and shipit no longer answers on it
    const later = await run(connection, `SSH_AUTH_SOCK=${socket} ssh-add -l`)
    assert.notEqual(later.end.code, 0)
    assert.doesNotMatch(later.stdout, /ED25519/)
    assert.match((await run(connection, 'ssh-add -l', { agent: true })).stdout, /ED25519/)
  } finally {
    await connection.close()
  }
})

test('a channel opens with one warning if there is no agent to forward', { skip }, async () => {
  const warnings: string[] = []
  const connection = await connect(sshd.host({ configFile: noAgent(), keys: [sshd.keyFile] }), { onWarning: (w) => warnings.push(w) })
  assert.equal((await run(connection, 'echo a', { agent: true })).stdout, 'a\n')
  assert.equal((await run(connection, 'echo b', { agent: true })).stdout, 'b\n')
  assert.equal(warnings.length, 1)
  await connection.close()
})

test(
  'an account without a login shell gives a channel that prints its message and ends',
  { skip: skip || needs('root', 'useradd') },
  async () => {
    await using account = await withAccount('nologin', { shell: '/usr/sbin/nologin' })
    const connection = await connect(sshd.host({ user: account.name, configFile: noAgent(), keys: [sshd.keyFile] }))
    const ran = await run(connection, 'echo no')
    assert.match(ran.stdout, /not available/)
    assert.equal(ran.end.code, 1)
    await connection.close()
  },
)

test('an account with csh runs scripts in sh', { skip: skip || needs('root', 'useradd', 'csh') }, async () => {
  await using account = await withAccount('csh', { shell: '/bin/csh' })
  const connection = await connect(sshd.host({ user: account.name, configFile: noAgent(), keys: [sshd.keyFile] }))
  assert.equal((await run(connection, 'if true; then id -un; fi')).stdout, `${account.name}\n`)
  await connection.close()
})
