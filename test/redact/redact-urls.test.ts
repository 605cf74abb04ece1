import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createRedactor } from '../../src/redact/redact.ts'

const { text } = createRedactor(() => new Set())

const MASKED: readonly (readonly [given: string, shown: string])[] = [
  ['https://anna:s3cr3t@git.example.com/x.git', 'https://anna:[secret]@git.example.com/x.git'],
  ['https://me@corp.com:pw@git.example.com/x.git', 'https://me@corp.com:[secret]@git.example.com/x.git'],
  ['https://me:p@ss@host/x', 'https://me:[secret]@host/x'],
  [`'https://me:p'w@host/x' and more`, `'https://me:[secret]@host/x' and more`],
  ['"https://me:p"w@host/x", "b"', '"https://me:[secret]@host/x", "b"'],
  ['<https://me:p>w@host>', '<https://me:[secret]@host>'],
  ['https://me:p"w<x>@host/x', 'https://me:[secret]@host/x'],
  ['https://me:pa/ss@host/x', 'https://me:[secret]@host/x'],
  ['https://me:12/34@host/x.git', 'https://me:[secret]@host/x.git'],
  [
    "fatal: unable to access 'https://me:12/34@host/x.git/': Could not resolve host: me",
    "fatal: unable to access 'https://me:[secret]@host/x.git/': Could not resolve host: me",
  ],
  ['HTTPS_PROXY=http://u:12/34@proxy:3128', 'HTTPS_PROXY=http://u:[secret]@proxy:3128'],
  ['http://u:12/34@proxy', 'http://u:[secret]@proxy'],
  ['http://u:12/34@10.0.0.1', 'http://u:[secret]@10.0.0.1'],
  ['redis://:12/34@10.0.0.1:6379/0', 'redis://:[secret]@10.0.0.1:6379/0'],
  ['https://me:8080?1@git.example.com:443/x', 'https://me:[secret]@git.example.com:443/x'],
  ['https://me:pa?s#s@host/x', 'https://me:[secret]@host/x'],
  ['https://me:[pw]@host', 'https://me:[secret]@host'],
  ['https://me:pw@[::1]:8443/x', 'https://me:[secret]@[::1]:8443/x'],
  ['https://me:p:w:@host:443', 'https://me:[secret]@host:443'],
  ['https://:pw@host', 'https://:[secret]@host'],
  ['https://x-access-token:ghs_16C7e42F292c6912E7@github.com/a/b', 'https://x-access-token:[secret]@github.com/a/b'],
  ['https://ghp_0123456789abcdef0123@github.com/x', 'https://[secret]@github.com/x'],
  ['https://glpat-abcdef@gitlab.example.com/x', 'https://[secret]@gitlab.example.com/x'],
  ['https://a1b2c3d4e5@host/x', 'https://[secret]@host/x'],
  ['https://ghp_0123456789abcdef0123:x-oauth-basic@github.com/x', 'https://[secret]:[secret]@github.com/x'],
  ['redis://:pw@10.0.0.1:6379/0', 'redis://:[secret]@10.0.0.1:6379/0'],
  ['mysql2://u:p@h/db?pool=5', 'mysql2://u:[secret]@h/db?pool=5'],
  ['jdbc:mysql://u:p@h/db', 'jdbc:mysql://u:[secret]@h/db'],
  ['jdbc:postgresql://h/db?user=u&password=p4ss&ssl=1', 'jdbc:postgresql://h/db?user=u&password=[secret]&ssl=1'],
  ['mongodb://u:p@h1:27017,h2:27017/db', 'mongodb://u:[secret]@h1:27017,h2:27017/db'],
  ['amqps://u:p%40w@h/%2f', 'amqps://u:[secret]@h/%2f'],
  ['git+https://u:p@h/x', 'git+https://u:[secret]@h/x'],
  ['https://h/x?access_token=abc123&page=2', 'https://h/x?access_token=[secret]&page=2'],
  ['https://h/x?page=2&private_token=abc', 'https://h/x?page=2&private_token=[secret]'],
  [
    'https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=0a1b',
    'https://b.s3.amazonaws.com/k?X-Amz-Expires=60&X-Amz-Signature=[secret]',
  ],
  ['GET /hook?token=abc HTTP/1.1', 'GET /hook?token=[secret] HTTP/1.1'],
  ['Authorization: Bearer abc.def.ghi', 'Authorization: Bearer [secret]'],
  ['> authorization: Basic dTpwdw==', '> authorization: Basic [secret]'],
  [`-H 'Authorization: token abcdef0123' x`, `-H 'Authorization: token [secret]' x`],
  ['{"Authorization":"Bearer abc.def"}', '{"Authorization":"Bearer [secret]"}'],
  ['a https://u:p@h b https://u2:p2@h2 c', 'a https://u:[secret]@h b https://u2:[secret]@h2 c'],
  ['"https://u:p@h","https://u2:p2@h2"', '"https://u:[secret]@h","https://u2:[secret]@h2"'],
]

for (const [given, shown] of MASKED)
  test(`${given} is shown as ${shown}`, () => {
    assert.equal(text(given), shown)
    assert.equal(text(shown), shown)
  })

const PLAIN: readonly string[] = [
  'ssh://git@example.com/x',
  'http://localhost:4873/left-pad@v1.3.0-rc.1, and more',
  'http://localhost:4873/@scope/package@1.2.3',
  'http://localhost:4873/left-pad@1.3.0',
  'https://example.com/@scope/package@1.2.3',
  'https://example.com/a:b@c',
  'http://[::1]:80/a@b',
  'git@github.com:a/b.git',
  'https://anna@git.example.com/x.git',
  'https://deploy-user@host/x',
  'file:///srv/a@b:c@d',
  'https://example.com/?page=2&sort=key',
  'see https://example.com/x: 3 files for a@example.com',
  'authorization failed for anna',
  'the key=value pairs of a&b',
]

for (const plain of PLAIN) test(`${plain} is shown unchanged`, () => assert.equal(text(plain), plain))

test('a password in an address is never shown, whatever its characters and the text around it', () => {
  const sign = fc.constantFrom(...Array.from('abXY019@:/?#[]{}()<>"\'`!$&*+,;=%~^|\\-._'))
  // a port and a path look like a password of digits with a slash
  const password = fc
    .string({ minLength: 4, maxLength: 20, unit: sign })
    .map((v) => `x${v}z`)
    .filter((v) => !v.includes('://'))
  fc.assert(
    fc.property(
      fc.constantFrom('https', 'http', 'redis', 'rediss', 'postgres', 'mysql2', 'amqp', 'mongodb+srv', 'ftp', 'git+https'),
      fc.constantFrom('', 'me', 'me@corp.com', 'deploy.user', 'x-access-token'),
      password,
      fc.constantFrom('example.com', '10.0.0.1', '[::1]', 'db', 'db-1.internal:5432'),
      fc.constantFrom('', '/x.git', '/shop_production?pool=5', '/'),
      fc.constantFrom(['', ''], ['"', '"'], ["'", "'"], ['<', '>'], ['(', ')'], ['fatal: unable to access ', ' now'], ['a=', ' b']),
      (scheme, user, secret, host, path, [before, after]) => {
        const shown = text(`${before}${scheme}://${user}:${secret}@${host}${path}${after}`)
        assert.equal(shown, `${before}${scheme}://${user}:[secret]@${host}${path}${after}`)
      },
    ),
    { numRuns: 3000 },
  )
})

test('redaction of an address takes time linear in its length', () => {
  // a backtracking expression would never finish on such lines
  for (const long of [
    `https://${'a@'.repeat(50_000)}`,
    `https://u:${'/@'.repeat(50_000)}`,
    'x://'.repeat(50_000),
    `https://${'a:'.repeat(50_000)}@`,
  ])
    text(long)
})

test('an address that is cut before its @ shows no password and no token', () => {
  for (const [cut, shown] of [
    ['git clone https://bob:pa55word-secr…', 'git clone https://bob:[secret]…'],
    ['git clone https://bob:12345secret… (900 characters)', 'git clone https://bob:[secret]… (900 characters)'],
    ['https://bob:pa/ss…', 'https://bob:[secret]…'],
    ['https://ghp_16C7e42F292c6912E7…', 'https://[secret]…'],
    ['https://bob:s3cret@example.com/very/lo…', 'https://bob:[secret]@example.com/very/lo…'],
    ['https://example.com/very/lo…', 'https://example.com/very/lo…'],
    ['https://example.com:8080/very/lo…', 'https://example.com:8080/very/lo…'],
    ['https://deploy.exam…', 'https://deploy.exam…'],
    ['https://example.com:80…', 'https://example.com:80…'],
  ] as const)
    assert.equal(text(cut), shown)
})
