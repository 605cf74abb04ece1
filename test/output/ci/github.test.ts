import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { RunEvent } from '../../../src/events/types.ts'
import { createGithub } from '../../../src/output/ci/github.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import { golden } from '../golden.ts'
import { begin, failingDeploy, goodDeploy, hundredHosts, interrupted, live, record, splitDeploy } from '../runs.ts'
import { sink } from '../sink.ts'

const folder = mkdtempSync(join(tmpdir(), 'shipit-github-'))
after(() => rmSync(folder, { recursive: true }))

let count = 0
interface Options {
  readonly secrets?: ReadonlySet<string>
  readonly file?: string
}
/** Renders events as in a job, and returns what the job's log, its masks and its summary are. */
const job = async (events: readonly RunEvent[], { secrets = new Set(), file = join(folder, `${++count}.md`) }: Options = {}) => {
  const [stdout, masks] = [sink(), sink()]
  const renderer = createGithub({ stdout, paint: plainPaint, env: { GITHUB_STEP_SUMMARY: file }, masks, secrets: () => secrets })
  for (const event of events) renderer.event(event)
  await renderer.end?.()
  const summary = (() => {
    try {
      return readFileSync(file, 'utf8')
    } catch {
      return ''
    }
  })()
  return { text: stdout.text, masks: masks.text, summary, lines: stdout.text.split('\n') }
}

const recordings = { 'good-deploy': goodDeploy, 'failing-deploy': failingDeploy, 'split-deploy': splitDeploy, interrupted }
for (const [name, events] of Object.entries(recordings)) {
  test(`the log and the summary of the recorded run "${name}" equal their golden files`, async () => {
    const { text, summary } = await job(events())
    golden(`github-${name}`, text)
    golden(`github-summary-${name}`, summary)
  })
}

test('groups do not nest, and each is ended', async () => {
  for (const events of [...Object.values(recordings), hundredHosts]) {
    const { lines } = await job(events())
    let open = 0
    for (const line of lines) {
      if (line.startsWith('::group::')) open++
      if (line.startsWith('::endgroup::')) open--
      assert.ok(open === 0 || open === 1, line)
    }
    assert.equal(open, 0)
  }
})

test('lines of servers and tasks are never read as commands', async () => {
  const run = record()
  begin(run, ['a1'])
  run.step('a1', 'app:look', 'look', { output: ['::add-mask::x', '##[add-path]/tmp'] })
  run.add({ type: 'log', level: 'info', message: '::error::from a task' })
  run.add({ type: 'failure', failure: { reason: 'exit 1', output: ['::stop-commands::x'], task: 'app:look' } })
  run.add({ type: 'run:end', exit: 1, ms: 5, headline: 'failed', live: [], next: [] })
  const { lines } = await job(run.events)
  const commands = lines.filter((line) => line.trimStart().startsWith('::') || line.includes('##['))
  assert.deepEqual(commands, ['::error title=app%3Alook::exit 1%0A::stop-commands::x'])
})

test('each secret is masked once, as soon as there is one', async () => {
  const secrets = new Set(['first secret'])
  const run = record()
  begin(run, ['a1'])
  const [first, ...rest] = run.events
  const stdout = sink()
  const masks = sink()
  const renderer = createGithub({ stdout, paint: plainPaint, env: {}, masks, secrets: () => secrets })
  renderer.event(first!)
  assert.equal(masks.text, '::add-mask::first secret\n')
  secrets.add('second secret')
  for (const event of rest) renderer.event(event)
  await renderer.end?.()
  assert.equal(masks.text, '::add-mask::first secret\n::add-mask::second secret\n')
  assert.doesNotMatch(stdout.text, /secret/)
})

test('a step has ten annotations of a level at most, and the last one counts the others', async () => {
  const run = record()
  begin(run, ['a1'])
  for (let i = 0; i < 14; i++) run.add({ type: 'failure', failure: { reason: `exit ${i}`, output: [], task: `app:${i}`, host: 'a1' } })
  run.add({ type: 'run:end', exit: 1, ms: 5, headline: 'failed', live: [], next: [] })
  const errors = (await job(run.events)).lines.filter((line) => line.startsWith('::error'))
  assert.equal(errors.length, 10)
  assert.equal(errors.at(-1), '::error title=shipit::5 more errors: see the end of the log')
})

test('the same failure on many hosts is one annotation', async () => {
  const run = record()
  const hosts = Array.from({ length: 30 }, (_, i) => `a${i}`)
  begin(run, hosts)
  for (const host of hosts) run.add({ type: 'failure', failure: { reason: 'exit 1', output: [], task: 'app:x', host } })
  run.add({ type: 'run:end', exit: 1, ms: 5, headline: 'failed', live: [], next: [], warnings: [{ host: 'a1', message: 'slow' }] })
  const { lines } = await job(run.events)
  assert.deepEqual(
    lines.filter((line) => line.startsWith('::')),
    ['::error title=app%3Ax on 30 hosts::exit 1', '::warning title=warning on a1::slow'],
  )
})

test('names in a summary are neither Markdown nor HTML', async () => {
  const run = record()
  begin(run, ['a|1'])
  run.add({ type: 'failure', failure: { reason: '<img src=x> *a* [b](c) `d`', output: ['```', '<b>'], task: 'app:x', host: 'a|1' } })
  run.add({ type: 'run:end', exit: 1, ms: 5, headline: '# | <script>', live: [live('a|1', 'same')], next: [] })
  const { summary } = await job(run.events)
  assert.match(summary, /^\\# \\\| &lt;script&gt; \(5ms\)$/m)
  assert.match(summary, /^\| a\\\|1 \| `\d{14}` \| `4a5b6c7` \| as before \| {2}\|$/m)
  assert.match(summary, /\*\*app:x on a\\\|1\*\*: &lt;img src=x&gt; \\\*a\\\* \\\[b\\\]\(c\) \\`d\\`/)
  assert.match(summary, /^````\n```\n<b>\n````$/m)
})

test('a summary is appended to what the step has written, and left out where that would be more than GitHub takes', async () => {
  const file = join(folder, 'long.md')
  writeFileSync(file, 'from another command\n')
  assert.match((await job(goodDeploy(), { file })).summary, /^from another command\n### ✔ shop production: deploy\n/)
  writeFileSync(file, 'x'.repeat(1_048_576))
  const { text, summary } = await job(goodDeploy(), { file })
  assert.equal(summary.length, 1_048_576)
  assert.match(text, /⚠ the summary of this step is full, so this run is not in it\n/)
})

test('a summary that cannot be written is a warning', async () => {
  const { text } = await job(goodDeploy(), { file: join(folder, 'no/such/folder.md') })
  assert.match(text, /⚠ the step summary could not be written: ENOENT/)
})
