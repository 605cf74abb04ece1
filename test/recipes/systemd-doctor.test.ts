import assert from 'node:assert/strict'
import { test } from 'node:test'
import { puma, systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/settings.ts'
import type { Finding } from '../../src/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { lingering } from '../../recipes/systemd/watch.ts'
import { contextOf, goodRelease, hostOf, textOf, type Answers, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

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

/** What the doctor says, by the answers to its own questions about `web`. */
const findings = (service: GivenService, answers: Answers, given: Given = live): readonly Finding[] => {
  const facts = Object.fromEntries(Object.entries(answers).map(([name, answer]) => [`web.${name}`, answer]))
  return web(service).definition.doctor!.findings(contextOf(web(service), { ...given, facts }))
}
const asked = (recipe: AnyRecipe, given: Given = {}) => {
  const { facts: _, failure: __, layout: ___, ...c } = contextOf(recipe, given)
  return Object.fromEntries(Object.entries(recipe.definition.doctor!.facts!({ ...c, runs: () => false })).map(([k, v]) => [k, textOf(v)]))
}
const properties = 'show -p Id,LoadState,ActiveState,Result,UnitFileState,NeedDaemonReload,Type,WorkingDirectory,ExecStart'

test('it asks for the units, and sudo for the exact words of every task', () => {
  assert.deepEqual(asked(web({ user: 'system', units: ['web', 'web.socket'] })), {
    'web.shown': `systemctl ${properties} web.socket web.service`,
    'web.rights': `LC_ALL=C sudo -n -l && echo 'Groups: '"$(id -Gn)"`,
    'web.sudo0': 'sudo -n -l systemctl start web.socket web.service',
    'web.sudo1': 'sudo -n -l systemctl stop web.socket web.service',
    'web.sudo2': 'sudo -n -l systemctl start web.socket',
    'web.sudo3': 'sudo -n -l systemctl restart web.service',
    'web.sudo4': 'sudo -n -l systemctl reload web.service',
    'web.sudo5': 'sudo -n -l systemctl reset-failed web.socket web.service',
    'web.sudo6': 'sudo -n -l systemctl reset-failed web.service',
  })
  assert.deepEqual(asked(web()), {
    'web.shown': `XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} systemctl --user ${properties} web.service`,
    'web.linger':
      '{ test -e "/var/lib/systemd/linger/$(id -un)" || [ "$(systemctl is-enabled "user@$(id -u).service" 2>/dev/null)" = enabled ]; }',
  })
  assert.match(
    asked(web({ account: 'svc' }))['web.linger']!,
    /^\{ test -e \/var\/lib\/systemd\/linger\/svc \|\| \[ "\$\(systemctl is-enabled /,
  )
  const roles = { host: hostOf({ roles: ['web'] }) }
  const calls = Object.values(asked(puma({ serviceUnitUser: 'system', phased: true }), roles)).slice(2)
  assert.deepEqual(
    calls.map((text) => text.replace('sudo -n -l systemctl ', '')),
    [
      'start puma.service',
      'stop puma.service',
      'restart puma.service',
      'kill --kill-who=main -s USR1 puma.service',
      'reset-failed puma.service',
    ],
  )
  assert.deepEqual(asked(puma(), { host: hostOf({ roles: ['db'] }) }), {})
})

test('a healthy service gives no finding', () => {
  assert.deepEqual(findings({}, { shown: shown({}), linger: '' }), [])
  assert.deepEqual(findings({ user: 'system' }, { shown: shown({}), sudo0: '', sudo1: '', sudo2: '', sudo3: '' }), [])
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
    what: 'a unit that is missing before the first deploy',
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
    what: 'a service that is down',
    unit: { ActiveState: 'inactive' },
    finds: ['warning', /does not run/, /shipit production systemd:web:start/],
  },
  {
    what: 'a service that is not enabled',
    unit: { UnitFileState: 'disabled' },
    finds: ['warning', /not enabled/, /shipit production systemd:web:enable/],
  },
  { what: 'a unit file that changed', unit: { NeedDaemonReload: 'yes' }, finds: ['warning', /has changed/, /daemon-reload/] },
  {
    what: 'a service that runs elsewhere',
    unit: { WorkingDirectory: '/srv/shop/releases/20261122141200' },
    finds: ['warning', /not run in \/srv\/shop\/current, but in .*20261122141200/, /WorkingDirectory=\/srv\/shop\/current/],
  },
  {
    what: 'a service of another current',
    unit: { WorkingDirectory: '/srv/shop/current2' },
    finds: ['warning', /but in \/srv\/shop\/current2/, /./],
  },
  { what: 'a service without a place', unit: { WorkingDirectory: '' }, finds: ['warning', /no WorkingDirectory/, /./] },
  {
    what: 'a user who does not linger',
    answers: { linger: { code: 1 } },
    finds: ['error', /deploy does not linger/, /enable-linger deploy/],
  },
  {
    what: 'another user who does not linger',
    service: { account: 'svc' },
    answers: { linger: { code: 1 } },
    finds: ['error', /svc does not linger/, /enable-linger svc/],
  },
  {
    what: 'a bus that is not there',
    answers: { shown: { code: 1, stderr: 'Failed to connect to bus: No medium found\n' } },
    finds: ['error', /the systemd of deploy cannot be asked: Failed to connect to bus/, /enable-linger deploy/],
  },
  {
    what: 'another user whom sudo does not let in',
    service: { account: 'svc' },
    answers: { shown: { code: 1, stderr: 'sudo: a password is required\n' } },
    finds: ['error', /the systemd of svc cannot be asked: sudo/, /deploy ALL=\(svc\) NOPASSWD: \/bin\/sh$/],
  },
  {
    what: 'another user who is not there',
    service: { account: 'svc' },
    answers: { shown: { code: 1, stderr: 'sudo: unknown user svc\n' }, linger: { code: 1 } },
    finds: ['error', /unknown user/, /there is no user svc/],
  },
  {
    what: 'what sudo does not allow, of what a deploy does',
    service: { user: 'system', after: { 'deploy:published': 'restart' } },
    answers: { sudo2: { code: 1 } },
    finds: [
      'error',
      /deploy may not run systemctl restart web\.service through sudo/,
      /shop_production_systemd_web, with the line\ndeploy ALL=\(root\) NOPASSWD: \/usr\/bin\/systemctl restart web\.service$/,
    ],
  },
  {
    what: 'what sudo does not allow, of what is only typed',
    service: { user: 'system', after: { 'deploy:published': 'restart' } },
    answers: { sudo1: { code: 1 } },
    finds: ['warning', /may not run systemctl stop web\.service/, /NOPASSWD/],
  },
]
test('all that sudo refuses is one finding, with one rule', () => {
  const service: GivenService = { user: 'system', after: { 'deploy:published': 'restart' } }
  const refused = Object.fromEntries([0, 1, 2, 3, 4].map((i) => [`sudo${i}`, { code: 1 }]))
  const found = findings(service, { shown: shown({}), ...refused })
  assert.equal(found.length, 1)
  const [{ level, message, remedy }] = found as [Finding]
  assert.equal(level, 'error')
  assert.match(message, /^deploy may not run these through sudo: (systemctl [a-z-]+ web\.service(; |$)){5}$/)
  assert.equal(remedy.match(/\/usr\/bin\/systemctl/g)?.length, 5)
})

for (const { what, unit = {}, service = {}, answers = {}, given, finds } of cases) {
  test(`the doctor finds ${what}`, () => {
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

test('a service that its socket starts need not run, nor be enabled', () => {
  const down = { ActiveState: 'inactive', UnitFileState: 'disabled' }
  const units = { units: ['web', 'web.socket'] } as const
  const socket = { Type: '', WorkingDirectory: '', ExecStart: '' }
  assert.deepEqual(findings(units, { shown: shown(socket, down), linger: '' }), [])
  assert.equal(findings(units, { shown: shown({ ...socket, ...down }, down), linger: '' }).length, 4)
})

for (const { name, argv } of shells)
  test(`a user without lingering has a systemd that is static, which does not start at boot (${name})`, (t) => {
    const look = (says: string) => {
      const made = stubs({ systemctl: says, id: 'echo 1000' })
      t.after(made.remove)
      return runSteps(argv, [lingering({ systemctlBin: 'systemctl' }, 'nobody-lingers')], { PATH: made.path })[0]!.code
    }
    assert.equal(look('echo static'), 1)
    assert.equal(look('echo disabled; exit 1'), 1)
    assert.equal(look('echo enabled'), 0)
  })
