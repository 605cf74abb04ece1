import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runPhase } from '../../../src/output/tree/listr.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import { createPlain } from '../../../src/output/plain/plain.ts'
import { createTaskOutput } from '../../../src/output/task-output.ts'
import { createTree } from '../../../src/output/tree/tree.ts'
import { begin, failingDeploy, goodDeploy, record } from '../runs.ts'
import { sink } from '../sink.ts'

/** What a tree leaves on the terminal when two hosts print, one of them for a code task. */
const shown = async (output: 'none' | 'typed' | 'all'): Promise<string> => {
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase, output })
  const run = record()
  begin(run, ['a1', 'worker-1'], 'load')
  run.add({ type: 'wave:start', wave: 0, title: 'load', tasks: ['load'], hosts: ['a1', 'worker-1'] })
  run.step('a1', 'load', 'uptime', { output: ['up 2 days', 'load 0.1'] })
  const captured = { host: 'worker-1', task: 'load', step: 'c' }
  run.add(
    { type: 'step:start', ...captured, title: 'hostname', command: 'hostname', captured: true },
    { type: 'step:output', ...captured, stream: 'stdout', line: 'read by code' },
    { type: 'step:end', ...captured, status: 'ok', code: 0, ms: 1 },
  )
  run.step('worker-1', 'load', 'uptime', { output: ['up 3 days'] })
  run.add({ type: 'wave:end', wave: 0, ok: true, ms: 1 })
  for (const event of run.events) tree.event(event)
  await tree.end?.()
  return stdout.text
}

test('the tree of a typed task shows all output of its steps, by host, before the phase ends', async () => {
  const text = await shown('typed')
  assert.match(text, /a1 {8}up 2 days\na1 {8}load 0\.1\nworker-1 {2}up 3 days\n/)
  assert.ok(text.indexOf('up 3 days') < text.indexOf('✔ load'))
  assert.doesNotMatch(text, /read by code/)
})

test('the same output of many hosts is shown once, and a host that prints something else beside it', async () => {
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase, output: 'typed' })
  const run = record()
  const hosts = Array.from({ length: 8 }, (_, i) => `web${i + 1}`)
  begin(run, hosts, 'load')
  run.add({ type: 'wave:start', wave: 0, title: 'load', tasks: ['load'], hosts })
  for (const host of hosts) run.step(host, 'load', 'uptime', { output: host === 'web3' ? ['up 9 days'] : ['up 2 days', `load 0.1`] })
  for (const event of run.events) tree.event(event)
  await tree.end?.()
  assert.match(stdout.text, /7 hosts {2}\(all but web3\)\n7 hosts {2}up 2 days\n7 hosts {2}load 0\.1\nweb3 {5}up 9 days\n/)
})

test('a verbose tree also shows captured output', async () => {
  assert.match(await shown('all'), /load 0\.1\nworker-1 {2}read by code\n/)
})

test("the tree of a deploy shows no output except a running host's last line", async () => {
  assert.doesNotMatch(await shown('none'), /\na1 {8}up 2 days/)
})

for (const [how, events] of [
  ['good', goodDeploy],
  ['failing', failingDeploy],
] as const) {
  test(`the last line of a ${how} run names the log file, if it has one`, async () => {
    const tree = sink({ isTTY: true, columns: 80, rows: 24 })
    const plain = sink({})
    const quiet = [sink({}), sink({})] as const
    const log = (): string => '/srv/app/log/shipit.log'
    const renderers = (named: boolean) => {
      const more = named ? { log } : {}
      return [
        createTree({ stdout: tree, paint: plainPaint, run: runPhase, ...more }),
        createPlain({ stdout: plain, paint: plainPaint, ...more }),
        createTaskOutput({ stdout: quiet[0], stderr: quiet[1], paint: plainPaint, ...more }),
      ]
    }
    for (const named of [false, true]) {
      for (const renderer of renderers(named)) {
        for (const event of events()) renderer.event(event)
        await renderer.end?.()
      }
      const found = [tree.text, plain.text, quiet[1].text].map((text) => / {2}log: \/srv\/app\/log\/shipit\.log\n$/.test(text))
      assert.deepEqual(found, named ? [true, true, how === 'failing'] : [false, false, false])
    }
  })
}
