import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Renderer, RunEvent } from '../../src/events/types.ts'
import { createPlain } from '../../src/output/plain/plain.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { createTaskOutput } from '../../src/output/task-output.ts'
import { runPhase } from '../../src/output/tree/listr.ts'
import { createTree } from '../../src/output/tree/tree.ts'
import { width } from '../../src/values/width.ts'
import { sink } from './sink.ts'

const shown = (events: readonly object[]): string => {
  const stdout = sink({ columns: 80 })
  const renderer = createPlain({ stdout, paint: plainPaint })
  for (const event of events) renderer.event({ at: 1, ...event } as RunEvent)
  return stdout.text
}
const warn = { type: 'log', level: 'warn', message: 'nothing to do' }
const end = { type: 'run:end', exit: 0, ms: 1, headline: 'nothing was done', live: [], next: [], warnings: [{ message: warn.message }] }
const times = (text: string): number => text.split('⚠ nothing to do').length - 1

test("a warning right above the end of a run is not repeated, and the headline has a warning's mark", () => {
  const text = shown([warn, { type: 'wave:end', wave: 1, ok: true, ms: 1 }, end])
  assert.equal(times(text), 1)
  assert.match(text, /⚠ nothing was done/)
})

test('a warning that other lines follow is repeated at the end', () => {
  assert.equal(times(shown([warn, { type: 'log', level: 'info', message: 'on it goes' }, end])), 2)
  const other = { ...end, warnings: [...end.warnings, { message: 'another', host: 'a1' }] }
  assert.equal(
    times(shown([{ ...warn, message: 'another', host: 'a1' }, { type: 'deploy', release: '1', revision: '', branch: '' }, warn, other])),
    2,
  )
})

test('a warning wider than the terminal is broken between words everywhere, and its command and its other lines stay whole', async () => {
  const command = 'sudo apt-get install --yes a-package-with-a-long-name another-package'
  const printed = 'what a program printed, which is as long as the program wanted it'
  const message = `deployTo is the same on two stages, so one of them removes releases of the other; try ${command}\n${printed}`
  const events = [
    {
      type: 'run:start',
      run: 'r',
      stage: 's',
      application: 'a',
      tasks: ['t'],
      hosts: [{ host: 'a1', address: 'a1' }],
      user: 'u',
      version: '1',
    },
    { type: 'log', level: 'warn', message },
    { type: 'log', level: 'warn', message, host: 'a1' },
    { type: 'log', level: 'info', message: 'on it goes' },
    { ...end, warnings: [{ message }, { message: 'short', host: 'a1' }] },
  ]
  const target = (columns?: number) => sink(columns === undefined ? {} : { isTTY: true, columns, rows: 24 })
  const played = async (make: (stdout: ReturnType<typeof sink>) => Renderer, columns?: number): Promise<string[]> => {
    const stdout = target(columns)
    const renderer = make(stdout)
    for (const event of events) renderer.event({ at: 1, ...event } as RunEvent)
    await renderer.end?.()
    return stdout.text.split('\n')
  }
  const plain = (stdout: ReturnType<typeof sink>) => createPlain({ stdout, paint: plainPaint })
  const renderers = {
    plain,
    tree: (stdout: ReturnType<typeof sink>) => createTree({ stdout, paint: plainPaint, run: runPhase }),
    task: (stderr: ReturnType<typeof sink>) => createTaskOutput({ stdout: sink(), stderr, paint: plainPaint }),
  }
  for (const [name, make] of Object.entries(renderers)) {
    const lines = await played(make, 60)
    const warning = lines.findIndex((line) => line.startsWith('⚠ deployTo'))
    assert.deepEqual(
      lines.slice(warning, warning + 4),
      ['⚠ deployTo is the same on two stages, so one of them removes', '  releases of the other; try', `  ${command}`, `  ${printed}`],
      name,
    )
    for (const line of lines) assert.ok(width(line) <= 60 || line.includes(command) || line.includes(printed), `${name}: ${line}`)
  }
  assert.ok((await played(plain)).includes(`⚠ ${message.split('\n')[0]}`))
})
