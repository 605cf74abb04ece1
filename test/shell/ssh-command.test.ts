import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loginTo, scpTo, shellOn, sshTo } from '../../src/shell/ssh-command.ts'
import { path } from '../../src/values/path.ts'
import { hostOf } from '../support/context.ts'

const host = hostOf({
  address: 'app1',
  user: 'deploy',
  port: 2222,
  ssh: { keys: ['~/.ssh/id_deploy'], configFile: '~/ssh config', proxyJump: 'jump@bastion' },
})
const LOGIN = ['-F', 'HOME/ssh config']
const KEY = ['-i', 'HOME/.ssh/id_deploy', '-J', 'jump@bastion']

/** The arguments that a program gets when a remedy is typed into a shell. */
const wordsOf = (t: TestContext, command: string): string[] => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-login-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const name of ['ssh', 'scp', 'cp']) {
    writeFileSync(join(dir, name), `#!/bin/sh\nfor word in ${name} "$@"; do printf '%s\\n' "$word"; done\n`)
    chmodSync(join(dir, name), 0o755)
  }
  const env = { PATH: `${dir}:${process.env['PATH']}`, HOME: 'HOME' }
  return spawnSync('sh', ['-c', command], { encoding: 'utf8', env }).stdout.trimEnd().split('\n')
}

test('a remedy logs in like the stage, with its user, port, key, ssh_config and jump host', (t) => {
  assert.deepEqual(wordsOf(t, shellOn(host, 'kill -9 4711')), ['ssh', ...LOGIN, '-p', '2222', ...KEY, 'deploy@app1', 'kill -9 4711'])
  assert.deepEqual(wordsOf(t, sshTo(host, ['mv', path('~/a b'), "it's"])).at(-1), `mv "$HOME"/'a b' 'it'\\''s'`)
})

test('a command that only logs in has the same options', (t) => {
  assert.deepEqual(wordsOf(t, loginTo(host, '-v')), ['ssh', '-v', ...LOGIN, '-p', '2222', ...KEY, 'deploy@app1'])
})

test('a remedy that needs sudo gets a terminal, so that sudo can ask for a password', (t) => {
  assert.deepEqual(wordsOf(t, shellOn(hostOf({ address: 'app1', user: undefined }), 'sudo kill 1')), ['ssh', '-t', 'app1', 'sudo kill 1'])
})

test('a non-ASCII name arrives unchanged in a remedy', (t) => {
  const to = path('/srv/shop/shared/größe.yml')
  assert.deepEqual(wordsOf(t, scpTo(hostOf({ address: '::1', user: undefined }), 'größe.yml', to)), [
    'scp',
    'größe.yml',
    `[::1]:${String(to)}`,
  ])
  assert.equal(wordsOf(t, sshTo(hostOf({ address: 'app1', user: undefined }), ['mv', to])).at(-1), `mv '${String(to)}'`)
})

test('a remedy for a local stage logs in to no host', (t) => {
  const local = hostOf({ address: 'localhost', ssh: { transport: 'local' } })
  assert.equal(shellOn(local, 'kill -9 4711'), 'kill -9 4711')
  assert.deepEqual(wordsOf(t, scpTo(local, '-key', path('~/shop/-key'))), ['cp', './-key', 'HOME/shop/-key'])
})
