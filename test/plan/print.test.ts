import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, note, sh, warn } from '../../src/index.ts'
import { maskUrls } from '../../src/events/urls.ts'
import { printPlan } from '../../src/plan/print.ts'
import type { Plan } from '../../src/plan/types.ts'
import type { Command } from '../../src/shell/types.ts'
import { makeHosts } from './support.ts'

const { hosts } = makeHosts({ a: {}, b: {} })

const planOf = (stepsOf: (host: string) => readonly Command[]): Plan => ({
  waves: [
    {
      kind: 'steps',
      title: 'go',
      tasks: ['go'],
      hosts,
      barrier: '|checked',
      policy: 'finish',
      published: false,
      lanes: hosts.map((host) => ({
        host,
        chunks: [{ tasks: [{ name: 'go', steps: stepsOf(host.name) }], limit: undefined, agent: false }],
      })),
    },
  ],
})
const short = (...steps: readonly Command[]): string[] => {
  const lines = printPlan(
    planOf(() => steps),
    'plan',
    { full: false },
  ).split('\n')
  return lines.flatMap((line) => (line.startsWith('       ') ? [line.slice(7)] : []))
}

test('a short plan groups hosts that do the same, and says where all wait, and how to see more', () => {
  const text = printPlan(
    planOf((host) => [sh`echo ${host}`]),
    'plan of go',
    { full: false },
  )
  assert.equal(
    text,
    `plan of go

1. go
   go on a:
       echo a
   go on b:
       echo b
   -- every host waits until all have passed the checks

--full shows every command, byte for byte
`,
  )
  assert.match(
    printPlan(
      planOf(() => [sh`echo same`]),
      'plan of go',
      { full: false },
    ),
    /^ {3}go on a, b:\n {7}echo same$/m,
  )
  assert.equal(printPlan({ waves: [] }, 'plan of go', { full: false }), 'plan of go\n\nnothing to do\n')
})

test('a step is a line: its title, and its command if both fit', () => {
  const script = sh`
first
second`
  assert.deepEqual(short(sh`uptime`.in('/srv').env({ LANG: 'C' })), ['cd /srv && uptime'])
  assert.deepEqual(short(sh`systemctl restart puma`.sudo().title('restart Puma')), ['restart Puma: sudo systemctl restart puma'])
  assert.deepEqual(short(script.title('do both'), sh`echo ${'x'.repeat(200)}`.title('print a lot')), ['do both', 'print a lot'])
  const [untitled, long] = short(script, sh`echo ${'x'.repeat(200)}`)
  assert.equal(untitled, 'first ⏎ second')
  assert.ok(long!.length <= 110 && long!.endsWith('…'))
})

test('a condition follows its step', () => {
  const guarded = sh`mkdir x`.unless(sh`test -d x`).onlyIf(sh`test -w .`.title('it may be written'))
  assert.deepEqual(short(guarded), ['mkdir x, unless test -d x, only if it may be written'])
  assert.deepEqual(
    short(
      sh`mkdir x`.unless(sh`
a
b`),
    ),
    ['mkdir x, on a condition'],
  )
})

test('who runs a step is shown, with the command or without it', () => {
  const long = sh`systemctl restart ${'x'.repeat(120)}`.title('restart it')
  assert.deepEqual(short(long.sudo(), long.as('anna'), long), ['restart it, as root', 'restart it, as anna', 'restart it'])
})

test('hosts whose commands only look the same stay apart', () => {
  const text = printPlan(
    planOf((host) => [sh`echo ${host} ${'x'.repeat(120)}`.title('say it')]),
    'plan of go',
    { full: false },
  )
  assert.match(text, /go on a:\n {7}say it\n {3}go on b:\n {7}say it\n/)
})

test('a secret is masked before a line is cut', () => {
  const url = `https://bob:hunter2-${'x'.repeat(120)}@example.com/shop.git`
  const steps = [sh`git clone ${url}`, fail(`cannot clone ${url}`), sh`true`.unless(sh`git ls-remote ${url}`)]
  const text = printPlan(
    planOf(() => steps),
    'plan of go',
    { full: false, redact: maskUrls },
  )
  assert.doesNotMatch(text, /hunter2/)
  assert.match(text, /git clone https:\/\/bob:\[secret\]@example\.com/)
})

test('a step that only says something is what it says, with its conditions', () => {
  const guarded = fail('no').onlyIf(sh`test -e x`)
  assert.deepEqual(short(guarded, fail('allowed').allowFailure()), ['fails: no, only if test -e x', 'warns: allowed'])
  assert.deepEqual(short(note('good'), warn(['look', 'here']), fail('no')), ['prints: good', 'warns: look here', 'fails: no'])
})
