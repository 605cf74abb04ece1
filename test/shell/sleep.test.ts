import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sh, sleep } from '../../src/index.ts'
import type { Duration } from '../../src/index.ts'
import { textOf } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

test('sleep() takes a duration as everywhere, and its title says it', () => {
  for (const [given, command, title] of [
    ['5s', 'sleep 5', 'sleep 5s'],
    [5000, 'sleep 5', 'sleep 5s'],
    ['3000ms', 'sleep 3', 'sleep 3s'],
    ['90s', 'sleep 90', 'sleep 90s'],
    ['1.5m', 'sleep 90', 'sleep 90s'],
    ['120s', 'sleep 120', 'sleep 2m'],
    ['1h', 'sleep 3600', 'sleep 1h'],
    [0, 'sleep 0', 'sleep 0s'],
  ] as const)
    assert.deepEqual([textOf(sleep(given)), sleep(given).spec.title], [command, title])
  assert.equal(sleep('5s').title('let the workers drain').spec.title, 'let the workers drain')
})

test('sleep() refuses parts of a second, which not every host can wait for, and what is not a duration', () => {
  for (const [given, enough] of [
    ['500ms', '1s'],
    [1500, '2s'],
    ['0.5s', '1s'],
  ] as const)
    assert.throws(() => sleep(given), {
      exit: 2,
      message: `sleep() takes whole seconds, not ${JSON.stringify(given)}`,
      hint: `not every host can wait for less: write sleep('${enough}')`,
    })
  for (const odd of ['5 s', '5', -1, NaN, undefined, '5d']) assert.throws(() => sleep(odd as Duration), /^TypeError: not a duration/)
})

for (const { name, argv } of shells)
  test(`sleep() is a step like any other (${name})`, () => {
    const ran = runSteps(argv, [sleep('1s'), sleep('1h').onlyIf(sh`false`), sleep(0)])
    assert.deepEqual(
      ran.map(({ status }) => status),
      ['ok', 'skipped', 'ok'],
    )
  })
