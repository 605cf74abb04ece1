import { test } from 'node:test'
import type { Finding } from '../../src/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { puma, systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/given.ts'
import { lingerTest } from '../../recipes/systemd/linger.ts'
import { contextOf, doctorFactsOf, goodRelease, hostOf, textOf, type Answers, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

import assert from 'node:assert/strict'

const web = (service: GivenService = {}) => systemd({ services: { web: service as {} } })

const good: Readonly<Record<string, string>> = {
  LoadState: 'loaded',
  ActiveState: 'active',
  Result: 'success',
  UnitFileState: 'enabled',
  NeedDaemonReload: 'no',
  Type: 'notify',
  WorkingDirectory: '/srv/shop/current',
  ExecStart: '{ path=/usr/bin/node ; argv[]=/usr/bin/node server.js ; }',
}
const shown = (...units: readonly Readonly<Record<string, string>>[]): string =>
  units
    .map((unit) =>
      Object.entries({ ...good, ...unit })
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
    .join('\n')
const live: Given = { layout: { releases: [goodRelease()] } }

/** The doctor's findings, by the answers to its facts about `web`. */
const findings = (service: GivenService, answers: Answers, given: Given = live): readonly Finding[] => {
  // both are read, with the same values
  const all = { ...(answers['shown'] !== undefined && { units: answers['shown'] }), ...answers }
  const facts = Object.fromEntries(Object.entries(all).map(([name, answer]) => [`web.${name}`, answer]))
  return web(service).definition.doctor!.findings(contextOf(web(service), { ...given, facts }))
}
const asked = (recipe: AnyRecipe, given: Given = {}) =>
  Object.fromEntries(Object.entries(doctorFactsOf(recipe, given)).map(([path, command]) => [path, textOf(command)]))
const properties = 'show -p Id,LoadState,ActiveState,Result,UnitFileState,NeedDaemonReload,Type,WorkingDirectory,ExecStart'

test('doctor reads the units, and asks sudo for the exact arguments of every task', () => {
  assert.deepEqual(asked(web({ serviceUnitUser: 'system', units: ['web', 'web.socket'] })), {
    'web.shown': `systemctl ${properties} web.socket web.service`,
    'web.rights': `LC_ALL=C sudo -n -l && echo 'Groups: '"$(id -Gn)"`,
    'web.sudo.0': 'sudo -n -l systemctl start web.socket web.service',
    'web.sudo.1': 'sudo -n -l systemctl stop web.socket web.service',
    'web.sudo.2': 'sudo -n -l systemctl start web.socket',
    'web.sudo.3': 'sudo -n -l systemctl restart web.service',
    'web.sudo.4': 'sudo -n -l systemctl reload web.service',
    'web.sudo.5': 'sudo -n -l systemctl reset-failed web.socket web.service',
    'web.sudo.6': 'sudo -n -l systemctl reset-failed web.service',
    'web.sudo.7': 'sudo -n -l systemctl enable web.socket web.service',
    'web.sudo.8': 'sudo -n -l systemctl disable web.socket web.service',
  })
  assert.deepEqual(asked(web()), {
    'web.shown': `XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user ${properties} web.service`,
    'web.linger':
      '{ test -e "/var/lib/systemd/linger/$(id -un)" || [ "$(systemctl is-enabled "user@$(id -u).service" 2>/dev/null)" = enabled ]; }',
  })
  assert.match(
    asked(web({ user: 'svc' }))['web.linger']!,
    /^\{ test -e \/var\/lib\/systemd\/linger\/svc \|\| \[ "\$\(systemctl is-enabled /,
  )
  const roles = { host: hostOf({ roles: ['web'] }) }
  const calls = Object.entries(asked(puma({ serviceUnitUser: 'system', phased: true }), roles)).flatMap(([path, text]) =>
    path.startsWith('sudo.') ? [text] : [],
  )
  assert.deepEqual(
    calls.map((text) => text.replace('sudo -n -l systemctl ', '')),
    [
      'start puma.service',
      'stop puma.service',
      'restart puma.service',
      'kill --kill-who=main -s USR1 puma.service',
      'reset-failed puma.service',
      'enable puma.service',
      'disable puma.service',
    ],
  )
  assert.deepEqual(asked(puma(), { host: hostOf({ roles: ['db'] }) }), {})
})

test('a healthy service has no finding', () => {
  const coming = shown({ ActiveState: 'activating', NRestarts: '0' })
  assert.deepEqual(findings({}, { shown: coming, units: coming, linger: '' }), [])
  assert.deepEqual(findings({}, { shown: shown({}), linger: '' }), [])
  assert.deepEqual(
    findings({ serviceUnitUser: 'system' }, { shown: shown({}), 'sudo.0': '', 'sudo.1': '', 'sudo.2': '', 'sudo.3': '' }),
    [],
  )
  assert.deepEqual(findings({}, { shown: shown({ WorkingDirectory: '/srv/shop/current/apps/web' }), linger: '' }), [])
  assert.deepEqual(
    findings(
      {},
      {
        shown: shown({ WorkingDirectory: '', ExecStart: '{ path=/usr/bin/node ; argv[]=/usr/bin/node /srv/shop/current/server.js ; }' }),
        linger: '',
      },
    ),
    [],
  )
  assert.deepEqual(findings({}, { shown: shown({ ActiveState: 'inactive', Type: 'oneshot', UnitFileState: 'static' }), linger: '' }), [])
})

const cases: readonly {
  what: string
  unit?: Record<string, string>
  service?: GivenService
  answers?: Answers
  given?: Given
  finds: [Finding['level'], RegExp, RegExp]
}[] = [
  {
    what: 'a missing unit',
    unit: { LoadState: 'not-found', ActiveState: 'inactive' },
    finds: ['error', /web\.service is not installed/, /~deploy\/\.config\/systemd\/user.*docs\/systemd\.md/],
  },
  {
    what: 'a missing unit before the first deploy',
    unit: { LoadState: 'not-found' },
    given: {},
    finds: ['warning', /is not installed/, /write it/],
  },
  { what: 'a masked unit', unit: { LoadState: 'masked' }, finds: ['error', /is masked/, /systemctl --user unmask web\.service/] },
  {
    what: 'a unit file with an error',
    unit: { LoadState: 'bad-setting' },
    finds: ['error', /cannot read/, /systemd-analyze --user verify web\.service/],
  },
  {
    what: 'a service that failed',
    unit: { ActiveState: 'failed', Result: 'exit-code' },
    finds: ['error', /has failed \(exit-code\)/, /journalctl --user -u web\.service.*systemd:web:restart/],
  },
  {
    what: 'a stopped service',
    unit: { ActiveState: 'inactive' },
    finds: ['warning', /does not run/, /shipit production systemd:web:start/],
  },
  {
    what: 'a service that is not enabled',
    unit: { UnitFileState: 'disabled' },
    finds: ['warning', /not enabled/, /shipit production systemd:web:enable/],
  },
  {
    what: 'a system service that is not enabled, which the sudo rules do not allow',
    service: { serviceUnitUser: 'system' },
    unit: { UnitFileState: 'disabled' },
    finds: ['warning', /not enabled/, /^shipit production systemd:web:enable --set ssh\.user=root$/],
  },
  {
    what: 'a service in a crash loop',
    unit: { ActiveState: 'activating' },
    answers: { units: shown({ ActiveState: 'activating', NRestarts: '8' }) },
    finds: [
      'error',
      /web\.service does not stay up: systemd has restarted it 8 times, and it is not up$/,
      /journalctl --user -u web\.service/,
    ],
  },
  { what: 'a unit file that changed', unit: { NeedDaemonReload: 'yes' }, finds: ['warning', /has changed/, /daemon-reload/] },
  {
    what: 'a service in a release folder',
    unit: { WorkingDirectory: '/srv/shop/releases/20261122141200' },
    finds: ['warning', /not run in \/srv\/shop\/current, but in .*20261122141200/, /WorkingDirectory=\/srv\/shop\/current/],
  },
  {
    what: 'a service in another current',
    unit: { WorkingDirectory: '/srv/shop/current2' },
    finds: ['warning', /but in \/srv\/shop\/current2/, /./],
  },
  { what: 'a service without WorkingDirectory', unit: { WorkingDirectory: '' }, finds: ['warning', /no WorkingDirectory/, /./] },
  {
    what: 'a user who does not linger',
    answers: { linger: { code: 1 } },
    finds: ['error', /deploy does not linger/, /enable-linger deploy/],
  },
  {
    what: 'another user who does not linger',
    service: { user: 'svc' },
    answers: { linger: { code: 1 } },
    finds: ['error', /svc does not linger/, /enable-linger svc/],
  },
  {
    what: 'a missing bus',
    answers: { shown: { code: 1, stderr: 'Failed to connect to bus: No medium found\n' } },
    finds: [
      'error',
      /^cannot read the state of web\.service: the systemd of deploy does not answer: Failed to connect to bus/,
      /enable-linger deploy/,
    ],
  },
  {
    what: 'another user that sudo refuses',
    service: { user: 'svc' },
    answers: { shown: { code: 1, stderr: 'sudo: a password is required\n' } },
    finds: [
      'error',
      /^cannot read the state of web\.service: the systemd of svc does not answer: sudo/,
      /deploy ALL=\(svc\) NOPASSWD: \/bin\/sh ""$/,
    ],
  },
  {
    what: 'a missing user',
    service: { user: 'svc' },
    answers: { shown: { code: 1, stderr: 'sudo: unknown user svc\n' }, linger: { code: 1 } },
    finds: ['error', /unknown user/, /there is no user svc/],
  },
  {
    what: 'a refused call of a deploy',
    service: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },
    answers: { 'sudo.2': { code: 1 } },
    finds: [
      'error',
      /^deploy may not run through sudo: systemctl restart web\.service$/,
      /^see the rules: shipit production systemd:web:sudoers\n/,
    ],
  },
  {
    what: 'a refused call of a task that is only typed',
    service: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },
    answers: { 'sudo.1': { code: 1 } },
    finds: ['warning', /may not run through sudo: systemctl stop web\.service/, /NOPASSWD/],
  },
]
test('refusals of sudo are one finding with one rule', () => {
  const service: GivenService = { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } }
  const refused = Object.fromEntries([0, 1, 2, 3, 4, 5, 6].map((i) => [`sudo.${i}`, { code: 1 }]))
  const found = findings(service, { shown: shown({}), ...refused })
  assert.equal(found.length, 1)
  const [{ level, message, remedy }] = found as [Finding]
  assert.equal(level, 'error')
  assert.match(message, /^deploy may not run through sudo: (systemctl [a-z-]+ web\.service(; |$)){7}$/)
  assert.equal(remedy.match(/\/usr\/bin\/systemctl/g)?.length, 7)
})

for (const { what, unit = {}, service = {}, answers = {}, given, finds } of cases) {
  test(`doctor reports ${what}`, () => {
    const found = findings(service, { shown: shown(unit), ...answers }, given)
    assert.deepEqual(
      found.map(({ level }) => level),
      [finds[0]],
      JSON.stringify(found, undefined, 1),
    )
    assert.match(found[0]!.message, finds[1])
    assert.match(found[0]!.remedy, finds[2])
  })
}

test('a service that its socket starts need not run or be enabled', () => {
  const down = { ActiveState: 'inactive', UnitFileState: 'disabled' }
  const units = { units: ['web', 'web.socket'] } as const
  const socket = { Type: '', WorkingDirectory: '', ExecStart: '' }
  assert.deepEqual(findings(units, { shown: shown(socket, down), linger: '' }), [])
  assert.equal(findings(units, { shown: shown({ ...socket, ...down }, down), linger: '' }).length, 4)
})

for (const { name, argv } of shells)
  test(`a static systemd of a user without lingering does not start at boot (${name})`, (t) => {
    const look = (says: string) => {
      const made = stubs({ systemctl: says, id: 'echo 1000' })
      t.after(made.remove)
      return runSteps(argv, [lingerTest({ systemctlBin: 'systemctl' }, 'nobody-lingers')], { PATH: made.path })[0]!.code
    }
    assert.equal(look('echo static'), 1)
    assert.equal(look('echo disabled; exit 1'), 1)
    assert.equal(look('echo enabled'), 0)
  })
