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

test('a restart stops and starts, and with kill also kills in between', () => {
  const titles = (settings = {}) =>
    commandsOf(bySignals(settings), 'restart').map((command) => command.spec.title ?? textOf(command).split('\n').at(-1)!.slice(0, 19))
  const start = ['check that this Sidekiq can run as a daemon', 'prepare the pidfiles', 'bundle exec sidekiq', 'check that Sidekiq is up']
  assert.deepEqual(titles(), ['stop Sidekiq', ...start])
  assert.deepEqual(titles({ signals: { kill: true } }), ['stop Sidekiq', 'kill processes that have not ended', ...start])
})

test('install, uninstall, enable and disable fail and say what to do instead', () => {
  for (const task of ['install', 'uninstall', 'enable', 'disable']) {
    const [command, ...more] = commandsOf(bySignals(), task)
    assert.deepEqual(more, [])
    assert.match(textOf(command!), new RegExp(`nothing to ${task}.*exit 1`))
    assert.match(hintOf(command!, {})!, /Monit.*manager: 'systemd'/)
  }
})

test("sidekiq:log follows the log as Sidekiq's user", () => {
  assert.deepEqual(stepsOf(bySignals(), 'log'), ['tail -n 100 -F /srv/shop/shared/log/sidekiq.log'])
  assert.match(stepsOf(bySignals({ user: 'svc' }), 'log')[0]!, /^sudo -H -u svc /)
  const [none] = commandsOf(bySignals({ signals: { log: null } }), 'log')
  assert.match(hintOf(none!, {})!, /signals: \{ log:/)
})

test("facts are read as Sidekiq's user, and a folder outside shared is refused", () => {
  assert.match(textOf(factsOf(bySignals({ user: 'svc' }))['processes']!), /^sudo -H -u svc /)
  assert.doesNotMatch(textOf(factsOf(bySignals({ user: 'deploy' }))['processes']!), /^sudo/)
  for (const pids of ['../pids', 'tmp/../../x', 'tmp/']) assert.throws(() => contextOf(bySignals({ signals: { pids } })), pids)
})

const file = '/srv/shop/shared/tmp/pids/sidekiq-0.pid'
const findings = (processes: string | { code: number; stderr?: string }, more: Given = {}) =>
  sidekiq().definition.doctor!.findings(contextOf(bySignals(more.settings ?? {}), { facts: { processes }, ...more }))

test('doctor reports stale files, processes without a file, unwritable folders, and a Sidekiq that is not a daemon', () => {
  assert.deepEqual(findings(`running 12 ${file}\nversion 5.2.7\n`), [])
  assert.deepEqual(findings(`none 0 ${file}\n`), [])
  const messages = (text: string) => findings(text).map(({ level, message }) => `${level}: ${message}`)
  assert.deepEqual(messages(`stale 12 ${file}\n`), [`warning: ${file} is stale: 12 is not a Sidekiq of this application`])
  assert.match(messages(`none 0 ${file}\nuntracked 34\n`)[0]!, /^error: .*PID 34, has no pidfile/)
  assert.match(messages(`none 0 ${file}\nunwritable /srv/shop/shared/log\n`)[0]!, /^error: \/srv\/shop\/shared\/log is not writable/)
  assert.match(messages(`none 0 ${file}\nversion 6.4.1\n`)[0]!, /^error: Sidekiq 6\.4\.1 cannot run as a daemon/)
  assert.match(messages(`none 0 ${file}\nversion 10.0.0\n`)[0]!, /cannot run as a daemon/)
  assert.deepEqual(
    findings({ code: 1, stderr: 'sudo: a password is required\n' }, { settings: { user: 'svc' } })[0]!.remedy,
    'allow deploy to run /bin/sh as svc through sudo, without a password',
  )
})

test('a deploy is refused if an old process could not be stopped, or no host runs Sidekiq', () => {
  const check = (given: Given, settings = {}) => commandsOf(bySignals(settings), 'check', given)
  assert.deepEqual(check({ facts: { processes: `running 12 ${file}\n` } }), [])
  assert.deepEqual(check({ facts: { processes: `stale 12 ${file}\n` } }), [])
  const [untracked] = check({ facts: { processes: `none 0 ${file}\nuntracked 34\n` } })
  assert.match(hintOf(untracked!, {})!, /kill -s TERM 34/)
  const [unseen] = check({ facts: { processes: { code: 1, stderr: 'sudo: a password is required' } } }, { user: 'svc' })
  assert.match(hintOf(unseen!, { stderr: 'sudo: a password is required' })!, /through sudo, without a password/)
  const [noWorker] = check({ host: hostOf({ roles: ['web'] }) })
  assert.match(hintOf(noWorker!, {})!, /roles: \['app'\]/)
  assert.deepEqual(check({ host: hostOf({ roles: ['web'] }) }, { roles: [] }), [])
})

test("a signal that is not permitted has a hint about the process's owner", () => {
  const [quiet] = commandsOf(bySignals(), 'quiet')
  assert.match(hintOf(quiet!, { stderr: 'sh: kill: (12) - Operation not permitted' })!, /another user than deploy: set user/)
})
