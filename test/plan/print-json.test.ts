import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secret, sh, warn } from '../../src/index.ts'
import { planAsJson } from '../../src/plan/print-json.ts'
import { createRedactor } from '../../src/redact/redact.ts'
import type { Plan } from '../../src/plan/types.ts'
import { planOf } from './plans.ts'

test('a plan for programs is a line for the plan, and one for each step of hosts that do the same', () => {
  const redactor = createRedactor()
  const password = 'pass"w\\ord'
  const steps = [
    sh`echo ${secret(password)}`.title('say it').unless(sh`test -e x`),
    warn(`look: ${password}`),
    sh`
first
second`,
  ]
  const plan = planOf((host) => [...steps, sh`echo ${host}`])
  const text = planAsJson(plan, `plan of go ${password}`, (line) => redactor.text(line))
  const [first, ...rest] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(first, {
    type: 'plan',
    title: 'plan of go [secret]',
    waves: [{ title: 'go', tasks: ['go'], hosts: ['a', 'b'], barrier: 'every host waits until all have passed the checks' }],
  })
  assert.deepEqual(
    rest.map(({ type, number, wave, task, hosts }) => [type, number, wave, task, hosts]),
    [1, 2, 3, 4, 5, 6, 7, 8].map((number) => ['plan:step', number, 1, 'go', [number < 5 ? 'a' : 'b']]),
  )
  const [said, warned, both] = rest
  assert.equal(said!['title'], 'say it')
  assert.match(String(said!['command']), /test -e x[^]*echo \[secret\]/)
  assert.deepEqual(warned!['message'], { level: 'warning', text: 'look: [secret]' })
  assert.match(String(both!['command']), /first\nsecond/)
  assert.doesNotMatch(text, /w\\+ord/)
})

test('a task that is code is one step of a plan for programs', () => {
  const [wave] = planOf(() => []).waves
  const task = { name: 'code' } as Extract<Plan['waves'][number], { kind: 'run' }>['task']
  const [, step] = planAsJson({ waves: [{ ...wave!, kind: 'run', task }] }, 'plan', (text) => text).split('\n')
  assert.deepEqual(JSON.parse(step!), {
    type: 'plan:step',
    number: 1,
    wave: 1,
    task: 'code',
    hosts: ['a', 'b'],
    title: 'code that decides when it runs',
  })
})

test('a plan for programs has the alternatives and the tries of a step, and its secret on stdin masked', () => {
  const step = sh`a`
    .stdin(secret('w0rd-on-stdin'))
    .retry({ every: '1s', for: '1m' })
    .orElse(sh`b`)
  const [, line] = planAsJson(
    planOf(() => [step]),
    'plan',
    (text) => text,
  ).split('\n')
  assert.equal(
    (JSON.parse(line!) as { command: string }).command,
    "retry every 1s for 1m (\nprintf '%s' [secret] 2>/dev/null | {\na\n}\n)\nor else b",
  )
})
