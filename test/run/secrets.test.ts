import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fail, note, sh, type RunContext, type StepsContext } from '../../src/index.ts'
import { createJsonl } from '../../src/output/jsonl.ts'
import { logText } from '../../src/output/log-text.ts'
import { runPhase } from '../../src/output/tree/listr.ts'
import { createPaint } from '../../src/output/colours.ts'
import { createPlain } from '../../src/output/plain/plain.ts'
import { createTree } from '../../src/output/tree/tree.ts'
import { fullPlan } from '../../src/plan/print-full.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import { plainPaint } from '../../src/output/colours.ts'
import type { Command } from '../../src/shell/types.ts'
import { sink } from '../output/sink.ts'
import { SECRETS, showsNoSecret, WRITTEN } from '../support/secret-parts.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a'])
})
after(() => fleet.stop())

/** The lengths at which texts are cut: a name, a line of a plan, a command in plain output and on screens. */
const CUTS = [55, 60, 80, 110, 120, 400]
const around = (text: string, cut: number, step: number): string[] =>
  Array.from({ length: Math.ceil((text.length + 30) / step) }, (_, i) => 'z'.repeat(Math.max(1, cut - 30 - text.length + i * step)))

const run = (steps: readonly Command[], planOnly = false) =>
  fleet.run(['t'], { planOnly, config: { tasks: { t: { steps: () => steps } } } })

const pieces = (message: string): string => [0, 3, 6, 9, 12].map((at) => message.slice(at, at + 30)).join(' / ')

/** Asserts that no renderer shows a part of a secret. */
const tell = async ({ events }: Ran): Promise<void> => {
  const paint = await createPaint(false)
  const [plain, json, tree] = [sink({ columns: 100 }), sink(), sink({ columns: 80 })]
  const renderers = [
    createPlain({ stdout: plain, paint, announceAfter: 0 }),
    createJsonl(json),
    createTree({ stdout: tree, paint, run: runPhase, output: 'all' }),
  ]
  for (const event of events) for (const renderer of renderers) renderer.event(event)
  for (const renderer of renderers) await renderer.end?.()
  showsNoSecret(plain.text, 'plain')
  showsNoSecret(json.text, 'jsonl')
  showsNoSecret(tree.text, 'the tree')
  showsNoSecret(events.map(logText).join(''), 'the log file')
}

test('a plan shows no part of a secret where a line is cut, in commands, titles, guards and messages', async () => {
  const steps = WRITTEN.flatMap((text) =>
    CUTS.flatMap((cut) =>
      around(text, cut, 3).flatMap((pad) => [
        sh`echo ${`${pad}${text} ${pad}`}`,
        sh`true`.title(`${pad}${text} ${pad}`),
        sh`true`.onlyIf(sh`test ${`${pad}${text}`}`),
        sh`true`.onlyIf(sh`test x`.title(`${pad}${text}`)),
        fail(`${pad}${text} ${pad}`).allowFailure(),
      ]),
    ),
  )
  const { plan } = await run(steps, true)
  showsNoSecret(fullPlan(plan!, 'plan'), 'plan --full')
  for (const columns of [40, 80, 100, 110])
    showsNoSecret(shortPlan(plan!, 'plan', { columns, paint: plainPaint }), `plan, ${columns} columns`)
})

test('a run shows no part of a secret where a command, a message or a hint is cut', async () => {
  const cut = (text: string) => text.slice(0, 40)
  const ends = WRITTEN.flatMap((text) =>
    [3, 9].flatMap((part) => {
      const [short, long] = [CUTS[3]! - text.length + part, CUTS[5]! - 4 - text.length + part].map((n) => 'z'.repeat(n))
      return [sh`: ${`${short}${text}`}`, sh`: ${`${long}${text}`}`.title(`${short}${text}`), sh`: ${`${long}${text}`}`]
    }),
  )
  const warnings = SECRETS.map((text, i) =>
    sh`printf '%s%s%016380d\n' ${'z'.repeat(i)} ${text} 0 >&2; exit 1`.allowFailure().hint(({ stderr }) => `it said ${cut(stderr)}`),
  )
  const ran = await run([...ends, ...warnings])
  assert.deepEqual([ran.exit, ran.end.warnings?.length], [0, warnings.length])
  await tell(ran)
})

test("a hint function that cuts a failure's output shows no part of a secret", async () => {
  for (const text of SECRETS) {
    const long = sh`printf '%s\n' ${`zzz${'0'.repeat(16_384 - 5 - text.length)}${text}`} ${'7'.repeat(16_386 - text.length)} >&2; exit 3`
    const failing = long.hint(({ stderr }) => `it said ${stderr.slice(0, 30)}, ${stderr.slice(-16_400)}`)
    await tell(await run([failing]))
    const code = async ({ on }: RunContext) => {
      const said = (error: Error) => Promise.reject(new Error(`cut: ${pieces(error.message)} ${error.message.slice(-300)}`))
      await on('all', (h) => h.run(sh`echo ${text} >&2; exit 3`).catch(said))
    }
    const ran = await fleet.run(['t'], { config: { tasks: { t: { run: code } } } })
    assert.match(ran.failures[0]!.reason, /^cut: echo/)
    await tell(ran)
  }
})

test("a hook of deploy:failed that cuts the failure's message shows no part of a secret", async () => {
  const steps = ({ failure }: StepsContext) => [note(pieces(failure!.message))]
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { broken: { steps: () => [fail(`no ${SECRETS[0]} here`)] }, told: { steps } },
      hooks: { before: { 'deploy:updating': 'broken' }, after: { 'deploy:failed': 'told' } },
    },
  })
  assert.equal(ran.failures[0]!.reason, 'no [secret] here')
  assert.ok(ran.done('a').includes('told'))
  await tell(ran)
})
