import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveStage } from '../../src/config/stage.ts'
import { isSecret, reveal, secret, type Secret } from '../../src/values/secret.ts'
import { sameRepository, splitLogin } from '../../src/values/repo-url.ts'

const open = (value: string | Secret | undefined) => (isSecret(value) ? `secret ${reveal(value)}` : value)

/** An address, and what git gets of it as an argument and as hidden credentials: server, user, password. */
const ADDRESSES: readonly (readonly [given: string, url: string, login?: readonly (string | undefined)[]])[] = [
  ['git@example.com:shop.git', 'git@example.com:shop.git'],
  ['ssh://git@example.com:2222/shop.git', 'ssh://git@example.com:2222/shop.git'],
  ['https://example.com/shop.git', 'https://example.com/shop.git'],
  ['https://anna@example.com/shop.git', 'https://anna@example.com/shop.git'],
  ['https://anna:word@example.com/shop.git', 'https://example.com/shop.git', ['https://example.com', 'anna', 'secret word']],
  ['HTTPS://anna:word@example.com:8443/shop.git', 'HTTPS://example.com:8443/shop.git', ['https://example.com:8443', 'anna', 'secret word']],
  ['https://anna:p%40ss%2F@example.com/a', 'https://example.com/a', ['https://example.com', 'anna', 'secret p@ss/']],
  ['https://anna:a@b:c@example.com/a', 'https://example.com/a', ['https://example.com', 'anna', 'secret a@b:c']],
  ['https://:word@example.com/a', 'https://example.com/a', ['https://example.com', '', 'secret word']],
  ['https://anna:@example.com/a', 'https://example.com/a', ['https://example.com', 'anna', undefined]],
  [
    'https://0123456789abcdef0123@example.com/a',
    'https://example.com/a',
    ['https://example.com', 'secret 0123456789abcdef0123', undefined],
  ],
  ['https://anna:100%@example.com/a', 'https://example.com/a', ['https://example.com', 'anna', 'secret 100%']],
  ['/srv/a:b@c/shop.git', '/srv/a:b@c/shop.git'],
]
for (const [given, url, login] of ADDRESSES) {
  test(`git gets ${login === undefined ? 'the whole address' : 'the address without its login'} of ${given}`, () => {
    const split = splitLogin(given, false)
    assert.equal(split.url, url)
    assert.deepEqual(split.login && [split.login.scope, open(split.login.user), open(split.login.password)], login)
  })
}

test('the user in a secret address is secret, with or without a password', () => {
  const { login } = splitLogin('https://tok@example.com/a', true)
  assert.deepEqual([open(login?.user), login?.password], ['secret tok', undefined])
  assert.equal(open(splitLogin('https://anna:word@example.com/a', true).login?.user), 'secret anna')
})

test('an address is refused if git cannot get its password hidden or would read part of it as another field', () => {
  assert.throws(() => splitLogin('ssh://git:word@example.com/a', false), /takes no password: use a key/)
  assert.throws(() => splitLogin('https://anna:a%0Ahost=evil@example.com/a', false), /cannot contain line breaks/)
  assert.throws(() => splitLogin('https://example.com/a?token=word', true), /not what follows "\?"/)
})

test('an unencoded password that could be read as the server or the path is refused, and a path with @ is accepted', () => {
  for (const password of ['a/b', 'a?b', 'a#b', '/', '#1', 'a/b/c', '12/34', '8443/a', '1?2', 'p@ss/word', 'a@b#c'])
    for (const hidden of [true, false])
      assert.throws(
        () => splitLogin(`https://anna:${password}@example.com/a`, hidden),
        (error: Error) => error.message.includes("write '/' as %2F, '?' as %3F, '#' as %23") && !error.message.includes('anna'),
      )
  for (const url of [
    'https://example.com:8443/a%40b',
    'https://example.com/a:b@c',
    'https://[::1]:80/a@b',
    'https://[::1]/a@b',
    '/a:b/c@d',
  ])
    assert.deepEqual(splitLogin(url, false), { url, login: undefined })
})

test("the error for a blank in an address's password does not show the password", async () => {
  const config = { application: 'shop', repoUrl: 'https://anna:one two/three@example.com/a', stages: { test: { servers: ['a'] } } }
  await assert.rejects(resolveStage({ file: '/x/deploy.config.ts', text: '', config: config as never }, 'test', {}), (error: Error) => {
    assert.match(error.message, /"https:\/\/\[secret\]@example.com\/a" is not the address of a repository: write a space as %20/)
    return !/one|two|three/.test(error.message)
  })
})

test('sameRepository recognizes the different addresses of one repository', () => {
  const same = [
    'git@example.com:group/shop.git',
    'ssh://git@example.com/group/shop',
    'ssh://git@example.com:22/group/shop.git',
    'https://example.com/group/shop.git/',
    'https://anna:word@EXAMPLE.com/group/shop',
    'example.com:group/shop',
  ]
  for (const a of same) for (const b of same) assert.ok(sameRepository(a, b), `${a} ${b}`)
  for (const other of ['git@example.com:group/shop2.git', 'git@example.org:group/shop.git', '/group/shop', 'group/shop'])
    assert.ok(!sameRepository(same[0]!, other), other)
  assert.ok(sameRepository('file:///srv/a.git', '/srv/a/'))
})

test('a secret that is not an address is an error with its location that does not show it', async () => {
  const config = { application: 'shop', repoUrl: secret('not an address'), stages: { production: { servers: ['a1'] } } }
  await assert.rejects(resolveStage({ file: '/x/deploy.config.ts', text: '', config: config as never }, 'production'), (error: Error) => {
    assert.match(error.message, /repoUrl: the secret is not the address of a repository/)
    assert.doesNotMatch(error.message, /not an address/)
    return true
  })
})
