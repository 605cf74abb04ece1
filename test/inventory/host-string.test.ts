import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeHosts } from '../../src/inventory/hosts.ts'
import { hostName, parseHostString } from '../../src/inventory/host-string.ts'

const read: readonly [string, { user?: string; address: string; port?: number }][] = [
  ['a1', { address: 'a1' }],
  ['web-1.example.com', { address: 'web-1.example.com' }],
  ['deploy@a1', { user: 'deploy', address: 'a1' }],
  ['a1:2222', { address: 'a1', port: 2222 }],
  ['deploy@a1:2222', { user: 'deploy', address: 'a1', port: 2222 }],
  ['10.0.0.1', { address: '10.0.0.1' }],
  ['deploy@10.0.0.1:22', { user: 'deploy', address: '10.0.0.1', port: 22 }],
  ['::1', { address: '::1' }],
  ['2001:db8::7', { address: '2001:db8::7' }],
  ['fe80::1%eth0', { address: 'fe80::1%eth0' }],
  ['[::1]', { address: '::1' }],
  ['[::1]:22', { address: '::1', port: 22 }],
  ['user@[::1]:22', { user: 'user', address: '::1', port: 22 }],
  ['user@::1', { user: 'user', address: '::1' }],
  ['::ffff:10.0.0.1', { address: '::ffff:10.0.0.1' }],
  ['ssh://u@h:1', { user: 'u', address: 'h', port: 1 }],
  ['ssh://h', { address: 'h' }],
  ['ssh://u@[2001:db8::7]:2200/', { user: 'u', address: '2001:db8::7', port: 2200 }],
  ['SSH://h', { address: 'h' }],
  ['jane@example.com@bastion', { user: 'jane@example.com', address: 'bastion' }],
  ['EXAMPLE\\jane@h', { user: 'EXAMPLE\\jane', address: 'h' }],
  ['web_1', { address: 'web_1' }],
  ['example.com.', { address: 'example.com.' }],
]

for (const [text, { user, address, port }] of read) {
  test(`${text} is parsed`, () => assert.deepEqual(parseHostString(text), { user, address, port }))
}

const refused: readonly [string, RegExp][] = [
  ['', /empty/],
  ['@a1', /user name before @ is empty/],
  ['deploy@', /host is empty/],
  [':22', /host is empty/],
  ['a1:', /nothing follows the colon/],
  ['a1:abc', /not a number from 1 to 65535/],
  ['a1:0', /not a number from 1 to 65535/],
  ['a1:65536', /not a number from 1 to 65535/],
  ['a1:-1', /not a number from 1 to 65535/],
  ['a1:22:23', /too many colons/],
  ['[::1', /follow \[address\]/],
  ['[::1]22', /follow \[address\]/],
  ['[a1]:22', /not an IPv6 address/],
  ['[10.0.0.1]:22', /not an IPv6 address/],
  ['::1:99999', /too many colons/],
  ['a 1', /spaces/],
  ['a1\n', /spaces or control/],
  ['-oProxyCommand=x', /host/],
  ['-a1', /dash/],
  ['-u@a1', /dash/],
  ['$(id)@a1', /user name contains invalid characters/],
  ['u:pw@a1', /password/],
  ['a1/b', /characters/],
  ['a1;b', /characters/],
  ['a..b', /two dots/],
  ['10.0.0', /looks like an IPv4/],
  ['10.0.0.256', /looks like an IPv4/],
  ['http://a1', /only ssh/],
  ['ssh://a1/srv', /cannot have a path/],
  ['ssh://', /host is empty/],
  [`${'a'.repeat(254)}`, /253/],
]

for (const [text, reason] of refused) {
  test(`${JSON.stringify(text).slice(0, 40)} is refused with a reason`, () =>
    assert.throws(() => parseHostString(text), { name: 'TypeError', message: reason }))
}

test('the reason of a refusal does not repeat the text, which may hold a password', () => {
  assert.throws(
    () => parseHostString('me:s3cret@a1'),
    (error: Error) => !error.message.includes('s3cret'),
  )
})

test('any text is parsed whole or refused, and never gives an address that ssh would read as an option', () => {
  const piece = fc.constantFrom(
    'a1',
    'deploy',
    '@',
    ':',
    '[',
    ']',
    '::1',
    '22',
    'ssh://',
    '-',
    '.',
    '/',
    ' ',
    '%eth0',
    '$',
    "'",
    '\0',
    'é',
    '99999',
  )
  const text = fc.oneof(
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join('')),
    fc.string({ unit: 'binary', maxLength: 20 }),
  )
  fc.assert(
    fc.property(text, (typed) => {
      let host
      try {
        host = parseHostString(typed)
      } catch (error) {
        assert.equal((error as Error).name, 'TypeError')
        return
      }
      assert.match(host.address, /^[^-\s@[\]/][^\s@[\]/]*$/)
      assert.ok(isIPv6(host.address) || !host.address.includes(':'))
      assert.ok(host.port === undefined || (Number.isInteger(host.port) && host.port >= 1 && host.port <= 65535))
      assert.ok(host.user === undefined || /^[^-\s:][^\s:]*$/.test(host.user))
    }),
    { numRuns: 3000 },
  )
})

test('a parsed host string is parsed the same from its name', () => {
  const address = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()).filter((text) => isIPv4(text) || isIPv6(text) || !/^[0-9.]+$/.test(text))
  const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined })
  const user = fc.option(fc.stringMatching(/^[a-z_][a-z0-9_-]{0,12}$/), { nil: undefined })
  fc.assert(
    fc.property(address, port, user, (a, p, u) => {
      const name = hostName({ address: a, port: p })
      for (const typed of [u === undefined ? name : `${u}@${name}`, `ssh://${u === undefined ? '' : `${u}@`}${name}`]) {
        assert.deepEqual(parseHostString(typed), { user: u, address: a, port: p })
      }
    }),
    { numRuns: 500 },
  )
})

test('a password in a host string is refused and not shown, whatever else is wrong', () => {
  for (const text of [
    'deploy:hunter2@web1',
    'ssh://deploy:hunter2@web1:22',
    'deploy:hun@ter2@web1',
    'deploy:hunter2@web1:99999',
    'ftp://deploy:hunter2@web1',
  ]) {
    const [problem] = makeHosts([text]).problems
    assert.match(problem!.message, /deploy:\[secret\]@web1.*is not a host/)
    assert.doesNotMatch(problem!.message, /ter2/)
  }
})
