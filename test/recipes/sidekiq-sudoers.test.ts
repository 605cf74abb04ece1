import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { asksPassword, inExcess, rulesOf } from '../../recipes/sudo/listing.ts'
import { fileText, rules } from '../../recipes/sidekiq/sudoers/rules.ts'
import { sudoersFile } from '../../recipes/sudo/file.ts'
import type { Settings } from '../../recipes/sidekiq/settings.ts'
import { contextOf, hostOf, stepsOf, type Given } from '../support/context.ts'

const of = (settings: Record<string, unknown>) =>
  contextOf(sidekiq(), { settings }) as unknown as { settings: Settings; application: string; stage: string; usedAs: string }
const deploy = { user: 'deploy', bin: '/usr/bin/systemctl' }
const lines = (settings: Record<string, unknown>, host = deploy) => rules(of(settings), host)

test('a unit of the system: a line for each call, its arguments whole (G118)', () => {
  assert.deepEqual(lines({ serviceUnitUser: 'system', serviceUnitName: 'shop_sidekiq' }), [
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl kill --kill-who\\=main -s TSTP shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable shop_sidekiq.service',
  ])
})

test('the systemd of the deploy user needs none, that of another a shell of that user', () => {
  assert.deepEqual(lines({}), [])
  assert.deepEqual(lines({ user: 'deploy' }), [])
  assert.deepEqual(lines({ user: 'svc' }), ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'])
})

test('Upstart: a job, or each of its instances', () => {
  const initctl = { user: 'deploy', bin: '/sbin/initctl' }
  assert.deepEqual(
    lines({ manager: 'upstart', processes: 2 }, initctl).filter((line) => line.includes(' stop ')),
    [1, 2].map((n) => `deploy ALL=(root) NOPASSWD: /sbin/initctl stop sidekiq index\\=${n}`),
  )
})

test('signals are sent by whoever Sidekiq is run by', () => {
  assert.deepEqual(lines({ manager: 'signals' }), [])
  assert.deepEqual(lines({ manager: 'signals', user: 'svc' }), ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'])
})

test('G118: what sudoers would read as its own is escaped, and nothing is a wildcard', () => {
  const all = lines(
    { serviceUnitUser: 'system', serviceUnitName: 'my app', processes: 2 },
    { user: 'deploy', bin: '/opt/a:b,c=d/systemctl' },
  )
  assert.ok(
    all.includes('deploy ALL=(root) NOPASSWD: /opt/a\\:b\\,c\\=d/systemctl stop my\\\\\\\\x20app@1.service my\\\\\\\\x20app@2.service'),
  )
  assert.ok(all.every((line) => !/[*?[\]^]/.test(line)))
})

test('G118: the file has a name that sudo reads, without a dot and after the others, one for each application and stage', () => {
  assert.equal(sudoersFile({ ...of({}), application: 'shop.example', stage: 'eu-1' }), 'zz_shop_example_eu-1_sidekiq')
  assert.equal(sudoersFile({ ...of({}), usedAs: 'search' }), 'zz_shop_production_search')
  assert.equal(fileText(of({}), ['a', 'b']), '# For shop (production), by shipit: sidekiq:sudoers --install writes it anew\na\nb\n')
})

/** Every task, in the states that units can be in: a call that no rule names would be refused on the host. */
test('every sudo that a task makes is among the rules, whatever state the units are in', () => {
  const states = {
    up: 'MainPID=7\nActiveState=active',
    down: 'MainPID=0\nActiveState=inactive',
    crashing: 'MainPID=0\nActiveState=activating',
  }
  const ways = ['', 'ExecReload={ argv[]=/bin/kill -TSTP $MAINPID ; }']
  const blocks = Object.values(states).flatMap((state) => ways.map((way) => `LoadState=loaded\nType=notify\n${state}\n${way}`))
  const missing = 'LoadState=not-found\nMainPID=0\nActiveState=inactive'
  for (const processes of [1, 2]) {
    const settings = { serviceUnitUser: 'system', processes }
    const allowed = lines(settings).map((line) => line.replace(/^.*NOPASSWD: \/usr\/bin\//, 'sudo ').replaceAll('\\', ''))
    const pairs =
      processes === 1 ? [...blocks, missing] : blocks.flatMap((one) => [...blocks, missing].map((other) => `${one}\n\n${other}`))
    for (const units of pairs) {
      const given: Given = { settings, facts: { units }, ran: { 'sidekiq:quiet': 'done' }, host: hostOf() }
      for (const task of ['check', 'quiet', 'stop', 'start', 'restart', 'recover', 'enable', 'disable']) {
        const calls = stepsOf(sidekiq(), task, given).flatMap((text) => text.split('\n').filter((line) => line.startsWith('sudo ')))
        for (const call of calls) assert.ok(allowed.includes(call.replace('sudo -n -l ', 'sudo ')), `${task}: ${call}`)
      }
    }
  }
})

const listing = `Matching Defaults entries for deploy on w1:
    env_reset, secure_path=/usr/local/sbin\\:/usr/sbin

User deploy may run the following commands on w1:
    (ALL : ALL) ALL
    (root) NOPASSWD: /usr/bin/systemctl reload a.service, /usr/bin/systemctl kill --kill-who\\=main -s TSTP a.service, PASSWD: /usr/bin/id
    (svc) NOPASSWD: ALL
    (root) NOPASSWD: /usr/bin/systemctl restart a*
`
test('what sudo lists is read: who asks for a password, by the last rule that fits', () => {
  const asks = (text: string) => asksPassword(listing, text.split(' '))
  assert.equal(asks('systemctl reload a.service'), false)
  assert.equal(asks('systemctl kill --kill-who=main -s TSTP a.service'), false)
  assert.equal(asks('systemctl restart a.service'), false)
  assert.equal(asks('systemctl stop a.service'), true)
  assert.equal(asks('/usr/bin/id'), true)
  assert.equal(asksPassword('sudo: a password is required', ['systemctl', 'stop']), undefined)
})

test('rules that are as much as root are in excess', () => {
  const excess = (rule: string) => inExcess(rulesOf(`    (root) NOPASSWD: ${rule}\n`))
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
  assert.deepEqual(inExcess(rulesOf('    (ALL : ALL) ALL\n    (svc) NOPASSWD: ALL\n')), [])
})
