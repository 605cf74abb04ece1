import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGitlab } from '../../../src/output/ci/gitlab.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import { failingDeploy, goodDeploy, hundredHosts, interrupted, splitDeploy } from '../runs.ts'
import { sink } from '../sink.ts'

test('each phase is a section with a name of its own, which ends', async () => {
  for (const events of [goodDeploy, failingDeploy, splitDeploy, interrupted, hundredHosts]) {
    const stdout = sink()
    let time = 1_790_000_000_000
    const renderer = createGitlab({ stdout, paint: plainPaint }, () => (time += 1000))
    for (const event of events()) renderer.event(event)
    await renderer.end?.()
    const marks = stdout.text.matchAll(/^\u001b\[0Ksection_(start|end):(\d{10}):([a-z0-9_]+)\r\u001b\[0K/gm)
    const seen: string[] = []
    let open: string | undefined
    for (const [, kind, , name = ''] of marks) {
      if (kind === 'start') {
        assert.equal(open, undefined)
        assert.ok(!seen.includes(name))
        seen.push(name)
        open = name
      } else {
        assert.equal(name, open)
        open = undefined
      }
    }
    assert.equal(open, undefined)
    const phases = events().filter(({ type }) => type === 'wave:start').length
    assert.equal(seen.length, phases)
  }
})

test('the title of a section is on its line', () => {
  const stdout = sink()
  const renderer = createGitlab({ stdout, paint: plainPaint }, () => 1_790_000_000_999)
  for (const event of failingDeploy()) renderer.event(event)
  assert.match(stdout.text, /^\u001b\[0Ksection_start:1790000000:shipit_\d+_1\r\u001b\[0Kupdate on a1, a2, w1\n/m)
})
