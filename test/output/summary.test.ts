import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FailureReport, LiveRelease, NextCommand, RunEvent } from '../../src/events/types.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { createProblems } from '../../src/output/ci/annotations.ts'
import { failureLines, summary } from '../../src/output/summary.ts'
import { width } from '../../src/values/width.ts'
import { live } from './runs.ts'

const ended = (exit: number, hosts: readonly LiveRelease[], next: readonly NextCommand[] = []): Extract<RunEvent, { type: 'run:end' }> => ({
  at: 1,
  type: 'run:end',
  exit,
  ms: 1000,
  headline: 'it ended',
  live: hosts,
  next,
})
const lines = (end: ReturnType<typeof ended>, failures: readonly FailureReport[] = []): string[] =>
  summary(failures, end, { paint: plainPaint, columns: 80 })
const names = (n: number, prefix = 'app-'): string[] => Array.from({ length: n }, (_, i) => `${prefix}${i + 1}`)

test('next commands come last, each on its own line below its reason', () => {
  const next = [{ command: 'shipit production web:restart' }, { command: 'shipit production deploy:rollback', why: 'or, to go back' }]
  assert.deepEqual(lines(ended(7, [], next)).slice(-4), [
    '✖ it ended (1.0s)',
    '  next: shipit production web:restart',
    '        or, to go back:',
    '        shipit production deploy:rollback',
  ])
})

test('equal failures of several hosts are shown once, and different ones separately', () => {
  const failure = (host: string, reason = 'exit 3'): FailureReport => ({
    host,
    task: 'app:build',
    command: 'make',
    reason,
    output: ['boom'],
  })
  assert.deepEqual(failureLines([failure('a1'), failure('a2'), failure('a3', 'exit 4'), failure('a1')], plainPaint, 80), [
    '✖ app:build on a1, a2: exit 3',
    '  $ make',
    '  │ boom',
    '',
    '✖ app:build on a3: exit 4',
    '  $ make',
    '  │ boom',
    '',
  ])
})

test('failed hosts are in the order of the inventory, below what failed before them', () => {
  const failure = (task: string, host: string | undefined, reason: string): FailureReport => ({ task, host, reason, output: [] })
  const failures = [
    failure('build', 'a3', 'exit 1'),
    failure('clean', 'a2', 'exit 3'),
    failure('build', 'a1', 'exit 1'),
    failure('build', undefined, 'no room'),
    failure('clean', 'a1', 'exit 2'),
  ]
  const shown = failureLines(failures, plainPaint, 80, ['a1', 'a2', 'a3']).filter((line) => line !== '')
  assert.deepEqual(shown, ['✖ build on a1, a3: exit 1', '✖ clean on a1: exit 2', '✖ clean on a2: exit 3', '✖ build: no room'])
  const of = { at: 1, type: 'run:start', run: 'r', stage: 's', application: 'a', tasks: ['t'], user: 'u', version: '1' } as const
  const start = { ...of, hosts: ['a1', 'a2', 'a3'].map((host) => ({ host, address: host })) }
  const problems = createProblems()
  for (const event of [start, ...failures.map((one): RunEvent => ({ at: 1, type: 'failure', failure: one }))]) problems.event(event)
  assert.deepEqual(
    problems.all().failures.map(({ hosts }) => hosts),
    [['a1', 'a3'], ['a1'], ['a2'], []],
  )
})

test('a script that is named by its title is not shown as a command to type', () => {
  assert.deepEqual(failureLines([{ host: 'a', task: 't', command: '# look for it', reason: 'exit 1', output: ['gone'] }], plainPaint, 80), [
    '✖ t on a: exit 1',
    '  # look for it',
    '  │ gone',
    '',
  ])
})

test('a failure without a host and a task is shown by its reason', () => {
  assert.deepEqual(failureLines([{ reason: 'deploy.config.ts: no stage', output: [], hint: 'write\none' }], plainPaint, 80), [
    '✖ deploy.config.ts: no stage',
    '  → write',
    '    one',
    '',
  ])
})

test('a reason or headline wider than the terminal is broken between words', () => {
  const key = 'SHA256:G2bcPTi25EmBS+9ZsbXTYB9GkODDc7Js7YScj6iU4D0'
  const reason = `the host key of app1.example.com is not known: it shows ED25519 ${key}`
  assert.deepEqual(failureLines([{ host: 'a', reason, output: [] }], plainPaint, 80), [
    '✖ on a: the host key of app1.example.com is not known: it shows ED25519',
    `  ${key}`,
    '',
  ])
  assert.deepEqual(failureLines([{ host: 'a', reason, output: [] }], plainPaint, Infinity), [`✖ on a: ${reason}`, ''])
  const headline = 'shop demo is on release 20261128203550 (4b89c55); skipped 20261128203553'
  const shown = (headline: string): string[] =>
    summary([], { at: 0, type: 'run:end', exit: 0, ms: 72_000, headline, live: [], next: [] }, { paint: plainPaint, columns: 80 })
  assert.deepEqual(shown(headline), ['', `✔ ${headline}`, '  (1m 12s)'])
  assert.deepEqual(shown('done'), ['', '✔ done (1m 12s)'])
})

test('a command in brackets takes its own line and ends before the closing bracket', () => {
  const shown = (hint: string): string[] => failureLines([{ reason: 'no', output: [], hint }], plainPaint, 60).slice(1, -1)
  const keys = '/root/.ssh/known_hosts'
  assert.deepEqual(
    shown(
      `compare it with the server's own (there: ssh-keygen -lf /etc/ssh/key.pub); if it is the same, add it (ssh-keyscan -p 2222 -t ed25519 app1.example.com >> ${keys}), or set ssh: { hostKeys: 'accept-new' }`,
    ),
    [
      "  → compare it with the server's own, there:",
      '    ssh-keygen -lf /etc/ssh/key.pub',
      '    if it is the same, add it:',
      `    ssh-keyscan -p 2222 -t ed25519 app1.example.com >> ${keys}`,
      "    or set ssh: { hostKeys: 'accept-new' }",
    ],
  )
  assert.deepEqual(shown('forget the old key of this server (ssh-keygen -R app1 -f /root/.ssh/known_hosts) and add the new one'), [
    '  → forget the old key of this server:',
    '    ssh-keygen -R app1 -f /root/.ssh/known_hosts',
    '    and add the new one',
  ])
  assert.deepEqual(
    shown('use a plain key (ssh-keygen -t ed25519 -f ~/.ssh/id, then ssh-copy-id -i ~/.ssh/id) in this account, not a hardware key'),
    [
      '  → use a plain key:',
      '    ssh-keygen -t ed25519 -f ~/.ssh/id',
      '    then',
      '    ssh-copy-id -i ~/.ssh/id',
      '    in this account, not a hardware key',
    ],
  )
  assert.deepEqual(shown('start it (systemctl start inspeqtor, initctl start inspeqtor), or set socket to what its -s says'), [
    '  → start it:',
    '    systemctl start inspeqtor',
    '    initctl start inspeqtor',
    '    or set socket to what its -s says',
  ])
  assert.deepEqual(shown('then type printf %s "$(cat /srv/shop/shared/file) (a)" > /srv/shop/shared/other, on that host (app1)'), [
    '  → then type printf %s "$(cat /srv/shop/shared/file) (a)" >',
    '    /srv/shop/shared/other, on that host (app1)',
  ])
})

test('a hint is broken between words, and a command that does not fit takes its own line', () => {
  const shown = (hint: string): string[] => failureLines([{ reason: 'no', output: [], hint }], plainPaint, 60).slice(1, -1)
  const long = 'scp -P 2222 -i ~/.ssh/id_deploy .env deploy@app-1.example.org:srv/shop/shared/.env'
  assert.deepEqual(shown(`put it there, where it is missing: ${long}`), ['  → put it there, where it is missing:', `    ${long}`])
  assert.deepEqual(
    shown(`wait until it has ended, or ssh -t deploy@app-1 'sudo kill 12; sudo kill 13, (14)'; then deploy again (a note)`),
    ['  → wait until it has ended, or', `    ssh -t deploy@app-1 'sudo kill 12; sudo kill 13, (14)'`, '    then deploy again (a note)'],
  )
  const rule = 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop puma.service, /usr/bin/systemctl start puma.service'
  assert.deepEqual(
    shown(`deploy may not do this through sudo without a password. As root: visudo -f /etc/sudoers.d/shop, and add the line\n${rule}`),
    [
      '  → deploy may not do this through sudo without a password.',
      '    As root:',
      '    visudo -f /etc/sudoers.d/shop',
      '    and add the line',
      `    ${rule}`,
    ],
  )
  assert.deepEqual(shown('git and shipit and ssh are only words here, so that this text of many words is broken'), [
    '  → git and shipit and ssh are only words here, so that this',
    '    text of many words is broken',
  ])
  assert.deepEqual(shown('short: sudo true; then again'), ['  → short: sudo true; then again'])
})

test('hosts with the same release are counted if there are many, and the exceptions are named', () => {
  const shown = lines(ended(0, [...names(12).map((host) => live(host, 'switched')), live('w1', 'same')])).join('\n')
  assert.match(shown, /12 hosts +20261125101112 +4a5b6c7 +switched/)
  assert.match(shown, /w1 +20261124080000 +4a5b6c7 +as before/)
})

test('hosts that differ are all named, within 80 columns', () => {
  const shown = lines(
    ended(
      6,
      [
        ...names(40).map((host) => live(host, 'switched')),
        ...names(3, 'old-').map((host) => ({ ...live(host, 'same'), next: 'shipit production deploy --hosts old' })),
      ],
      [{ command: 'shipit production deploy --hosts old' }],
    ),
  )
  for (const name of [...names(40), ...names(3, 'old-')])
    assert.ok(
      shown.some((line) => new RegExp(`${name}(,| |$)`).test(line)),
      name,
    )
  assert.equal(shown.filter((line) => line.includes('shipit production deploy')).length, 1)
  for (const line of shown) assert.ok(width(line) <= 80, line)
})

test('a host without a release is distinguished from an unread one', () => {
  const shown = lines(
    ended(1, [
      { host: 'a', release: undefined, revision: undefined, state: 'same' },
      { host: 'b', release: undefined, revision: undefined, state: 'unknown' },
    ]),
  ).join('\n')
  assert.match(shown, /a +none +as before/)
  assert.match(shown, /b +\? +not known/)
})

test('warnings are listed above the headline, grouped by equal text, and change its mark', () => {
  const warnings = [
    { host: 'a1', message: 'sidekiq.service was killed: jobs may be lost\nTimeoutStopSec' },
    { host: 'a2', message: 'sidekiq.service was killed: jobs may be lost\nTimeoutStopSec' },
    { message: 'nothing was pushed' },
  ]
  assert.deepEqual(summary([], { ...ended(0, []), warnings }, { paint: plainPaint, columns: 80 }).slice(0, -1), [
    '',
    '⚠ a1, a2: sidekiq.service was killed: jobs may be lost',
    '  TimeoutStopSec',
    '⚠ nothing was pushed',
    '',
  ])
  assert.match(summary([], { ...ended(0, []), warnings }, { paint: plainPaint, columns: 80 }).at(-1) ?? '', /^⚠ /)
})
