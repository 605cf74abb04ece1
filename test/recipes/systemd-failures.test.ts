import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/given.ts'
import { deaf, live, running, shown, svc } from '../golden/systemd.ts'
import { commandsOf, hintOf, withoutProof } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const commands = (service: GivenService, task: string, units = [running(100)]) =>
  withoutProof(
    commandsOf(systemd({ services: { web: service as {} } }), `web:${task}`, {
      ...live,
      facts: { 'web.session': '1000\n/run/user/1000\n', 'web.account': svc, 'web.units': shown(units) },
    }),
  )

for (const { name, argv } of shells) {
  const codeOf = (command: ReturnType<typeof commands>[number], systemctl: string) => {
    const fake = stubs({ systemctl, journalctl: ':' })
    try {
      return runSteps(argv, [command], { PATH: fake.path })[0]!
    } finally {
      fake.remove()
    }
  }

  test(`${name}: status of a stopped or missing unit succeeds, and an unreachable systemd is a failure`, () => {
    const [status] = commands({}, 'status')
    const codes = [0, 3, 4, 1, 127].map((code) => codeOf(status!, `echo web.service; exit ${code}`))
    assert.deepEqual(
      codes.map(({ code }) => code),
      [0, 0, 0, 1, 127],
    )
    assert.ok(codes.every(({ stdout }) => stdout === 'web.service\n'))
  })

  test(`${name}: a socket that is not active is a failure that names it`, () => {
    const [, , active] = commands({ units: ['web', 'web.socket'] }, 'start', [deaf, running(100)])
    assert.equal(codeOf(active!, 'echo Id=web.socket; echo ActiveState=active').code, 0)
    const failed = codeOf(active!, 'echo Id=web.socket; echo ActiveState=failed')
    assert.equal(failed.code, 1)
    assert.match(failed.stdout, /^ActiveState=failed$/m)
    assert.notEqual(codeOf(active!, 'exit 1').code, 0)
  })
}

const other = { user: 'svc' } as const
const system = { serviceUnitUser: 'system' } as const
const failures: readonly { what: string; service?: GivenService; task: string; code?: number; stderr: string; hint: RegExp }[] = [
  {
    what: 'a unit without ExecReload',
    task: 'reload',
    code: 3,
    stderr: 'Failed to reload web.service: Job type reload is not applicable for unit web.service.\n',
    hint: /no ExecReload.*reloadOrRestart: true for web/,
  },
  {
    what: 'a stopped unit',
    task: 'reload',
    stderr: 'web.service is not active, cannot reload.\n',
    hint: /shipit production systemd:web:start/,
  },
  {
    what: 'a missing unit',
    service: system,
    task: 'restart',
    code: 5,
    stderr: 'Failed to restart web.service: Unit web.service not found.\n',
    hint: /no web\.service in \/etc\/systemd\/system.*docs\/systemd\.md.*serviceUnitUser: 'user'/,
  },
  {
    what: 'a missing unit of another user',
    service: other,
    task: 'restart',
    code: 5,
    stderr: 'Failed to restart web.service: Unit web.service not found.\n',
    hint: /no web\.service in ~svc\/\.config\/systemd\/user.*serviceUnitUser: 'system'/,
  },
  {
    what: 'a missing user',
    service: other,
    task: 'stop',
    stderr: 'sudo: unknown user svc\nsudo: error initializing audit plugin sudoers_audit\n',
    hint: /no user svc on this host/,
  },
  {
    what: 'another user that sudo refuses',
    service: other,
    task: 'stop',
    stderr: 'sudo: a password is required\n',
    hint: /deploy may not become svc.*\ndeploy ALL=\(svc\) NOPASSWD: \/bin\/sh ""$/s,
  },
  {
    what: 'another user without a running systemd',
    service: other,
    task: 'stop',
    stderr: 'Failed to connect to bus: No such file or directory\n',
    hint: /svc's own systemd does not run.*enable-linger svc/,
  },
  {
    what: 'a call that sudo does not allow',
    service: { ...system, units: ['web', 'web.socket'] },
    task: 'start',
    stderr: 'sudo: a password is required\n',
    hint: /shop_production_systemd_web.*NOPASSWD: \/usr\/bin\/systemctl start web\.socket web\.service$/s,
  },
  {
    what: 'a service that runs without its socket',
    service: system,
    task: 'start',
    stderr: 'Job for web.socket failed.\n-- what systemd says:\nweb.socket: Socket service web.service already active, refusing.\n',
    hint: /systemd:web:stop systemd:web:start/,
  },
  {
    what: 'a crash',
    service: system,
    task: 'restart',
    stderr:
      'Job for web.service failed because the control process exited with error code.\n-- what systemd says:\nResult=exit-code\nExecMainStatus=3\n',
    hint: /web ended while it came up \(exit code 3\): see journalctl -u web\.service/,
  },
  {
    what: 'a crash under another user',
    service: other,
    task: 'restart',
    stderr: 'Job for web.service failed.\n-- what systemd says:\nExecMainStatus=3\n',
    hint: /journalctl --user -u web\.service as svc/,
  },
  {
    what: 'a program that never says READY=1',
    task: 'start',
    stderr: 'Job for web.service failed because a timeout was exceeded.\n',
    hint: /READY=1/,
  },
  {
    what: 'an unreadable journal',
    service: system,
    task: 'log',
    stderr: 'No journal files were opened due to insufficient permissions.\n',
    hint: /usermod -aG systemd-journal deploy/,
  },
]
for (const { what, service = {}, task, code = 1, stderr, hint } of failures) {
  test(`${what} has a hint`, () => assert.match(hintOf(commands(service, task)[0]!, { code, stderr }) ?? 'nothing', hint))
}

test('the old process after a restart has another hint than a failed start', () => {
  const up = commands(system, 'restart').find(({ spec }) => spec.title === 'check that web.service is up')!
  assert.match(
    hintOf(up, { code: 4, stderr: 'web.service is still the old process, 100\n' }) ?? '',
    /still the old process.*shipit production systemd:web:restart/,
  )
  assert.match(
    hintOf(up, { code: 6, stderr: 'web.service does not run: it is failed (failed), exit-code\n' }) ?? '',
    /web ended while it came up/,
  )
})
