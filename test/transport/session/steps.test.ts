import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sh } from '../../../src/shell/sh.ts'
import { exitReason, timeoutReason } from '../../../src/transport/session/reasons.ts'
import { stepLog } from '../../../src/transport/session/steps.ts'
import { steps } from '../contract-support.ts'

test('exitReason() names the exit code, and above 128 the signal it may stand for', () => {
  assert.equal(exitReason(3), 'exit 3')
  assert.equal(exitReason(128), 'exit 128')
  assert.equal(exitReason(137), 'SIGKILL, or the command itself exited 137')
  assert.equal(exitReason(143), 'SIGTERM, or the command itself exited 143')
  assert.equal(exitReason(138), 'SIGUSR1, or the command itself exited 138')
  assert.equal(exitReason(190), 'signal 62, or the command itself exited 190')
  assert.equal(exitReason(255), 'exit 255')
})

test('timeoutReason() uses the unit that the timeout was written in', () => {
  assert.deepEqual(
    [500, 5000, 600_000, 7_200_000, 90_000].map(timeoutReason),
    ['500ms', '5s', '10m', '2h', '90s'].map((t) => `timed out after ${t}`),
  )
})

test('a cut script keeps the steps that ended, fails the one that ran, and leaves the rest not run', () => {
  const log = stepLog(steps(sh`a`, sh`b`, sh`c`))
  log.frame({ type: 'begin', id: 1 })
  log.frame({ type: 'end', id: 1, code: 0 })
  log.frame({ type: 'begin', id: 2 })
  log.interrupt('failed', 'connection lost: gone')
  log.frame({ type: 'end', id: 2, code: 0 })
  const lost = new Error('gone')
  const outcome = log.outcome(lost)
  assert.deepEqual(
    outcome.steps.map(({ status, reason }) => [status, reason]),
    [
      ['ok', undefined],
      ['failed', 'connection lost: gone'],
      ['not-run', undefined],
    ],
  )
  assert.equal(outcome.failed?.id, 2)
  assert.equal(outcome.lost, lost)
})

test('a cut script fails only the step that ran, also if the last output of the one before had not arrived', () => {
  const log = stepLog(steps(sh`a`, sh`b`, sh`c`.allowFailure(), sh`d`))
  for (const [id, end] of [
    [1, { type: 'end', id: 1, code: 0 }],
    [2, { type: 'skip', id: 2, guard: 0, code: 1 }],
    [3, { type: 'end', id: 3, code: 7 }],
  ] as const) {
    log.frame({ type: 'begin', id })
    log.ending(end)
  }
  log.frame({ type: 'begin', id: 4 })
  log.interrupt('failed', 'connection lost: gone')
  assert.deepEqual(
    log.outcome(new Error('gone')).steps.map(({ status, code }) => [status, code]),
    [
      ['ok', 0],
      ['skipped', 1],
      ['tolerated', 7],
      ['failed', undefined],
    ],
  )
})

test('a cut between two steps fails none of them, unless the shell itself died there', () => {
  const between = () => {
    const log = stepLog(steps(sh`a`, sh`b`))
    log.frame({ type: 'begin', id: 1 })
    log.frame({ type: 'end', id: 1, code: 0 })
    return log
  }
  const cut = between()
  cut.interrupt('cancelled', 'cancelled')
  assert.equal(cut.outcome(undefined).failed, undefined)
  const died = between()
  died.interrupt('failed', 'the shell that ran it ended', 'first')
  assert.equal(died.outcome(undefined).failed?.id, 2)
})
