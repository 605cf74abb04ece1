import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { begins, golden } from '../golden/signals.ts'
import { commandsOf, contextOf, factsOf, hintOf, hostOf, stepsOf, textOf, withoutProof } from '../support/context.ts'
import type { Given } from '../support/context.ts'

const bySignals = (settings = {}) => sidekiq({ manager: 'signals', ...settings })

for (const { title, settings = {}, given, task = 'start', steps } of golden) {
  test(`${title}: sidekiq:${task}`, () => assert.deepEqual(stepsOf(bySignals(settings), task, given), steps))
}
for (const { title, settings = {}, given, steps } of begins) {
  test(`${title}: sidekiq:start`, () => {
    const all = withoutProof(commandsOf(bySignals(settings), 'start', given)).map(textOf)
    assert.deepEqual(all.slice(2, -1), steps)
  })
}

test('a restart stops and starts; with kill, what has not ended is killed in between', () => {
  const titles = (settings = {}) =>
    commandsOf(bySignals(settings), 'restart').map((command) => command.spec.title ?? textOf(command).split('\n').at(-1)!.slice(0, 19))
  const start = ['check that this Sidekiq can be a daemon', 'make room for the pidfiles', 'bundle exec sidekiq', 'check that Sidekiq is up']
  assert.deepEqual(titles(), ['stop Sidekiq', ...start])
  assert.deepEqual(titles({ signals: { kill: true } }), ['stop Sidekiq', 'kill what has not ended', ...start])
})

test('there is nothing to install, and what to do instead is said', () => {
  for (const task of ['install', 'uninstall', 'enable', 'disable']) {
    const [command, ...more] = commandsOf(bySignals(), task)
    assert.deepEqual(more, [])
    assert.match(textOf(command!), new RegExp(`nothing to ${task}.*exit 1`))
    assert.match(hintOf(command!, {})!, /Monit.*manager: 'systemd'/)
  }
})

test('the log is followed, as who runs Sidekiq', () => {
  assert.deepEqual(stepsOf(bySignals(), 'log'), ['tail -n 100 -F /srv/shop/shared/log/sidekiq.log'])
  assert.match(stepsOf(bySignals({ user: 'svc' }), 'log')[0]!, /^sudo -H -u svc /)
  const [none] = commandsOf(bySignals({ signals: { log: null } }), 'log')
  assert.match(hintOf(none!, {})!, /signals: \{ log:/)
})

test('a host is asked as who runs Sidekiq, and a folder that leads out of shared is refused', () => {
  assert.match(textOf(factsOf(bySignals({ user: 'svc' }))['processes']!), /^sudo -H -u svc /)
  assert.doesNotMatch(textOf(factsOf(bySignals({ user: 'deploy' }))['processes']!), /^sudo/)
  for (const pids of ['../pids', 'tmp/../../x', 'tmp/']) assert.throws(() => contextOf(bySignals({ signals: { pids } })), pids)
})

const file = '/srv/shop/shared/tmp/pids/sidekiq-0.pid'
const findings = (processes: string | { code: number; stderr?: string }, more: Given = {}) =>
  sidekiq().definition.doctor!.findings(contextOf(bySignals(more.settings ?? {}), { facts: { processes }, ...more }))

test('the doctor tells stale files, processes without a file, folders that cannot be written, and a Sidekiq that is no daemon', () => {
  assert.deepEqual(findings(`running 12 ${file}\nversion 5.2.7\n`), [])
  assert.deepEqual(findings(`none 0 ${file}\n`), [])
  const told = (text: string) => findings(text).map(({ level, message }) => `${level}: ${message}`)
  assert.deepEqual(told(`stale 12 ${file}\n`), [`warning: ${file} is stale: 12 is not a Sidekiq of this application`])
  assert.match(told(`none 0 ${file}\nstray 34\n`)[0]!, /^error: .*PID 34, has no pidfile/)
  assert.match(told(`none 0 ${file}\nunwritable /srv/shop/shared/log\n`)[0]!, /^error: \/srv\/shop\/shared\/log cannot be written/)
  assert.match(told(`none 0 ${file}\nversion 6.4.1\n`)[0]!, /^error: Sidekiq 6\.4\.1 cannot be a daemon/)
  assert.match(told(`none 0 ${file}\nversion 10.0.0\n`)[0]!, /cannot be a daemon/)
  assert.deepEqual(
    findings({ code: 1, stderr: 'sudo: a password is required\n' }, { settings: { user: 'svc' } })[0]!.remedy,
    'deploy has to be allowed to run /bin/sh as svc by sudo, without a password',
  )
})

test('a deploy is not begun where nothing would stop an old process, nor where nobody runs Sidekiq', () => {
  const check = (given: Given, settings = {}) => commandsOf(bySignals(settings), 'check', given)
  assert.deepEqual(check({ facts: { processes: `running 12 ${file}\n` } }), [])
  assert.deepEqual(check({ facts: { processes: `stale 12 ${file}\n` } }), [])
  const [stray] = check({ facts: { processes: `none 0 ${file}\nstray 34\n` } })
  assert.match(hintOf(stray!, {})!, /kill -s TERM 34/)
  const [unseen] = check({ facts: { processes: { code: 1, stderr: 'sudo: a password is required' } } }, { user: 'svc' })
  assert.match(hintOf(unseen!, { stderr: 'sudo: a password is required' })!, /by sudo, without a password/)
  const [nobody] = check({ host: hostOf({ roles: ['web'] }) })
  assert.match(hintOf(nobody!, {})!, /roles: \['app'\]/)
  assert.deepEqual(check({ host: hostOf({ roles: ['web'] }) }, { roles: [] }), [])
})

test('a signal that may not be sent says whose process it is', () => {
  const [quiet] = commandsOf(bySignals(), 'quiet')
  assert.match(hintOf(quiet!, { stderr: 'sh: kill: (12) - Operation not permitted' })!, /another user than deploy: set user/)
})
