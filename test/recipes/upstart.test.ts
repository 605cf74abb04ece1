import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { files } from '../../recipes/sidekiq/upstart/files.ts'
import type { Command } from '../../src/index.ts'
import { golden, type Golden } from '../golden/upstart.ts'
import {
  asksOf,
  commandsOf,
  contextOf,
  factsOf,
  goodRelease,
  hintOf,
  hostOf,
  stepsOf,
  textOf,
  withoutProof,
  type Given,
} from '../support/context.ts'

const recipe = (settings: Record<string, unknown> = {}) => sidekiq({ manager: 'upstart', ...settings } as Parameters<typeof sidekiq>[0])
const live: Given = { layout: { releases: [goodRelease()] } }
const jobs = (...answers: string[]) => ({ jobs: answers.map((line) => `${line}\n`).join('') })

test('a deploy asks sudo for the exact arguments of its calls', () => {
  const host = hostOf({ roles: ['worker'] })
  assert.deepEqual(asksOf(factsOf(recipe(), { host, runs: ['sidekiq:check'] })), [
    'sudo -n -l initctl status sidekiq',
    'sudo -n -l initctl reload sidekiq',
    'sudo -n -l initctl stop sidekiq',
    'sudo -n -l initctl start sidekiq',
  ])
})

for (const one of golden) {
  for (const [task, expected] of Object.entries(one.calls))
    test(`${one.title}: sidekiq:${task}`, () =>
      assert.deepEqual(withoutProof(commandsOf(recipe(one.settings), task, givenOf(one))).map(calls), expected))
}

test("quiet is the job's reload signal, a check and a record, and a job that has ended is not a failure", () => {
  const [quiet] = stepsOf(recipe(), 'quiet', { ...live, facts: jobs('sidekiq start/running, process 7') })
  assert.equal(
    quiet!.slice(quiet!.indexOf('\nquiet() {') + 1),
    `quiet() {
  label=$1 before=$2
  shift 2
  answer=$(sudo initctl reload "$@" 2>&1) || {
    case $answer in (*'Unknown instance'*) printf '%s\\n' "$*: not running"; return 0 ;; esac
  printf '%s\\n' "$answer" >&2
  case $answer in (*'Unknown job'*) return 5 ;; esac
  return 1
  }
  if [ "$before" != 0 ]; then
    now=$(pid_of "$@")
    if [ "$now" != "$before" ]; then echo "$*: $before ended after the quiet signal, and jobs may be lost: $answer" >&2; return 6; fi
    mark_quiet "$label" "$before" || :
  fi
  printf '%s\\n' "$*: quiet"
}
pids= code=0
quiet sidekiq 7 sidekiq & pids="$pids $!"
for pid in $pids; do wait "$pid" || { now=$?; if [ "$code" = 0 ] || [ "$code" = 9 ]; then code=$now; fi; }; done
exit "$code"`,
  )
})

test('an unreadable job file is neither overwritten nor taken for removed', () => {
  const stderr = 'cat: /etc/init/sidekiq.conf: Permission denied'
  const facts = { ...jobs('sidekiq start/running, process 7'), 'jobFiles.0': { code: 1, stderr } }
  for (const task of ['install', 'uninstall']) {
    const commands = commandsOf(recipe(), task, { ...live, facts })
    assert.deepEqual(commands.map(textOf), [`printf '%s\\n' 'sidekiq.conf cannot be read: ${stderr}' >&2; exit 1`], task)
    assert.match(hintOf(commands[0]!, { code: 1 }) ?? '', new RegExp(`sidekiq:${task} --set ssh\\.user=root`))
  }
})

test('an unreadable override, which may have a secret, is neither overwritten nor removed', () => {
  const stderr = 'cat: /etc/init/sidekiq.override: Permission denied'
  const facts = {
    ...jobs('sidekiq start/running, process 7'),
    'jobFiles.0': '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n',
    'overrides.0': { code: 1, stderr },
  }
  for (const task of ['uninstall', 'enable', 'disable']) {
    const commands = commandsOf(recipe(), task, { ...live, facts })
    assert.deepEqual(commands.map(textOf), [`printf '%s\\n' 'sidekiq.override cannot be read: ${stderr}' >&2; exit 1`], task)
    assert.match(hintOf(commands[0]!, { code: 1 }) ?? '', new RegExp(`sidekiq:${task} --set ssh\\.user=root`))
  }
})

test('no task calls initctl restart, which would keep the old definition', () => {
  const facts = jobs('sidekiq start/running, process 7')
  for (const task of ['start', 'restart', 'recover', 'stop', 'quiet'])
    for (const text of stepsOf(recipe(), task, { ...live, release: '20261123100000', ran: { 'sidekiq:quiet': 'done' }, facts }))
      assert.doesNotMatch(text, /initctl restart/)
})

test('the check reports each problem before anything is touched', () => {
  const check = (answer: string, given: Given = live) => commandsOf(recipe(), 'check', { ...given, facts: jobs(answer) })
  const hint = (answer: string) => hintOf(check(answer)[0]!, {})
  assert.match(hint('initctl: Unknown job: sidekiq')!, /shipit production sidekiq:install/)
  assert.match(hint('sudo: initctl: command not found')!, /no initctl on this host.*manager: 'systemd'/)
  assert.match(hint('sudo: a password is required')!, /visudo/)
  assert.match(hint('initctl: Unable to connect to Upstart: Failed to connect to socket')!, /process 1/)
  // before the first deploy, the job may be missing
  assert.deepEqual(check('initctl: Unknown job: sidekiq', {}), [])
})

test('the sudoers rule has the exact arguments, escaped', () => {
  const [first] = commandsOf(recipe({ processes: 2 }), 'check', {
    ...live,
    facts: { ...jobs('sidekiq (1) start/running, process 7', 'initctl: Unknown instance: 2'), 'sudo.0': { code: 1 } },
  })
  const rule = hintOf(first!, {})!
  assert.match(rule, /\/sbin\/initctl status sidekiq index\\=1, \/sbin\/initctl reload sidekiq index\\=1/)
  assert.doesNotMatch(rule, /\*/)
})

test('a stage without a host of the roles is reported by the first host', () => {
  const host = hostOf({ roles: ['app'] })
  assert.deepEqual(stepsOf(recipe(), 'check', { host }), [
    "printf '%s\\n' 'sidekiq: no server of production has the role worker' >&2; exit 1",
  ])
  assert.deepEqual(Object.keys(factsOf(recipe(), { host })), [])
})

test('each failure has a hint', () => {
  const [, verify] = commandsOf(recipe(), 'start', { ...live, facts: jobs('sidekiq stop/waiting') })
  assert.match(hintOf(verify!, { code: 6 })!, /gives up after 3 times in 30 s: see \/var\/log\/upstart\/sidekiq\.log/)
  assert.match(hintOf(verify!, { code: 7 })!, /upstart\.startTimeout/)
  const [stop] = commandsOf(recipe(), 'stop', { ...live, facts: jobs('sidekiq start/running, process 7') })
  assert.match(hintOf(stop!, { code: 9 })!, /more time/)
  assert.deepEqual(stop!.spec.allow, [9])
})

test('doctor reports the mistakes of jobs from old articles', () => {
  const article = `respawn limit 3 30
script
exec /bin/bash <<"EOT"
  exec su -s /bin/bash -c "sidekiq -e \${RACK_ENV}" webapp
EOT
end script
expect daemon
`
  const found = findings({ ...jobs('sidekiq start/running, process 7'), 'jobFiles.0': article, host: 'sidekiq 6.4.1\n' })
  for (const what of [/kills Sidekiq 5 s after TERM, its default/, /has expect/, /through su/, /no reload signal/, /no respawn/])
    assert.ok(
      found.some(({ level, message }) => level === 'error' && what.test(message)),
      String(what),
    )
  assert.ok(found.every(({ remedy }) => remedy.includes('sidekiq:install --force')))
  const usr1 = findings({
    ...jobs('sidekiq stop/waiting'),
    'jobFiles.0': 'respawn\nkill timeout 35\nreload signal USR1\n',
    host: 'sidekiq 6.4.1\n',
  })
  assert.deepEqual(
    usr1.map(({ message }) => message),
    ['sidekiq.conf quiets by USR1, which ends Sidekiq 6 and newer'],
  )
  assert.deepEqual(
    findings(jobs('sudo: initctl: command not found')).map(({ level, message }) => [level, message]),
    [['error', 'sidekiq: sudo: initctl: command not found']],
  )
})

test('a job file of shipit has no finding', () => {
  const given = { ...live, facts: jobs('sidekiq start/running, process 7') }
  const [file] = files(contextOf(recipe(), given) as unknown as Context)
  assert.deepEqual(findings({ ...given.facts, 'jobFiles.0': file!.text }), [])
})

function findings(facts: Given['facts']) {
  const { doctor } = recipe().definition
  return doctor!.findings(contextOf(recipe(), { ...live, host: hostOf({ roles: ['worker'] }), facts: facts! }))
}
function givenOf({ jobs: answers, given = {}, facts = {} }: Golden): Given {
  return { ...given, facts: { ...(answers === undefined ? {} : jobs(...answers)), ...facts } }
}

/** `sudo initctl VERBS: JOBS` of a step that calls initctl for each of several jobs. */
function calls(command: Command): string {
  const text = textOf(command)
  if (!text.includes('\n')) return text
  const [, how] = /((?:sudo )?[\w/]*initctl) \w/.exec(text) ?? []
  const verbs = [...new Set([...text.matchAll(/initctl (\w+) "\$@"/g)].map(([, verb]) => verb!))]
  const order = ['status', 'start', 'stop', 'reload'].filter((verb) => verbs.includes(verb))
  const some = [...text.matchAll(/^(?:quiet \S+ \d+|end|begin|watch) (.*) & pids=/gm)].map(([, words]) => words!.replaceAll("'", ''))
  const { allow } = command.spec
  const may = Array.isArray(allow) && allow.join() !== '9' ? `, may fail with ${allow.join()}` : ''
  return `${how} ${order.join(' ')}${/\bhalt "\$@"; answer/.test(text) ? ', fresh' : ''}: ${some.join(', ')}${may}`
}
