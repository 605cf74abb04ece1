import assert from 'node:assert/strict'
import { test } from 'node:test'
import { help } from '../../src/cli/help.ts'
import { twoColumns } from '../../src/output/two-columns.ts'
import { width } from '../../src/values/width.ts'
import { configText, place } from './support/place.ts'
import { terminals } from './support/terminal.ts'
import { needs } from '../support/needs.ts'

test('--help fits the terminal and breaks its lines between words', () => {
  const words = (text: string): string => text.split(/\s+/).join(' ')
  for (const columns of [50, 72, 80, 120]) {
    const text = help(columns)
    assert.deepEqual(
      text.split('\n').filter((line) => width(line) > columns),
      [],
    )
    assert.equal(words(text), words(help(Infinity)))
  }
})

test('--help lists only exit codes that a run can end with', () => {
  assert.doesNotMatch(help(80), /^ *5 /m)
  assert.match(help(80), /^ *6 +hosts differ/m)
})

test('twoColumns wraps a text in its column, or below its name where the column is narrow', () => {
  const rows = [
    ['deploy', 'Deploy a new release to the hosts'],
    ['b', 'short'],
  ] as const
  assert.deepEqual(twoColumns(rows, 32), ['deploy  Deploy a new release to', '        the hosts', 'b       short'])
  assert.deepEqual(twoColumns(rows, 24), ['deploy', '    Deploy a new release', '    to the hosts', 'b', '    short'])
  assert.deepEqual(twoColumns([...rows, ['sidekiq:process:restart', 'one']], 32), [
    'deploy  Deploy a new release to',
    '        the hosts',
    'b       short',
    'sidekiq:process:restart',
    '    one',
  ])
  assert.deepEqual(twoColumns(rows, Infinity), ['deploy  Deploy a new release to the hosts', 'b       short'])
})

const screen = terminals()

test('--tasks breaks its lines between words at a terminal', { skip: needs('tmux') }, async () => {
  const own = place()
  try {
    own.write({
      'deploy.config.ts': configText(`
  tasks: { count: { description: 'Count the orders of every shop since the first of this month and print them', steps: () => [] } },
  stages: { production: { servers: ['one'] } },`),
    })
    const seen = await screen('tasks', own.words('--tasks', 'count'), { cwd: own.dir, columns: 40 }).until(/exit 0/)
    assert.equal(seen, 'count  Count the orders of every shop\n       since the first of this month and\n       print them\nexit 0')
  } finally {
    own.remove()
  }
})
