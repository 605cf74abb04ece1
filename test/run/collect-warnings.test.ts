import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectWarnings } from '../../src/run/collect-warnings.ts'

test('the last lines repeat each warning once, its hosts in the order of the inventory', () => {
  const { emit, warnings } = collectWarnings(() => {})
  const hosts = ['a', 'b'].map((host) => ({ host, address: host }))
  emit({ type: 'run:start', run: 'r', stage: 's', application: 'a', tasks: [], hosts, user: 'u', version: '1' })
  const warn = (message: string, host?: string) => emit({ type: 'log', level: 'warn', message, host })
  warn('first', 'b')
  warn('about all')
  warn('first', 'a')
  warn('first', 'b')
  assert.deepEqual(warnings(), [{ host: 'a', message: 'first' }, { host: 'b', message: 'first' }, { message: 'about all' }])
})
