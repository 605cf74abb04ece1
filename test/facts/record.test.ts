import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRecord, recordLines, type ReleaseRecord } from '../../src/facts/record.ts'
import { parseLog, releasesOf, type Found } from '../../src/facts/releases.ts'
import { STANDING } from '../../src/facts/states.ts'

const RUN = 'ab'.repeat(16)
const [R1, R2, R3] = ['20260101000001', '20260101000002', '20260101000003'] as const
const whole: ReleaseRecord = {
  state: 'bad',
  revision: 'c'.repeat(40),
  branch: 'feature/x y',
  application: 'shop',
  stage: 'production',
  by: 'anna',
  at: '2026-11-22T14:12:00Z',
  run: RUN,
  was: 'good',
  from: R1,
  left: RUN,
}

test('a record is read as it was written, and a line of version 0.1 is a record', () => {
  assert.deepEqual(parseRecord(recordLines(whole)), whole)
  for (const state of ['good', 'building', 'failed'] as const) assert.equal(parseRecord([state])!.state, state)
  assert.equal(parseRecord([]), undefined)
  for (const garbage of ['', 'Good', 'goodish', 'unknown', '\u0000\u0000', 'constructor'])
    assert.equal(parseRecord([garbage]), undefined, garbage)
})

test('a value cannot become a line of its own', () => {
  const lines = recordLines({ state: 'doubtful', by: 'anna\nwas good\u001b[2J', branch: 'x'.repeat(500) })
  assert.equal(lines.length, 3)
  assert.ok(lines.every((line) => !/[\n\u001b]/.test(line) && line.length < 220))
})

test('a record that is cut at any byte says what it said, nothing, or that the release is not complete', () => {
  const states = Object.keys(STANDING).filter((state) => state !== 'unknown') as ReleaseRecord['state'][]
  for (const state of states) {
    const text = `${recordLines({ ...whole, state }).join('\n')}\n`
    for (let length = 0; length <= text.length; length++) {
      const cut = text.slice(0, length)
      const read = parseRecord(cut.split('\n'))
      const rollback = read === undefined ? 'skips it' : STANDING[read.state].rollback
      if (length < state.length) assert.equal(rollback, 'skips it', `${state} cut to ${cut}`)
      else assert.equal(read?.state, state)
      // what was not complete is not offered again, but for a file that is empty
      if (length > 0 && !STANDING[state].byName) assert.ok(read !== undefined && !STANDING[read.state].byName, `${state} cut to ${cut}`)
    }
  }
})

test('whatever stands in a record, reading it does not throw, and gives a known state or none', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...recordLines(whole), 'good', 'was x', 'run zz', 'from 1'))), (lines) => {
      const read = parseRecord(lines)
      if (read) assert.ok(Object.hasOwn(STANDING, read.state) && (read.was === undefined || Object.hasOwn(STANDING, read.was)))
    }),
    { numRuns: 2000 },
  )
})

const states = (given: Partial<Found> & { names?: readonly string[] }) =>
  releasesOf({
    found: (given.names ?? [R1, R2, R3]).map((name) => ({ name, revision: undefined })),
    records: given.records ?? new Map(),
    live: given.live,
    log: given.log ?? [],
  }).map(({ state }) => state)

test('a switch that was written down and not made counts as not made, on both sides', () => {
  const good: ReleaseRecord = { state: 'good' }
  const rollback = new Map<string, ReleaseRecord>([
    [R1, { state: 'doubtful', run: RUN, was: 'good', from: R3 }],
    [R2, good],
    [R3, { state: 'bad', run: RUN, was: 'good', left: RUN }],
  ])
  assert.deepEqual(states({ records: rollback, live: R3 }), ['good', 'good', 'good'])
  assert.deepEqual(states({ records: rollback, live: R1 }), ['doubtful', 'good', 'bad'])
  const deploy = new Map<string, ReleaseRecord>([
    [R1, good],
    [R2, { state: 'good', left: RUN }],
    [R3, { state: 'doubtful', run: RUN, was: 'building', from: R2 }],
  ])
  assert.deepEqual(states({ records: deploy, live: R2 }), ['good', 'good', 'building'])
  assert.deepEqual(states({ records: deploy, live: R3 }), ['good', 'good', 'doubtful'])
  // the log says that it was live: somebody went back from it since
  assert.deepEqual(states({ records: deploy, live: R2, log: parseLog([`deploy ${R3}`]) }), ['good', 'good', 'doubtful'])
  const first = new Map<string, ReleaseRecord>([[R1, { state: 'doubtful', run: RUN, was: 'building' }]])
  assert.deepEqual(states({ names: [R1], records: first }), ['building'])
})

test('without a record revisions.log speaks: deployed is good, rolled back from is bad, and a way forward says nothing bad', () => {
  assert.deepEqual(states({ live: R3 }), ['unknown', 'unknown', 'unknown'])
  const log = (...lines: string[]) => parseLog(lines)
  assert.deepEqual(states({ log: log(`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`), live: R1 }), ['good', 'bad', 'unknown'])
  assert.deepEqual(states({ log: log(`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`, `back ${R2} bob`) }), ['good', 'good', 'unknown'])
  assert.deepEqual(log('deploy x', 'noise', `gone ${R1}`), [])
})

test("a good release that Capistrano's rollback left is bad, unless shipit itself went back", () => {
  const log = parseLog([`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`])
  const records = (from?: string) =>
    new Map<string, ReleaseRecord>([
      [R1, { state: 'good', from }],
      [R2, { state: 'good', from: R1 }],
    ])
  assert.deepEqual(states({ names: [R1, R2], records: records(), live: R1, log }), ['good', 'bad'])
  assert.deepEqual(states({ names: [R1, R2], records: records(R3), live: R1, log }), ['good', 'good'])
})
