import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { host } from '../golden/sidekiq-units.ts'
import { contextOf, doctorFactsOf, goodRelease, hostOf, textOf, type Given } from '../support/context.ts'

const system = { serviceUnitUser: 'system' }
const good = {
  Id: 'sidekiq.service',
  LoadState: 'loaded',
  ActiveState: 'active',
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
  Type: 'notify',
  Restart: 'always',
  WorkingDirectory: '/srv/shop/current',
  TimeoutStopUSec: '35s',
  WatchdogUSec: '30s',
  User: 'deploy',
  ExecStart: '{ path=/usr/bin/bundle ; argv[]=/usr/bin/bundle exec sidekiq -e production -t 25 ; ignore_errors=no ; }',
  ExecReload: '{ path=/bin/kill ; argv[]=/bin/kill -TSTP $MAINPID ; ignore_errors=no ; }',
}
type Unit = Partial<Record<keyof typeof good, string>>
const block = (unit: Unit): string =>
  Object.entries({ ...good, ...unit })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
const start = (path: string, words: string): Unit => ({ ExecStart: `{ path=${path} ; argv[]=${path} ${words} ; ignore_errors=no ; }` })

const findings = (unit: Unit, given: Given = {}): string[] => {
  const text = block(unit)
  const c = contextOf(sidekiq(), {
    settings: system,
    layout: { releases: [goodRelease()] },
    ...given,
    facts: { units: text, shown: text, more: text, host: host(), 'files.0': '[Service]\n', ours: '', runs: '', rights: '', ...given.facts },
  })
  return sidekiq()
    .definition.doctor!.findings(c as never)
    .map(({ level, message }) => `${level}: ${message}`)
}

test('a correct unit has no finding, even if shipit did not write it', () => assert.deepEqual(findings({}), []))

const cases: readonly [title: string, Unit, Given, RegExp | undefined][] = [
  ['a unit without ExecReload', { ExecReload: '' }, {}, undefined],
  [
    'USR1 with Sidekiq 5',
    { ExecReload: '{ argv[]=/bin/kill -USR1 $MAINPID ; }' },
    { facts: { host: host({ sidekiq: '5.2.9' }) } },
    /^warning: .*does not quiet/m,
  ],
  ['USR1 with Sidekiq 6', { ExecReload: '{ argv[]=/bin/kill -USR1 $MAINPID ; }' }, {}, /^error: .*ends Sidekiq 6\.4\.1/m],
  ['a TimeoutStopSec in minutes', { TimeoutStopUSec: '1min 30s' }, {}, undefined],
  ['an infinite TimeoutStopSec', { TimeoutStopUSec: 'infinity' }, {}, undefined],
  [
    'the usual timeout of Sidekiq 6',
    { TimeoutStopUSec: '20s', ...start('/usr/bin/bundle', 'exec sidekiq') },
    {},
    /^error: .*after 20 s .*gives its jobs 25 s/m,
  ],
  [
    'the timeout of a config file',
    { ...start('/usr/bin/bundle', 'exec sidekiq') },
    { facts: { host: host({ 'timeout sidekiq.yml': '60' }) } },
    /^error: .*gives its jobs 60 s/m,
  ],
  ['a short shell line', start('/bin/bash', '-lc bundle exec sidekiq'), {}, undefined],
  ['a shell with exec', start('/bin/bash', '-lc cd /srv/shop/current && exec bundle exec sidekiq -t 25'), {}, undefined],
  ['a bare shell', start('/bin/bash', '-lc cd /srv/shop/current && bundle exec sidekiq -t 25'), {}, /^error: .*bash stays in front/m],
  ['su', start('/bin/su', '-s /bin/bash -c exec bundle exec sidekiq -t 25 deploy'), {}, /^error: .*su stays in front/m],
  ['a wrapper that runs', {}, { facts: { runs: 'comm sidekiq.service env ruby\n' } }, /^error: .*the main process is env/m],
  ['an env that was replaced by Sidekiq', {}, { facts: { runs: 'comm sidekiq.service ruby3.1 convert\n' } }, undefined],
  ['notify before 6.0.6', {}, { facts: { host: host({ sidekiq: '6.0.5' }) } }, /^error: .*Type=notify, but Sidekiq 6\.0\.5/m],
  ['a watchdog under a second', { WatchdogUSec: '500ms' }, {}, /^error: .*does not start/m],
  ['root, as in the config', { User: 'root' }, { settings: { ...system, user: 'root' } }, undefined],
  ['root, unlike the config', { User: 'root' }, {}, /^warning: .*runs as root/m],
  ['User= in a unit of systemd --user', {}, { settings: {} }, /^error: .*User=deploy/m],
  ['a missing unit', { LoadState: 'not-found' }, {}, /^error: sidekiq\.service is not installed/m],
  [
    'a process that the host hides',
    {},
    {
      facts: {
        shown: { code: 1, stderr: 'Failed to connect to bus: No medium found' },
        units: { code: 1, stderr: 'Failed to connect to bus: No medium found' },
      },
    },
    /^error: cannot read the state of sidekiq\.service: systemd does not answer/m,
  ],
]
for (const [title, unit, given, wanted] of cases) {
  test(`${title} is ${wanted === undefined ? 'fine' : 'a finding'}`, () => {
    const messages = findings(unit, given)
    if (wanted === undefined) assert.deepEqual(messages, [])
    else assert.match(messages.join('\n'), wanted)
  })
}

test('refusals of sudo are one finding: an error, or a warning for calls that no deploy makes by itself', () => {
  const refusing = (...which: readonly number[]) =>
    findings({}, { facts: Object.fromEntries(which.map((i) => [`sudo.${i}`, { code: 1 }])) })
  assert.deepEqual(refusing(0, 4), [
    'error: deploy may not run through sudo: systemctl reload sidekiq.service; systemctl restart sidekiq.service',
  ])
  assert.deepEqual(refusing(5, 6), [
    'warning: deploy may not run through sudo: systemctl reset-failed sidekiq.service; systemctl enable sidekiq.service',
  ])
})

test('doctor uses read-only commands, and reads nothing on hosts without the role', () => {
  const ask = (roles: readonly string[]) => doctorFactsOf(sidekiq(), { settings: system, host: hostOf({ roles }) })
  assert.deepEqual(ask(['app']), {})
  const asked = Object.values(ask(['worker']))
  assert.ok(asked.length > 5 && asked.every((command) => command.spec.probe))
  assert.ok(!asked.some((command) => /\b(systemctl (start|restart|reload)|mkdir|rm|mv)\b(?! sidekiq\.service)/.test(textOf(command))))
})
