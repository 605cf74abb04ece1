import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exec } from './exec.ts'
import { needs, startSshd, withAccount } from './sshd.ts'

const missing = needs('sshd', 'ssh', 'ssh-keygen')

test('the test server accepts the account that started it, and its host key is in its known_hosts', { skip: missing }, async () => {
  const sshd = await startSshd({ rc: true })
  try {
    const words = ['-F', sshd.configFile, '-o', 'StrictHostKeyChecking=yes', '-p', String(sshd.port), `${sshd.user}@127.0.0.1`, 'id -un']
    assert.equal((await exec('ssh', words)).trim(), sshd.user)
    assert.match(sshd.log(), /Accepted publickey/)
  } finally {
    await sshd.stop()
  }
})

test(
  'the test server of root accepts an account made for the test, with its shell',
  { skip: missing || needs('root', 'useradd') },
  async () => {
    const sshd = await startSshd({ rc: true })
    const account = await withAccount('noisy', { shell: '/bin/bash', files: { '.bashrc': 'echo noise\n' } })
    try {
      const out = await exec('ssh', ['-F', sshd.configFile, '-p', String(sshd.port), `${account.name}@127.0.0.1`, 'echo $0; id -un'])
      assert.equal(out, `noise\nbash\n${account.name}\n`)
    } finally {
      await account.remove()
      await sshd.stop()
    }
  },
)
