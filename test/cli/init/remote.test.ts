import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanRemote, withoutText } from '../../../src/cli/init/remote.ts'

test('the address of a remote goes into a config without what may be a secret', () => {
  const rows: readonly (readonly [address: string, url: string | undefined, without: readonly string[], path?: true])[] = [
    ['https://git.example.com/shop.git', 'https://git.example.com/shop.git', []],
    ['https://git.example.com/shop.git?private_token=abc', 'https://git.example.com/shop.git', ['query']],
    ['HTTPS://git.example.com:8443/shop?a=b&access=abc#x', 'HTTPS://git.example.com:8443/shop', ['query']],
    ['https://me:pw@git.example.com/shop.git?token=abc', 'https://git.example.com/shop.git', ['login', 'query']],
    ['https://git.example.com/shop.git#abc', 'https://git.example.com/shop.git', ['query']],
    ['https://me:p?w@git.example.com/shop.git', undefined, ['login']],
    ['git@git.example.com:acme/what?.git', 'git@git.example.com:acme/what?.git', []],
    ['ssh://git@git.example.com/acme/shop.git', 'ssh://git@git.example.com/acme/shop.git', []],
    ['/srv/what?/shop.git', '/srv/what?/shop.git', [], true],
    ['file:///srv/shop.git', 'file:///srv/shop.git', [], true],
    ['../shop.git', undefined, ['address']],
    ['ext::sh -c x', undefined, ['address']],
  ]
  for (const [address, url, without, path = false] of rows) assert.deepEqual(cleanRemote(address), { url, without, path }, address)
  assert.deepEqual(cleanRemote(undefined), { url: undefined, without: [], path: false })
})

test('each part that was left out is reported, and not what it is', () => {
  const texts = withoutText(cleanRemote('https://me:pw-secret@git.example.com/shop.git?token=abc-secret'), 'the remote')
  assert.equal(texts.length, 2)
  assert.match(texts[0]!, /^the address of the remote has a login/)
  assert.match(texts[1]!, /^the address of the remote has something after "\?"/)
  assert.doesNotMatch(texts.join(), /secret/)
})
