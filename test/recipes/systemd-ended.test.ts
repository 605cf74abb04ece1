import { test } from 'node:test'
import { sidekiq, systemd } from '../../recipes/index.ts'
import { parseTimespan, reloadOnlyQuiets } from '../../recipes/systemd/properties.ts'
import { down, live, running, shown } from '../golden/systemd.ts'
import { commandsOf, hintOf, withoutProof } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

import assert from 'node:assert/strict'

const command = (argv: string) => `{ path=/bin/kill ; argv[]=${argv} ; ignore_errors=no ; pid=0 ; status=0/0 }`
const reloads: readonly (readonly [quiets: boolean, lines: readonly string[], type?: string])[] = [
  [true, ['/bin/kill -TSTP $MAINPID']],
  [true, ['/usr/bin/kill -s TSTP $MAINPID']],
  [true, ['/bin/kill -s SIGTSTP ${MAINPID}']],
  [true, ['kill --signal=TSTP $MAINPID']],
  [true, ['/bin/kill -SIGTSTP $MAINPID', '/bin/kill -20 $MAINPID']],
  [false, []],
  [false, ['/bin/kill -USR1 $MAINPID']],
  [false, ['/bin/kill -USR1 $MAINPID', '/bin/kill -TSTP $MAINPID']],
  [false, ['/bin/kill -TSTP $MAINPID', '/bin/kill -USR2 $MAINPID']],
  [false, ['/bin/kill -TSTP $MAINPID 1']],
  [false, ['/bin/kill -TSTP -$MAINPID']],
  [false, ["/bin/sh -c 'kill -TSTP $MAINPID; kill -TERM $MAINPID'"]],
  [false, ['/usr/bin/pkill -TSTP sidekiq']],
  [false, ['/bin/kill -TSTP $MAINPID'], 'notify-reload'],
]
for (const [quiets, lines, type = 'notify'] of reloads)
  test(`a reload with ${lines.join(' and ') || 'no command'} (${type}) ${quiets ? 'only quiets' : 'does more than quiet'}`, () => {
    const of = new Map([
      ['Type', type],
      ['ExecReload', lines.map(command).join('\n')],
    ])
    assert.equal(reloadOnlyQuiets(of), quiets)
  })

test('seconds() reads a time span of systemd', () => {
  const spans = ['1min 30s', '2s', '500ms', '1h', '1d 2h', 'infinity', '', '1w', '2min 200ms']
  assert.deepEqual(spans.map(parseTimespan), [90, 2, 0.5, 3600, 93_600, undefined, undefined, 604_800, 120.2])
})

/** systemd's answer after the call; the unit ran until then, was last stopped at 500, and may take two seconds to stop. */
const endings: readonly (readonly [what: string, said: Record<string, string>, warns: RegExp | undefined])[] = [
  ['a unit that ended by itself', { ActiveState: 'inactive', Result: 'success' }, undefined],
  ['a unit that systemd killed at its deadline', { ActiveState: 'failed', Result: 'timeout' }, /^web\.service was killed .*\(timeout\)/],
  [
    'a unit that a signal ended',
    { ActiveState: 'failed', Result: 'signal' },
    /^web\.service did not end by itself: a signal killed it \(signal\), and what it was doing is lost\n$/,
  ],
  ['a unit that crashed', { ActiveState: 'failed', Result: 'core-dump' }, /: it crashed \(core-dump\), and what it was doing is lost\n$/],
  [
    'a unit that its watchdog ended',
    { ActiveState: 'failed', Result: 'watchdog' },
    /its watchdog \(watchdog\), and what it was doing is lost\n$/,
  ],
  [
    'a unit that the kernel killed',
    { ActiveState: 'failed', Result: 'oom-kill' },
    /: the kernel killed it, because there was no memory left \(oom-kill\), and what it was doing is lost\n$/,
  ],
  ['a unit with another result', { ActiveState: 'failed', Result: 'resources' }, /: systemd says resources, and what it was/],
  ['an exit code', { ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '1' }, /^web\.service ended with exit code 1/],
  ['the exit code of TERM', { ActiveState: 'failed', Result: 'exit-code', ExecMainStatus: '143' }, undefined],
  ['the result of an earlier stop', { ActiveState: 'failed', Result: 'timeout', ActiveExitTimestampMonotonic: '500' }, undefined],
  ['a unit that runs again and ended in time', { ActiveState: 'active', InactiveEnterTimestampMonotonic: '2000999' }, undefined],
  [
    'a unit that runs again and took all its time',
    { ActiveState: 'active', InactiveEnterTimestampMonotonic: '3000000' },
    /at its TimeoutStopSec/,
  ],
  ['a unit that runs again and is stopped by KILL', { ActiveState: 'active', KillSignal: '9' }, /by its KillSignal=SIGKILL/],
  ['a unit that was left alone', { ActiveState: 'active', ActiveExitTimestampMonotonic: '500' }, undefined],
]
for (const { name, argv } of shells)
  for (const [what, said, warns] of endings)
    test(`${what} ${warns ? 'is a warning that names it' : 'is not a warning'} (${name})`, (t) => {
      const answer = { ExecMainStatus: '0', ActiveExitTimestampMonotonic: '1000000', InactiveEnterTimestampMonotonic: '1500000', ...said }
      const lines = Object.entries(answer).map((pair) => pair.join('='))
      const made = stubs({ systemctl: `printf '%s\\n' ${lines.join(' ')}` })
      t.after(made.remove)
      const unit = { ...running(100), ActiveExitTimestampMonotonic: '500', TimeoutStopUSec: '2s' }
      const given = { ...live, facts: { 'web.session': '1000\n/run/user/1000\n', 'web.units': shown([unit]) } }
      const look = withoutProof(commandsOf(systemd({ services: { web: {} } }), 'web:restart', given)).find(
        ({ spec }) => spec.title === 'check that web.service ended by itself',
      )!
      assert.deepEqual(look.spec.allow, [1])
      const [ran] = runSteps(argv, [look], { PATH: made.path })
      if (warns) assert.match(ran!.stderr, warns)
      else assert.equal(ran!.stderr, '')
      assert.equal(ran!.code, warns ? 1 : 0)
    })

for (const { name, argv } of shells)
  test(`the journal says how a restarted unit ended, if it is readable (${name})`, (t) => {
    const look = (journal: string) => {
      const said = 'ActiveState=active ActiveExitTimestampMonotonic=1000000 InactiveEnterTimestampMonotonic=1500000'
      const made = stubs({
        systemctl: `case $* in (*'ActiveExitTimestamp '*) echo 'ActiveExitTimestamp=Sat 2026-11-28 17:00:00 UTC' ;; (*) printf '%s\\n' ${said} ;; esac`,
        journalctl: `case $* in (*'--since Sat 2026-11-28 17:00:00 UTC'*) ;; (*) exit 9 ;; esac; ${journal}`,
      })
      t.after(made.remove)
      const unit = { ...running(100), ActiveExitTimestampMonotonic: '500', TimeoutStopUSec: '2s' }
      const given = { ...live, facts: { 'web.session': '1000\n/run/user/1000\n', 'web.units': shown([unit]) } }
      const looks = commandsOf(systemd({ services: { web: {} } }), 'web:restart', given)
      return runSteps(argv, [looks.find(({ spec }) => spec.title === 'check that web.service ended by itself')!], { PATH: made.path })[0]!
    }
    const failed = (result: string, how: string) =>
      `echo 'web.service: Main process exited, ${how}'; echo "web.service: Failed with result '${result}'."`
    assert.match(look(failed('oom-kill', 'code=killed, status=9/KILL')).stderr, /^web\.service did not end by itself .*\(oom-kill\)/)
    assert.match(look(failed('exit-code', 'code=exited, status=1/FAILURE')).stderr, /\(exit-code\)/)
    assert.equal(look(failed('exit-code', 'code=exited, status=143/n/a')).stderr, '')
    assert.equal(look(`echo 'web.service: Deactivated successfully.'`).code, 0)
    assert.equal(look('exit 1').code, 0)
  })

test('a killed process needs no command, and one that outlived its stop has the command that ends it', () => {
  const given = { ...live, facts: { 'web.session': '1000\n/run/user/1000\n', 'web.units': shown([running(100)]) } }
  const look = commandsOf(systemd({ services: { web: {} } }), 'web:stop', given)[1]!
  assert.equal(hintOf(look, { code: 1, stderr: 'web.service was killed before it had ended (timeout)\n' }), undefined)
  const stderr = [7, 9].map((pid) => `web.service has ended, but one of its processes still runs: ${pid} (ruby)\n`).join('')
  assert.match(hintOf(look, { code: 1, stderr })!, /^end what is left: kill -s TERM 7 9\. /)
})

const three = { ...live, facts: { units: shown(['a', 'b', 'c'].map((name) => ({ ...down, Id: `sidekiq.${name}.service` }))) } }
const start = () =>
  withoutProof(commandsOf(sidekiq({ serviceUnitUser: 'system', configFiles: ['a.yml', 'b.yml', 'c.yml'] }), 'start', three))[0]!

test('the hint names only the missing or stopped unit of several in one call', () => {
  const missing = hintOf(start(), { code: 5, stderr: 'Failed to start sidekiq.b.service: Unit sidekiq.b.service not found.\n' })!
  assert.match(missing, /there is no sidekiq\.b\.service in/)
  assert.doesNotMatch(missing, /sidekiq\.[ac]\.service/)
  const said = ['a', 'b', 'c'].map(
    (name) => `Id=sidekiq.${name}.service\nLoadState=loaded\nActiveState=${name === 'c' ? 'failed' : 'active'}\n`,
  )
  const failed = hintOf(start(), { code: 1, stderr: `Job failed.\n-- what systemd says:\n${said.join('\n')}` })!
  assert.match(failed, /journalctl -u sidekiq\.c\.service$/)
})

for (const { name, argv } of shells)
  test(`a failed start ends with the state of each unit (${name})`, (t) => {
    const systemctl = `case "$*" in
(start*) exit 1 ;;
(*sidekiq.a.service) printf '%s\\n' LoadState=loaded ActiveState=active SubState=running MainPID=7 ;;
(*sidekiq.b.service) printf '%s\\n' LoadState=not-found ActiveState=inactive SubState=dead MainPID=0 ;;
(*sidekiq.c.service) printf '%s\\n' LoadState=loaded ActiveState=failed SubState=failed MainPID=0 ;;
esac`
    const made = stubs({ systemctl, journalctl: 'echo last words', sudo: 'exec "$@"' })
    t.after(made.remove)
    const [ran] = runSteps(argv, [start()], { PATH: made.path })
    assert.equal(ran!.status, 'failed')
    assert.deepEqual(ran!.stderr.trim().split('\n').slice(-3), [
      'sidekiq.a.service runs (PID 7)',
      'sidekiq.b.service is not installed',
      'sidekiq.c.service does not run: it is failed (failed)',
    ])
  })
