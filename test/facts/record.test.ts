import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRecord, recordLines, type ReleaseRecord } from '../../src/facts/record.ts'
import { parseLog, releasesOf, type ReleaseSources } from '../../src/facts/release-facts.ts'
import { TREATMENTS } from '../../src/facts/release-states.ts'

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

test('parseRecord() reads what recordLines() writes, and a line of version 0.1', () => {
  assert.deepEqual(parseRecord(recordLines(whole)), whole)
  for (const state of ['good', 'building', 'failed'] as const) assert.equal(parseRecord([state])!.state, state)
  assert.equal(parseRecord([]), undefined)
  for (const garbage of ['', 'Good', 'goodish', 'unknown', '\u0000\u0000', 'constructor'])
    assert.equal(parseRecord([garbage]), undefined, garbage)
})

test('a value in a record cannot become a line of its own', () => {
  const lines = recordLines({ state: 'doubtful', by: 'anna\nwas good\u001b[2J', branch: 'x'.repeat(500) })
  assert.equal(lines.length, 3)
  assert.ok(lines.every((line) => !/[\n\u001b]/.test(line) && line.length < 220))
})

test('a record cut at any byte keeps its state, or counts as unknown or incomplete', () => {
  const states = Object.keys(TREATMENTS).filter((state) => state !== 'unknown') as ReleaseRecord['state'][]
  for (const state of states) {
    const text = `${recordLines({ ...whole, state }).join('\n')}\n`
    for (let length = 0; length <= text.length; length++) {
      const cut = text.slice(0, length)
      const read = parseRecord(cut.split('\n'))
      const rollback = read === undefined ? 'skips it' : TREATMENTS[read.state].rollback
      if (length < state.length) assert.equal(rollback, 'skips it', `${state} cut to ${cut}`)
      else assert.equal(read?.state, state)
      // an incomplete release is not offered again, unless its record is empty
      if (length > 0 && !TREATMENTS[state].byName) assert.ok(read !== undefined && !TREATMENTS[read.state].byName, `${state} cut to ${cut}`)
    }
  }
})

test('parseRecord() never throws, and returns a known state or undefined', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...recordLines(whole), 'good', 'was x', 'run zz', 'from 1'))), (lines) => {
      const read = parseRecord(lines)
      if (read) assert.ok(Object.hasOwn(TREATMENTS, read.state) && (read.was === undefined || Object.hasOwn(TREATMENTS, read.was)))
    }),
    { numRuns: 2000 },
  )
})

const states = (given: Partial<ReleaseSources> & { names?: readonly string[] }) =>
  releasesOf({
    found: (given.names ?? [R1, R2, R3]).map((name) => ({ name, revision: undefined })),
    records: given.records ?? new Map(),
    live: given.live,
    log: given.log ?? [],
  }).map(({ state }) => state)

test('a recorded switch that was not made counts as not made, for both releases', () => {
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
  // the log says that it was live: someone has rolled back from it since
  assert.deepEqual(states({ records: deploy, live: R2, log: parseLog([`deploy ${R3}`]) }), ['good', 'good', 'doubtful'])
  const first = new Map<string, ReleaseRecord>([[R1, { state: 'doubtful', run: RUN, was: 'building' }]])
  assert.deepEqual(states({ names: [R1], records: first }), ['building'])
})

test('revisions.log gives states without a record: deployed is good, rolled back from is bad', () => {
  assert.deepEqual(states({ live: R3 }), ['unknown', 'unknown', 'unknown'])
  const log = (...lines: string[]) => parseLog(lines)
  assert.deepEqual(states({ log: log(`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`), live: R1 }), ['good', 'bad', 'unknown'])
  assert.deepEqual(states({ log: log(`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`, `back ${R2} bob`) }), ['good', 'good', 'unknown'])
  const by = releasesOf({
    found: [R1, R2].map((name) => ({ name, revision: undefined })),
    records: new Map(),
    live: R1,
    log: log(`deploy ${R1} anna`, `deploy ${R2} bob`, `back ${R1} eve`),
  })
  assert.deepEqual(
    by.map((fact) => fact.by),
    ['eve', 'eve'],
  )
  assert.deepEqual(log('deploy x', 'noise', `gone ${R1}`), [])
})

test('a good release that Capistrano rolled back from is bad, unless shipit itself rolled back', () => {
  const log = parseLog([`deploy ${R1}`, `deploy ${R2}`, `back ${R1} bob`])
  const records = (from?: string) =>
    new Map<string, ReleaseRecord>([
      [R1, { state: 'good', from }],
      [R2, { state: 'good', from: R1 }],
    ])
  assert.deepEqual(states({ names: [R1, R2], records: records(), live: R1, log }), ['good', 'bad'])
  assert.deepEqual(states({ names: [R1, R2], records: records(R3), live: R1, log }), ['good', 'good'])
})

test('a release is emptied if its record has a revision, its REVISION is gone, and another release has one', () => {
  const revision = 'a'.repeat(40)
  const record = (state: ReleaseRecord['state']): ReleaseRecord => ({ state, revision })
  const emptied = (gone: readonly string[], records: readonly [string, ReleaseRecord][]) =>
    releasesOf({
      found: [R1, R2, R3].map((name) => ({ name, revision: undefined, none: gone.includes(name) })),
      records: new Map(records),
      live: R3,
      log: [],
    }).flatMap((fact) => (fact.emptied === true ? [fact.name] : []))
  const all = (state: ReleaseRecord['state']) => [R1, R2, R3].map((name) => [name, record(state)] as [string, ReleaseRecord])
  for (const state of ['good', 'doubtful', 'bad'] as const) assert.deepEqual(emptied([R2], all(state)), [R2])
  // an unfinished release has no REVISION yet
  for (const state of ['building', 'failed', 'removing'] as const) assert.deepEqual(emptied([R2], all(state)), [])
  // a stage that writes no REVISION, and releases of another tool
  assert.deepEqual(emptied([R1, R2, R3], all('good')), [])
  assert.deepEqual(emptied([R2], []), [])
  assert.deepEqual(
    emptied(
      [R2],
      [
        [R1, record('good')],
        [R2, { state: 'good' }],
      ],
    ),
    [],
  )
})
