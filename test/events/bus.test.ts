import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBus } from '../../src/events/bus.ts'
import { createRedactor } from '../../src/redact/redact.ts'
import type { Renderer, RunEvent } from '../../src/events/types.ts'

const recorder = () => {
  const events: RunEvent[] = []
  return { events, event: (event: RunEvent) => void events.push(event) }
}

test('every renderer gets every event in order, stamped and redacted', async () => {
  const seen: string[] = []
  const renderer = (name: string): Renderer => ({
    event: (event) => void seen.push(`${name} ${event.at} ${event.type === 'log' ? event.message : ''}`),
    end: () => void seen.push(`${name} end`),
  })
  const bus = createBus({ renderers: [renderer('a'), renderer('b')], now: () => 5, redactor: createRedactor(() => new Set(['hunter22'])) })
  bus.emit({ type: 'log', level: 'info', message: 'pw hunter22' })
  await bus.end()
  assert.deepEqual(seen, ['a 5 pw [secret]', 'b 5 pw [secret]', 'b end', 'a end'])
})

test('a renderer that throws is dropped, with one warning to the others', async () => {
  const good = recorder()
  let calls = 0
  const bad: Renderer = {
    name: 'jsonl',
    event: () => {
      calls++
      throw new Error('boom')
    },
    end: () => assert.fail('a dropped renderer is not ended'),
  }
  const bus = createBus({ renderers: [bad, good], now: () => 1 })
  bus.emit({ type: 'lock:taken', host: 'a1' })
  bus.emit({ type: 'lock:taken', host: 'a2' })
  await bus.end()
  assert.equal(calls, 1)
  assert.deepEqual(
    good.events.map((event) => (event.type === 'log' ? `${event.level} ${event.message}` : event.type)),
    ['warn the jsonl output stopped working: boom', 'lock:taken', 'lock:taken'],
  )
})

test('a failing end() is a warning to the renderers before it', async () => {
  const good = recorder()
  const bus = createBus({ renderers: [good, { event: () => undefined, end: () => Promise.reject(new Error('disk full')) }] })
  await bus.end()
  assert.match(JSON.stringify(good.events), /disk full/)
})

test('a run goes on if every renderer is broken', async () => {
  const broken: Renderer = {
    event: () => {
      throw new Error('x')
    },
  }
  const bus = createBus({ renderers: [broken, { ...broken }] })
  bus.emit({ type: 'lock:taken', host: 'a1' })
  await bus.end()
})
