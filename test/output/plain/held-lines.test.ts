import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHeldLines } from '../../../src/output/plain/held-lines.ts'

const hosts = Array.from({ length: 8 }, (_, i) => `web${i + 1}`)

/** What is shown of lines that are added in this order, `host: text`. */
const held = (among: readonly string[], wait = 60_000) => {
  const shown: string[] = []
  const lines = createHeldLines(wait)
  lines.among(among)
  return {
    shown,
    flush: lines.flush,
    passed: lines.passed,
    add: (host: string, text: string, once?: string): void =>
      lines.add({
        once,
        host,
        key: [text],
        of: text,
        show: ([first], { label, which }) => void shown.push(`${label} ${first}${which === '' ? '' : ` (${which})`}`),
      }),
  }
}

test('equal lines of more than four hosts are one, and those of fewer hosts stay as they are', () => {
  const { add, flush, shown } = held(hosts)
  for (const host of hosts) add(host, 'one')
  for (const host of hosts.slice(0, 4)) add(host, 'two')
  for (const host of hosts.slice(1)) add(host, 'three')
  for (const host of hosts.slice(0, 4)) add(host, 'four')
  for (const host of hosts.slice(4, 8)) add(host, 'five')
  flush()
  assert.deepEqual(shown, [
    '8 hosts one',
    ...hosts.slice(0, 4).map((host) => `${host} two`),
    '7 hosts three (all but web1)',
    ...hosts.slice(0, 4).map((host) => `${host} four`),
    ...hosts.slice(4).map((host) => `${host} five`),
  ])
})

test('the lines of a host keep their order', () => {
  const { add, flush, shown } = held(hosts)
  for (const host of hosts.slice(0, 7)) for (const text of ['one', 'two']) add(host, text)
  for (const text of ['two', 'one']) add('web8', text)
  flush()
  assert.deepEqual(shown, ['7 hosts one (all but web8)', '8 hosts two', 'web8 one'])
})

test('nothing waits where there are few hosts', () => {
  const { add, shown } = held(hosts.slice(0, 4))
  add('web1', 'one')
  assert.deepEqual(shown, ['web1 one'])
})

test('a line that waits is shown after a moment, even if nothing else happens', async () => {
  const { add, shown } = held(hosts, 1)
  add('web1', 'one')
  while (shown.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  assert.deepEqual(shown, ['web1 one'])
})

test('a line is shown as soon as no other host can have the same', () => {
  const { add, passed, shown } = held(hosts)
  for (const host of hosts.slice(0, 7)) add(host, 'one', 'step 1')
  assert.deepEqual(shown, [])
  add('web8', 'one', 'step 1')
  assert.deepEqual(shown, ['8 hosts one'])
  for (const host of hosts.slice(0, 5)) add(host, 'two', 'step 2')
  for (const host of hosts.slice(5, 7)) add(host, 'else', 'step 2')
  assert.equal(shown.length, 1)
  passed('web8', 'step 2')
  assert.deepEqual(shown.slice(1), ['5 hosts two (all but web6, web7, web8)', 'web6 else', 'web7 else'])
})

test('a line stays behind one that still waits, and waits itself while another host may have the same', () => {
  const { add, flush, shown } = held(hosts)
  add('web1', 'anything')
  for (const host of hosts) add(host, 'one', 'step 1')
  assert.deepEqual(shown, ['web1 anything', '8 hosts one'])
  add('web1', 'two', 'step 2')
  for (const host of hosts.slice(1, 7)) add(host, 'three', 'step 3')
  assert.equal(shown.length, 2)
  flush()
  assert.deepEqual(shown.slice(2), ['web1 two', '6 hosts three (all but web1, web8)'])
})
