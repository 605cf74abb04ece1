import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asksPassword, excessRights, parseSudoRules } from '../../../src/kit/sudo/listing.ts'

const who = 'User deploy may run the following commands on w1:\n'

/**
 * The output of `sudo -n -l` of sudo 1.9.13 for these lines of sudoers, and whether `sudo -n id` and `sudo -n true` asked. Each row of the
 * table is one sudoers file.
 */
const rows: readonly {
  readonly sudoers: string
  readonly defaults: string
  readonly special?: string
  readonly rules: string
  readonly groups?: string
  readonly id: boolean | undefined
  readonly yes: boolean | undefined
}[] = [
  { sudoers: 'no defaults', defaults: 'env_reset', rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls', id: true, yes: true },
  { sudoers: 'exempt_group=wheel', defaults: 'env_reset, exempt_group=wheel', rules: '(ALL : ALL) ALL', id: false, yes: false },
  {
    sudoers: 'exempt_group of somebody else',
    defaults: 'env_reset, exempt_group=daemon',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: true,
  },
  {
    sudoers: 'exempt_group counts more than PASSWD',
    defaults: 'env_reset, exempt_group=wheel, !lecture',
    rules: '(ALL : ALL) PASSWD: ALL',
    id: false,
    yes: false,
  },
  {
    sudoers: 'the last exempt_group',
    defaults: 'env_reset, exempt_group=daemon, exempt_group=wheel',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: false,
    yes: false,
  },
  {
    sudoers: 'no exempt_group any more',
    defaults: 'env_reset, exempt_group=wheel, !exempt_group',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: true,
  },
  {
    sudoers: 'exempt_group with a space, and groups that have it',
    defaults: 'env_reset, exempt_group="domain users"',
    groups: 'deploy domain users',
    rules: '(ALL : ALL) ALL',
    id: false,
    yes: false,
  },
  {
    sudoers: 'exempt_group, and groups that are not known',
    defaults: 'env_reset, exempt_group=wheel',
    groups: '',
    rules: '(ALL : ALL) ALL',
    id: undefined,
    yes: undefined,
  },
  { sudoers: 'Defaults:deploy !authenticate', defaults: 'env_reset, !authenticate', rules: '(ALL : ALL) ALL', id: false, yes: false },
  {
    sudoers: 'Defaults:deploy authenticate after Defaults !authenticate',
    defaults: 'env_reset, !authenticate, authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: true,
  },
  {
    sudoers: 'PASSWD counts more than !authenticate',
    defaults: 'env_reset, !authenticate',
    rules: '(ALL : ALL) PASSWD: ALL',
    id: true,
    yes: true,
  },
  {
    sudoers: 'settings in quotes, wrapped',
    defaults: 'env_reset, listpw=never, verifypw=never, badpass_message="a,\n    !authenticate, b"',
    rules: '(ALL : ALL) ALL',
    id: true,
    yes: true,
  },
  {
    sudoers: 'settings in quotes behind it',
    defaults:
      'env_reset, !authenticate, lecture_file="/a b/c, authenticate", secure_path=/usr/local/sbin\\:/usr/bin, passprompt="one two three"',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: false,
    yes: false,
  },
  {
    sudoers: 'Defaults>root',
    defaults: 'env_reset',
    special: 'Defaults>root !authenticate',
    rules: '(ALL : ALL) ALL',
    id: false,
    yes: false,
  },
  {
    sudoers: 'Defaults>root,daemon',
    defaults: 'env_reset, insults',
    special: 'Defaults>root, daemon !authenticate',
    rules: '(ALL : ALL) ALL',
    id: false,
    yes: false,
  },
  {
    sudoers: 'Defaults>daemon alone',
    defaults: 'env_reset',
    special: 'Defaults>daemon !authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: true,
  },
  {
    sudoers: 'Defaults>#0',
    defaults: 'env_reset',
    special: 'Defaults>%wheel !authenticate\n    Defaults>#0 !authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: false,
    yes: false,
  },
  {
    sudoers: 'the last Defaults>root',
    defaults: 'env_reset',
    special: 'Defaults>root !authenticate\n    Defaults>root authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: true,
  },
  {
    sudoers: 'Defaults!/usr/bin/id authenticate',
    defaults: 'env_reset, !authenticate',
    special: 'Defaults!/usr/bin/id authenticate',
    rules: '(ALL : ALL) ALL',
    id: true,
    yes: false,
  },
  {
    sudoers: 'Defaults! of an alias with arguments, and more settings',
    defaults: 'env_reset',
    special: 'Defaults!/usr/bin/id, /usr/bin/true -x !authenticate, !requiretty',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: false,
    yes: true,
  },
  {
    sudoers: 'Defaults! counts more than Defaults>',
    defaults: 'env_reset',
    special: 'Defaults>root authenticate    Defaults!/usr/bin/id !authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: false,
    yes: true,
  },
  {
    sudoers: 'and the other way round',
    defaults: 'env_reset',
    special: 'Defaults>root !authenticate    Defaults!/usr/bin/id authenticate',
    rules: '(ALL : ALL) ALL, NOPASSWD: /bin/ls',
    id: true,
    yes: false,
  },
  {
    sudoers: 'NOPASSWD counts more than both',
    defaults: 'env_reset',
    special: 'Defaults>root authenticate    Defaults!/usr/bin/id authenticate',
    rules: '(ALL : ALL) NOPASSWD: ALL',
    id: false,
    yes: false,
  },
  {
    sudoers: 'ALL but root, and a command that is forbidden',
    defaults: 'env_reset',
    rules: '(ALL) NOPASSWD: !/usr/bin/id\n    (ALL, !root) NOPASSWD: ALL',
    id: undefined,
    yes: undefined,
  },
]

for (const { sudoers, defaults, special, rules, groups = 'deploy wheel', id, yes } of rows)
  test(`asksPassword() agrees with sudo: ${sudoers}`, () => {
    const list = [
      `Matching Defaults entries for deploy on w1:\n    ${defaults}`,
      ...(special === undefined ? [] : [`Runas and Command-specific defaults for deploy:\n    ${special}`]),
      `User deploy may run the following commands on w1:\n    ${rules}\n${groups === '' ? '' : `Groups: ${groups}\n`}`,
    ].join('\n\n')
    assert.equal(asksPassword(list, ['id']), id)
    assert.equal(asksPassword(list, ['true']), yes)
  })

test('a listing without a first line has only rules', () => {
  assert.deepEqual(parseSudoRules('    (root) NOPASSWD: /bin/a\n'), [{ as: 'root', command: '/bin/a', password: false, tagged: true }])
})

test('a rule that sudo prints on two lines is one rule', () => {
  const long = `${who}    (root) PASSWD: /usr/bin/systemctl kill --kill-who\\=main -s TSTP\n        sidekiq.service\n    (root) NOPASSWD: /bin/a,\n        /bin/b\n`
  assert.deepEqual(parseSudoRules(long), [
    { as: 'root', command: String.raw`/usr/bin/systemctl kill --kill-who\=main -s TSTP sidekiq.service`, password: true, tagged: true },
    { as: 'root', command: '/bin/a', password: false, tagged: true },
    { as: 'root', command: '/bin/b', password: false, tagged: true },
  ])
})

test('no rule asks for a password with !authenticate', () => {
  const text = `Matching Defaults entries for deploy on w1:\n    env_reset, !authenticate\n\n${who}    (ALL : ALL) ALL\n`
  assert.deepEqual(parseSudoRules(text), [{ as: 'ALL : ALL', command: 'ALL', password: false, tagged: false }])
})

const listing = `Matching Defaults entries for deploy on w1:
    env_reset, secure_path=/usr/local/sbin\\:/usr/sbin

User deploy may run the following commands on w1:
    (ALL : ALL) ALL
    (root) NOPASSWD: /usr/bin/systemctl reload a.service, /usr/bin/systemctl kill --kill-who\\=main -s TSTP a.service, PASSWD: /usr/bin/id
    (svc) NOPASSWD: ALL
    (root) NOPASSWD: /usr/bin/systemctl restart a*
`
test('asksPassword() uses the last matching rule of the listing', () => {
  const asks = (text: string) => asksPassword(listing, text.split(' '))
  assert.equal(asks('systemctl reload a.service'), false)
  assert.equal(asks('systemctl kill --kill-who=main -s TSTP a.service'), false)
  assert.equal(asks('systemctl restart a.service'), false)
  assert.equal(asks('systemctl stop a.service'), true)
  assert.equal(asks('/usr/bin/id'), true)
  assert.equal(asksPassword('sudo: a password is required', ['systemctl', 'stop']), undefined)
})

test('excessRights() finds rules that amount to root', () => {
  const excess = (rule: string) => excessRights(parseSudoRules(`    (root) NOPASSWD: ${rule}\n`))
  for (const rule of [
    'ALL',
    '/usr/bin/systemctl',
    '/bin/systemctl * sidekiq',
    '/usr/bin/systemctl restart sidekiq*',
    '/usr/bin/systemctl ^(start|stop) x$',
  ])
    assert.deepEqual(excess(rule), [rule])
  for (const rule of ['/usr/bin/systemctl restart sidekiq.service', '/usr/bin/systemctl ""', '/usr/bin/id'])
    assert.deepEqual(excess(rule), [])
  assert.deepEqual(excessRights(parseSudoRules('    (ALL : ALL) ALL\n    (svc) NOPASSWD: ALL\n')), [])
})
