import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RunEvent } from '../../src/events/types.ts'
import { ChunkReporter, stepsOf } from '../../src/run/chunk-reporter.ts'
import { settleChunk } from '../../src/run/chunk-outcome.ts'
import { createState } from '../../src/run/state.ts'
import { sh } from '../../src/shell/sh.ts'
import { stepLog } from '../../src/transport/session/steps.ts'
import type { Session } from '../../src/transport/types.ts'
import { makeHosts } from '../plan/support.ts'

test('a host lost in a step reports that step alone, and ends the step before it whose last output was on its way', () => {
  const events: RunEvent[] = []
  const host = makeHosts({ a: {} }).hosts[0]!
  const state = createState('run', (event) => events.push({ ...event, at: 0 } as RunEvent))
  const run = { state, host, session: {} as Session, wave: 1, signal: new AbortController().signal, captured: false }
  const commands = [sh`a`.onlyIf(sh`b`), sh`c`.allowFailure(), sh`d`, sh`e`]
  const reporter = new ChunkReporter(stepsOf(commands.map((command, i) => ({ name: `task${i}`, steps: [command] }))), run)
  const log = stepLog(commands.map((command, id) => ({ id, command })))
  const begin = (id: number) => {
    log.frame({ type: 'begin', id })
    reporter.frame({ type: 'begin', id })
  }
  begin(0)
  log.ending({ type: 'skip', id: 0, guard: 0, code: 1 })
  begin(1)
  log.ending({ type: 'end', id: 1, code: 4 })
  begin(2)
  log.ending({ type: 'end', id: 2, code: 0 })
  begin(3)
  log.interrupt('failed', 'connection lost: gone')

  assert.equal(settleChunk(reporter, { ...log.outcome(new Error('gone')), errors: new Map() }, run), false)
  assert.deepEqual(
    state.failures.map(({ task, reason }) => [task, reason]),
    [['task3', 'connection lost: gone']],
  )
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'step:end' ? [[event.task, event.status, event.code]] : [])),
    [
      ['task0', 'skipped', 1],
      ['task1', 'tolerated', 4],
      ['task2', 'ok', 0],
      ['task3', 'failed', undefined],
    ],
  )
})
