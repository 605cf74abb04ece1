import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sudoChecks, sudoersLine, sudoersRemedy } from '../../../src/kit/index.ts'
import { secret } from '../../../src/index.ts'
import { layoutFor } from '../../../src/facts/task-layout.ts'
import { layoutOf } from '../../support/context.ts'

/** The finding of sudoChecks() for this stderr of sudo. */
const found = (stderr: string, user = 'deploy') => {
  const [check, ...more] = sudoChecks(
    {
      layout: layoutFor(layoutOf({ user })),
      facts: { rights: '', sudo: [{ words: ['systemctl', 'start', 'web'], allowed: false, stderr }] },
    },
    () => 'a rule',
  )
  assert.deepEqual(more, [])
  return check
}
const refused = 'deploy may not run through sudo: systemctl start web'

const rows: readonly { readonly what: string; readonly stderr: string; readonly message: string; readonly remedy: string }[] = [
  // this is how `sudo -n -l COMMAND` refuses
  { what: 'a refusal without a message', stderr: '', message: refused, remedy: 'a rule' },
  {
    what: 'a refusal because of a password',
    stderr: 'sudo: a password is required\n',
    message: 'deploy may not run through sudo without a password: systemctl start web',
    remedy: 'a rule',
  },
  {
    what: 'a host without sudo, with dash',
    stderr: '/bin/sh: 1: sudo: not found\n',
    message: 'sudo is not installed: deploy cannot run systemctl start web',
    remedy: 'install sudo on this host',
  },
  {
    what: 'a host without sudo, with bash',
    stderr: '/bin/sh: line 1: sudo: command not found\n',
    message: 'sudo is not installed: deploy cannot run systemctl start web',
    remedy: 'install sudo on this host',
  },
  {
    what: 'an unreadable sudoers file',
    stderr: 'sudo: /etc/sudoers.d/web is owned by uid 1000, should be 0\nsudo: error initializing audit plugin sudoers_audit\n',
    message: `${refused}. sudo printed: sudo: /etc/sudoers.d/web is owned by uid 1000, should be 0`,
    remedy: 'a rule',
  },
  {
    what: 'a missing program',
    stderr: 'sudo: systemctl: command not found\n',
    message: `${refused}. sudo printed: sudo: systemctl: command not found`,
    remedy: 'a rule',
  },
]
for (const { what, stderr, message, remedy } of rows)
  test(`sudoChecks() reports ${what}`, () => {
    assert.deepEqual(found(stderr), { level: 'error', message, remedy })
  })

test('sudoersLine() allows no arguments for a command without arguments, and escapes special characters', () => {
  assert.equal(
    sudoersLine('de:ploy', 'a,b', [['/bin/sh'], ['/usr/bin/nc', '-U', '/run/x=y']]),
    String.raw`de\:ploy ALL=(a\,b) NOPASSWD: /bin/sh "", /usr/bin/nc -U /run/x\=y`,
  )
  const use = { application: 'shop', stage: 'production', usedAs: 'web', layout: { user: 'deploy' } }
  assert.equal(
    sudoersRemedy(use, { commands: [['/usr/sbin/nginx']] }),
    'deploy may not do this through sudo without a password. As root: visudo -f /etc/sudoers.d/zz_shop_production_web, and add the line\ndeploy ALL=(root) NOPASSWD: /usr/sbin/nginx ""',
  )
})

test('sudoChecks() finds nothing wrong with a question for a password that the host has', () => {
  const facts = { rights: '    (ALL) ALL\n', sudo: [{ words: ['systemctl', 'start', 'web'], allowed: true, stderr: '' }] }
  const layout = layoutFor(layoutOf({ user: 'deploy' }))
  const messages = (host: { readonly sudoPassword?: ReturnType<typeof secret> }) =>
    sudoChecks({ layout, facts, host }, () => 'a rule').map(({ message }) => message)
  assert.deepEqual(messages({}), ['sudo asks deploy for a password before: systemctl start web'])
  assert.deepEqual(messages({ sudoPassword: secret('hunter22') }), [])
})
