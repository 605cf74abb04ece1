import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { commandsOf, goodRelease, hintOf, textOf, withoutProof, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

type Scope = 'user' | 'system'
type Task = 'check' | 'quiet' | 'stop' | 'start' | 'restart'

const unit = (pid: number) => `Type=notify\nMainPID=${pid}\nId=sidekiq.service\nLoadState=loaded\nActiveState=active\n`
const given = (pid = 100): Given => ({
  release: '20261123100000',
  layout: { releases: [goodRelease()] },
  facts: { session: '1000\n/run/user/1000\n', units: unit(pid) },
})
const step = (scope: Scope, task: Task, n = 0) => withoutProof(commandsOf(sidekiq({ serviceUnitUser: scope }), task, given()))[n]!

/** messages of systemd 252 and sudo 1.9, and their hints */
const failures: readonly {
  what: string
  scope: Scope
  task: Task
  step?: number
  code: number
  stderr?: string
  stdout?: string
  hint: RegExp
}[] = [
  {
    what: 'a sudo that asks for a password',
    scope: 'system',
    task: 'stop',
    code: 1,
    stderr: 'sudo: a password is required\n',
    hint: /NOPASSWD: \/usr\/bin\/systemctl stop sidekiq\.service$/,
  },
  {
    what: 'another run that restarts the unit meanwhile',
    scope: 'system',
    task: 'stop',
    code: 1,
    stderr: 'Job for sidekiq.service canceled.\n-- what systemd says:\nActiveState=deactivating\n',
    hint: /something else stopped or restarted sidekiq\.service meanwhile/,
  },
  {
    what: 'a sudo that requires a terminal',
    scope: 'system',
    task: 'quiet',
    code: 1,
    stderr:
      'sudo: a terminal is required to read the password; either use the -S option to read from standard input or configure an askpass helper\nsudo: a password is required\n',
    hint: /NOPASSWD: \/usr\/bin\/systemctl kill --kill-who\\=main -s TSTP sidekiq\.service$/,
  },
  {
    what: 'a call that sudo does not allow',
    scope: 'system',
    task: 'start',
    code: 1,
    stderr: "Sorry, user deploy is not allowed to execute '/usr/bin/systemctl start sidekiq.service' as root on w1.\n",
    hint: /visudo -f \/etc\/sudoers\.d\/zz_shop_production_sidekiq/,
  },
  { what: 'no sudo', scope: 'system', task: 'stop', code: 127, stderr: '/bin/sh: 1: sudo: not found\n', hint: /sudo is not installed/ },
  {
    what: 'a systemctl that sudo does not find',
    scope: 'system',
    task: 'stop',
    code: 1,
    stderr: 'sudo: systemctl: command not found\n',
    hint: /systemctlBin/,
  },
  { what: 'no systemctl', scope: 'user', task: 'stop', code: 127, stderr: '/bin/sh: 1: systemctl: not found\n', hint: /systemctlBin/ },
  {
    what: 'a missing bus',
    scope: 'user',
    task: 'quiet',
    code: 1,
    stderr: 'Failed to connect to bus: No medium found\n',
    hint: /loginctl enable-linger deploy/,
  },
  {
    what: 'a missing bus, in an older version',
    scope: 'user',
    task: 'quiet',
    code: 1,
    stderr:
      'Failed to connect to bus: $DBUS_SESSION_BUS_ADDRESS and $XDG_RUNTIME_DIR not defined (consider using --machine=<user>@.host --user)\n',
    hint: /loginctl enable-linger deploy$/,
  },
  {
    what: 'a missing unit to quiet',
    scope: 'user',
    task: 'quiet',
    code: 1,
    stderr: 'Failed to kill unit sidekiq.service: Unit sidekiq.service not loaded.\n',
    hint: /~deploy\/\.config\/systemd\/user.*serviceUnitUser: 'system'/s,
  },
  {
    what: 'a missing unit to stop',
    scope: 'system',
    task: 'stop',
    code: 5,
    stderr: 'Failed to stop sidekiq.service: Unit sidekiq.service not loaded.\n',
    hint: /\/etc\/systemd\/system.*serviceUnitUser: 'user'/s,
  },
  {
    what: 'a missing unit to start',
    scope: 'user',
    task: 'start',
    code: 5,
    stderr: 'Failed to start sidekiq.service: Unit sidekiq.service not found.\n-- what systemd says:\nLoadState=not-found\n',
    hint: /; write it: shipit production sidekiq:install\. If the host's systemd has it, set serviceUnitUser: 'system'/,
  },
  {
    what: 'a masked unit',
    scope: 'system',
    task: 'start',
    code: 1,
    stderr: 'Failed to start sidekiq.service: Unit sidekiq.service is masked.\n',
    hint: /sudo systemctl unmask sidekiq\.service/,
  },
  {
    what: 'a bad unit file',
    scope: 'user',
    task: 'start',
    code: 1,
    stderr: 'Failed to start sidekiq.service: Unit sidekiq.service has a bad unit file setting.\n',
    hint: /systemd-analyze --user verify/,
  },
  {
    what: 'a missing program',
    scope: 'user',
    task: 'start',
    code: 1,
    stderr:
      'Job for sidekiq.service failed because the control process exited with error code.\nSee "systemctl --user status sidekiq.service" and "journalctl --user -xeu sidekiq.service" for details.\n-- what systemd says:\nResult=exit-code\nExecMainStatus=203\nExecStart={ path=/no/such ; argv[]=/no/such ; ignore_errors=no }\n',
    hint: /203\/EXEC.*ExecStart, \/no\/such,/,
  },
  {
    what: 'a missing program, seen by the check after the start',
    scope: 'user',
    task: 'start',
    step: 1,
    code: 1,
    stdout: 'MainPID=0\n',
    stderr: '-- what systemd says:\nExecMainStatus=203\nExecStart={ path=/no/such ; }\n',
    hint: /203\/EXEC/,
  },
  {
    what: 'a missing folder',
    scope: 'user',
    task: 'restart',
    code: 1,
    stderr: 'Job for sidekiq.service failed.\n-- what systemd says:\nExecMainStatus=200\n',
    hint: /WorkingDirectory/,
  },
  { what: 'no user', scope: 'system', task: 'restart', code: 1, stderr: '-- what systemd says:\nExecMainStatus=217\n', hint: /User=/ },
  {
    what: 'a crash at boot',
    scope: 'user',
    task: 'start',
    code: 1,
    stderr:
      'Job for sidekiq.service failed because the control process exited with error code.\n-- what systemd says:\nResult=exit-code\nExecMainStatus=1\n',
    hint: /ended while it came up \(exit code 1\): see journalctl --user -u sidekiq\.service/,
  },
  {
    what: 'a missing READY=1',
    scope: 'user',
    task: 'start',
    code: 1,
    stderr: 'Job for sidekiq.service failed because a timeout was exceeded.\n-- what systemd says:\nResult=timeout\n',
    hint: /6\.0\.6/,
  },
  {
    what: 'too many starts',
    scope: 'system',
    task: 'start',
    code: 1,
    stderr: 'Job for sidekiq.service failed because start of the service was attempted too often.\n',
    hint: /sudo systemctl reset-failed sidekiq\.service/,
  },
  {
    what: 'the old process after a start',
    scope: 'user',
    task: 'start',
    step: 1,
    code: 1,
    stderr: 'sidekiq.service is still the old process, 100\n-- what systemd says:\nResult=success\n',
    hint: /shipit production sidekiq:restart/,
  },
  {
    what: 'a journal with old failures',
    scope: 'user',
    task: 'stop',
    code: 1,
    stderr:
      'Failed to stop sidekiq.service: Connection timed out\n-- what systemd says:\nResult=success\nsudo: a password is required\nFailed to connect to bus\n',
    hint: /^see journalctl/,
  },
]
for (const { what, scope, task, step: n, hint, ...failed } of failures) {
  test(`${what} in sidekiq:${task} (${scope}) has a hint`, () => assert.match(hintOf(step(scope, task, n), failed)!, hint))
}

test('a failed quiet, stop or start ends its output with the journal', () => {
  for (const task of ['quiet', 'stop', 'start', 'restart'] as const) assert.ok(step('user', task).spec.diagnose)
})

test('the sudoers line names several units as in the call, and escapes special characters', () => {
  const hint = (settings: object) =>
    hintOf(withoutProof(commandsOf(sidekiq({ serviceUnitUser: 'system', ...settings }), 'restart', given()))[0]!, {
      stderr: 'sudo: a password is required\n',
    })!
  assert.equal(hint({ processes: 2 }).split('NOPASSWD: ')[1], '/usr/bin/systemctl restart sidekiq@1.service sidekiq@2.service')
  assert.equal(
    hint({ serviceUnitName: 'a b', systemctlBin: '/bin/systemctl' }).split('NOPASSWD: ')[1],
    String.raw`/bin/systemctl restart a\\\\x20b.service`,
  )
})

for (const { name, argv } of shells) {
  // a minimal systemd: MainPID comes from a file, which start and restart may change
  const host = (systemctl: string) => {
    const made = stubs({ systemctl, sudo: 'exec "$@"', journalctl: 'echo last words' })
    return {
      ...made,
      run: (task: Task, scope: Scope, more: Given = given()) =>
        runSteps(argv, withoutProof(commandsOf(sidekiq({ serviceUnitUser: scope }), task, { deployTo: made.dir, ...more })), {
          PATH: made.path,
        }),
    }
  }
  const show = (pid: number, more = '') =>
    `case "$*" in *MainPID*) printf 'ActiveState=active\\nMainPID=${pid}\\nNRestarts=0\\n${more}';; *Result*) printf 'Id=sidekiq.service\\nResult=success\\n';; esac`

  test(`a restart is one systemctl call through sudo and one check (${name})`, (t) => {
    const made = host(show(200))
    t.after(made.remove)
    assert.deepEqual(
      made.run('restart', 'system').map(({ status }) => status),
      ['ok', 'ok', 'ok'],
    )
    assert.deepEqual(
      [...new Set(made.calls())],
      [
        'sudo systemctl restart sidekiq.service',
        'systemctl restart sidekiq.service',
        'systemctl show -p ActiveState,Result,ExecMainStatus,ActiveExitTimestampMonotonic,InactiveEnterTimestampMonotonic,ControlGroup,KillSignal sidekiq.service',
        'systemctl show -p ActiveState,SubState,MainPID,NRestarts,Result,ControlGroup sidekiq.service',
      ],
    )
  })

  test(`a start that leaves the old process running fails with the journal (${name})`, (t) => {
    const made = host(show(100))
    t.after(made.remove)
    const [start, look] = made.run('start', 'user')
    assert.equal(start!.status, 'ok')
    assert.equal(look!.status, 'failed')
    assert.match(look!.stderr, /sidekiq\.service is still the old process, 100/)
    assert.match(look!.stderr, /last words/)
    assert.match(hintOf(step('user', 'start', 1), look!)!, /sidekiq:restart/)
  })

  test(`a systemd that does not answer after the start is a failure (${name})`, (t) => {
    const made = host('case $2 in show) echo Failed to connect to bus: No medium found >&2; exit 1;; esac')
    t.after(made.remove)
    const [, look] = made.run('start', 'user')
    assert.equal(look!.status, 'failed')
    assert.match(hintOf(step('user', 'start', 1), look!)!, /enable-linger/)
  })

  test(`a unit killed at its deadline is a warning that says so (${name})`, (t) => {
    const made = host("case $2 in show) printf 'Id=sidekiq.service\\nActiveState=failed\\nResult=timeout\\n';; esac")
    t.after(made.remove)
    const commands = commandsOf(sidekiq(), 'stop', given())
    const [stop, look] = made.run('stop', 'user')
    assert.equal(stop!.status, 'ok')
    assert.equal(look!.code, 1)
    assert.match(look!.stderr, /jobs may be lost/)
    assert.deepEqual(commands[1]!.spec.allow, [1])
  })

  test(`a unit that ends between the facts and the quiet is not quieted (${name})`, (t) => {
    const made = host("case $2 in is-active) exit 3;; show) printf 'ActiveState=inactive\\nMainPID=0\\nResult=success\\n';; esac")
    t.after(made.remove)
    const [quiet, look] = made.run('quiet', 'user')
    assert.deepEqual([quiet!.status, look!.status], ['skipped', 'ok'])
    assert.ok(!made.calls().some((call) => /kill|reload/.test(call)))
  })

  test(`a running unit is quieted (${name})`, (t) => {
    const made = host(show(100))
    t.after(made.remove)
    const [quiet, look] = made.run('quiet', 'user')
    assert.deepEqual([quiet!.status, look!.status], ['ok', 'ok'])
    assert.deepEqual(made.calls().slice(0, 2), [
      'systemctl --user is-active --quiet sidekiq.service',
      'systemctl --user kill --kill-who=main -s TSTP sidekiq.service',
    ])
  })

  test(`a process that ends on the quiet signal is a failure, because its jobs may be lost (${name})`, (t) => {
    const made = host(show(200))
    t.after(made.remove)
    const [quiet, look] = made.run('quiet', 'user')
    assert.deepEqual([quiet!.status, look!.status], ['ok', 'failed'])
    assert.match(
      look!.stderr,
      /sidekiq\.service: process 100 ended after TSTP, which should only have stopped it taking work; work may be lost/,
    )
  })

  test(`a process in a crash loop that ends during the quiet is only a warning, so that a rollback works (${name})`, (t) => {
    for (const { before, restarts, after, lived, code } of [
      { before: 4, restarts: 'NRestarts=4\n', after: 5, lived: 50, code: 3 },
      { before: 4, restarts: 'NRestarts=4\n', after: 5, lived: 90, code: 1 },
      { before: 4, restarts: 'NRestarts=4\n', after: 6, lived: 90, code: 3 },
      { before: 0, restarts: 'NRestarts=0\n', after: 1, lived: 50, code: 1 },
      // the same start, by another process
      { before: 4, restarts: 'NRestarts=4\n', after: 4, lived: 0, code: 1 },
      // a systemd without NRestarts
      { before: undefined, restarts: '', after: 0, lived: 50, code: 3 },
      { before: undefined, restarts: '', after: 0, lived: 90, code: 1 },
    ]) {
      const made = host(show(200, `ActiveExitTimestampMonotonic=${(1000 + lived) * 1e6}\\n`).replace('NRestarts=0', `NRestarts=${after}`))
      t.after(made.remove)
      const units = `${unit(100)}${restarts}ActiveExitTimestampMonotonic=${1000e6}\n`
      const [, look] = made.run('quiet', 'user', { ...given(), facts: { units } })
      assert.equal(look!.code, code, `${before} to ${after}, after ${lived} s: ${look!.stderr}`)
      if (code === 3)
        assert.match(look!.stderr, /sidekiq\.service: process 100 has ended, as others did shortly before or after it: it does not stay up/)
    }
  })

  test(`a process that the signal ends is a failure, however often systemd has restarted it before (${name})`, (t) => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore' })
    t.after(() => child.kill('SIGKILL'))
    const pid = child.pid!
    const quiet = (made: { dir: string; path: string }) => {
      const commands = commandsOf(sidekiq({ serviceUnitUser: 'user' }), 'quiet', { ...given(), deployTo: made.dir, facts: { units } })
      const look = runSteps(argv, commands, { PATH: made.path })[2]!
      return { look, hint: hintOf(commands[2]!, look) }
    }
    const units = `${unit(pid)}NRestarts=4\nActiveExitTimestampMonotonic=${1000e6}\n`
    const after = (restarts: number) =>
      `case "$*" in *is-active*) ;; *kill*) kill -9 ${pid} || :;; *MainPID*) printf '%s\\n' ActiveState=active MainPID=1 NRestarts=${restarts} ActiveExitTimestampMonotonic=${1090e6};; esac`
    const made = host(after(5))
    t.after(made.remove)
    const { look, hint } = quiet(made)
    assert.equal(look.code, 4, look.stderr)
    assert.match(look.stderr, new RegExp(`sidekiq\\.service: process ${pid} ended after TSTP, .*work may be lost`))
    assert.match(hint!, /^this process, or what wraps it, does not handle TSTP\. .* see journalctl --user -u sidekiq\.service$/)
  })

  test(`commands set XDG_RUNTIME_DIR if it is missing (${name})`, (t) => {
    const made = host('echo "$XDG_RUNTIME_DIR" >&2')
    t.after(made.remove)
    const [stop] = made.run('stop', 'user', { ...given(), facts: { session: '1001\n\n', units: unit(100) } })
    assert.equal(stop!.stderr, '/run/user/1001\n')
  })
}

test("a unit between two attempts of a crash loop cannot be quieted, with the doctor's warning", () => {
  const looping = (restarts: string) => ({
    ...given(),
    facts: { ...given().facts, units: `Type=simple\nMainPID=0\nId=sidekiq.service\nLoadState=loaded\nActiveState=activating\n${restarts}` },
  })
  const [warning, ...more] = commandsOf(sidekiq(), 'quiet', looping('NRestarts=3\n'))
  assert.deepEqual(more, [])
  assert.deepEqual(warning!.spec.message, {
    level: 'warning',
    text: 'sidekiq.service does not stay up: systemd has restarted it 3 times, and it is not up',
  })
  assert.equal(hintOf(warning!, {}), 'see journalctl --user -u sidekiq.service')
  // a unit that starts for the first time
  assert.deepEqual(commandsOf(sidekiq(), 'quiet', looping('NRestarts=0\n')), [])
})

for (const [load, why] of [
  ['masked', /sudo systemctl unmask sidekiq\.service/],
  ['bad-setting', /systemd-analyze verify sidekiq\.service/],
] as const)
  test(`a ${load} unit that runs is refused before anything is touched, because it could not be started again`, () => {
    const odd = { ...given(), facts: { units: unit(100).replace('=loaded', `=${load}`) } }
    const [first] = commandsOf(sidekiq({ serviceUnitUser: 'system' }), 'check', odd)
    assert.equal(first?.spec.title, 'check sidekiq.service')
    assert.match(hintOf(first!, {}) ?? '', why)
    assert.deepEqual(commandsOf(sidekiq({ serviceUnitUser: 'system' }), 'check', given()), [])
  })

for (const [what, facts, why] of [
  ['a call that sudo refuses', { 'sudo.1': { code: 1 } }, /deploy ALL=\(root\) NOPASSWD: .*systemctl kill --kill-who/],
  [
    'a host without systemd',
    {
      units: {
        code: 1,
        stderr: "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
      },
    },
    /does it run on this host at all/,
  ],
] as const)
  test(`${what} has a hint in sidekiq:check`, () => {
    const one = { ...given(), facts: { ...given().facts, ...facts } }
    const [first] = commandsOf(sidekiq({ serviceUnitUser: 'system' }), 'check', one)
    assert.match(hintOf(first!, {}) ?? '', why)
  })

test('a Sidekiq that ends on the quiet signal is reported as such, even if systemd calls it a failed reload', () => {
  const reloads = {
    ...given(),
    facts: { units: `${unit(100)}ExecReload={ path=/bin/kill ; argv[]=/bin/kill -TSTP $MAINPID ; ignore_errors=no ; }\n` },
  }
  const told = commandsOf(sidekiq({ serviceUnitUser: 'system' }), 'quiet', reloads).find((step) =>
    textOf(step).includes('systemctl reload'),
  )!
  const said = (state: string) =>
    hintOf(told, {
      stderr: `Job for sidekiq.service failed because the control process exited with error code.\n-- what systemd says:\n${state}\n`,
    })
  assert.match(
    said('sidekiq.service does not run: it is activating (auto-restart)')!,
    /^process 100 ended after TSTP: .*does not handle TSTP/,
  )
  assert.match(said('sidekiq.service runs (PID 101)')!, /^process 100 ended/)
  assert.match(said('sidekiq.service runs (PID 100)')!, /^see journalctl/)
})
