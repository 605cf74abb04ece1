import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { render } from '../../src/shell/render.ts'
import { splitLoginFunction } from '../../src/tasks/deploy/git/split-login.ts'
import { splitLogin } from '../../src/values/repo-url.ts'
import { isSecret, reveal, type Secret } from '../../src/values/secret.ts'
import { missingShells, shells } from '../shell/shells.ts'

const TOKEN = 'ghp_0123456789abcdef0123'
const ADDRESSES = [
  'git@example.com:shop.git',
  'ssh://git@example.com:2222/shop.git',
  'https://example.com/shop.git',
  'https://anna@example.com/shop.git',
  'https://anna:word@example.com/shop.git',
  'HTTPS://anna:wo rd@example.com:8443/shop.git',
  'https://anna:p%40ss%2F%27%22%24x@example.com/a',
  'https://anna:a@b:c@example.com/a',
  'https://anna:a%40b:c%2F:@example.com/a',
  'https://an@na:word@example.com/a',
  'https://an%3Ana:a:b@example.com/a',
  'https://:word@example.com/a',
  'https://anna:100%25@[::1]:80/ab',
  `https://${TOKEN}@example.com/a`,
  `https://${TOKEN}:x-oauth-basic@example.com/a`,
  'https://an%40na:*@example.com',
  'https://[::1]:80/a@b',
  'https://example.com/a:b@c',
  '../lib.git',
  '/srv/a:b@c/shop.git',
  'file:///srv/git/shop',
  'https://anna:a/b@example.com/a',
  'https://anna:12/34@example.com/a',
  'https://anna:1#2@example.com/a',
  'https://anna:p@ss/word@example.com/a',
  'https://example.com:8443/a@b',
  'ssh://git:word@example.com/a',
]

/** The address as the config splits it. */
const ours = (url: string): string => {
  try {
    const { url: address, login } = splitLogin(url, false)
    if (!login) return `${address}|||`
    const shown = (value: string | Secret | undefined) => (value === undefined ? '' : isSecret(value) ? reveal(value) : value)
    return [address, login.scope.replace(/^https/, url.slice(0, 5)), shown(login.user), shown(login.password)].join('|')
  } catch {
    return 'refused'
  }
}

test("a submodule's address is split like repoUrl in every shell", { skip: missingShells() }, (t) => {
  const script = `${render(splitLoginFunction(), { secrets: 'reveal' }).toString()}
for url in "$@"; do
  if split_login "$url"; then printf '%s|%s|%s|%s\n' "$address" "$scope" "$SHIPIT_THEIR_USER" "$SHIPIT_THEIR_PASSWORD"; else echo refused; fi
done`
  // as on Alpine: busybox's applets come before GNU's programs
  const applets = mkdtempSync(join(tmpdir(), 'shipit-applets-'))
  t.after(() => rmSync(applets, { recursive: true }))
  for (const [shell, ...words] of shells) {
    if (shell === 'busybox') assert.equal(spawnSync(shell, ['--install', '-s', applets]).status, 0)
    const path = shell === 'busybox' ? `${applets}:${process.env['PATH']}` : process.env['PATH']
    const env = { PATH: path, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '/bin/true', HOME: '/nowhere' }
    const ran = spawnSync(shell, [...words, '-c', script, 'sh', ...ADDRESSES], { encoding: 'utf8', env })
    assert.equal(ran.stderr, '')
    assert.deepEqual(ran.stdout.trimEnd().split('\n'), ADDRESSES.map(ours))
  }
})
