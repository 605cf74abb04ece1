import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, beforeEach, test } from 'node:test'
import { z } from 'zod'
import { fact, secret, sh } from '../../src/index.ts'
import { defineRecipe } from '../../src/tasks/define.ts'
import type { RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
})

const traced = (host: string) => readFileSync(fleet.on(host, '../trace'), 'utf8').trim().split(/\s+/).filter(Boolean)
const trace = (name: string, also = sh`true`) => ({
  steps: ({ failure }: StepsContext) => [sh`echo ${failure === undefined ? name : `${name}!`} >>~/trace`, also],
})
const code = (body: (c: RunContext) => unknown) => ({ run: body })
const run = (tasks: readonly string[], config: Record<string, unknown>, o: RunOptions = {}) => fleet.run(tasks, { ...o, config })
const both = (expected: readonly string[]) => assert.deepEqual([traced('a'), traced('b')], [expected, expected])
const reasons = ({ failures }: Awaited<ReturnType<typeof run>>) => failures.map(({ task, host, reason }) => `${task} ${host}: ${reason}`)

test('an invoked task runs on its own hosts with its hooks, and the code goes on when all have ended', async () => {
  const ran = await run(['go', 'next'], {
    tasks: {
      go: code(async ({ invoke, on }) => {
        await on('all', (h) => h.run`echo start >>~/trace`)
        await invoke('all')
        await on('all', (h) => h.run`echo end >>~/trace`)
      }),
      all: { sequence: ['one', 'two', 'inner'] },
      one: trace('one'),
      two: { ...trace('two'), on: { roles: ['db'], primary: true } },
      inner: code(({ invoke }) => invoke('deepest')),
      deepest: { ...trace('deepest'), rolling: { size: 1 } },
      hooked: trace('hooked'),
      final: trace('final'),
      next: trace('next'),
    },
    hooks: { before: { one: 'hooked' }, finally: { all: 'final' } },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced('a'), ['start', 'hooked', 'one', 'two', 'deepest', 'final', 'end', 'next'])
  assert.deepEqual(traced('b'), ['start', 'hooked', 'one', 'deepest', 'final', 'end', 'next'])
  // they are a part of the wave of the code
  const waves = ran.events.flatMap((event) => (event.type === 'wave:start' ? [event.title] : []))
  assert.deepEqual(waves, ['go', 'next'])
  assert.ok(ran.events.every((event) => event.type !== 'task:start' || event.wave === (event.task === 'next' ? 2 : 1)))
  assert.ok(ran.done('b').includes('deepest'))
})

test('the options of an invoked task are those of its schema, and its hooks and others get defaults', async () => {
  const got: unknown[] = []
  const args = z.object({ lines: z.number().default(5), who: z.string() })
  const config = (given: Record<string, unknown> | undefined) => ({
    tasks: {
      go: code(({ invoke }) => invoke('log', given)),
      log: { args, on: 'db', steps: ({ args }: StepsContext) => (got.push(args), [sh`true`]) },
      plain: trace('plain'),
      bare: code(({ invoke }) => invoke('plain', { x: 1 })),
    },
  })
  assert.equal((await run(['go'], config({ who: 'me' }))).exit, 0)
  assert.deepEqual(got, [{ lines: 5, who: 'me' }])
  for (const [given, message] of [
    [undefined, 'log needs who'],
    [{ who: 'me', line: 3 }, 'log has no option line (did you mean "lines"?)'],
    [{ who: 'me', lines: 'many' }, 'lines of log: expected a number, found "many"'],
  ] as const) {
    const ran = await run(['go'], config(given))
    assert.deepEqual([ran.exit, ran.failures.map(({ task, reason }) => `${task}: ${reason}`)], [1, [`go: ${message}`]])
  }
  const bare = await run(['bare'], config(undefined))
  assert.match(bare.failures[0]!.reason, /^plain has no option x/)
})

test('a failure in an invoked task is reported once, as its own, and ends the code', async () => {
  const ran = await run(['go', 'next'], {
    tasks: {
      go: code(async ({ invoke, on }) => {
        await invoke('middle')
        await on('all', (h) => h.run`echo never >>~/trace`)
      }),
      middle: code(({ invoke }) => invoke('broken')),
      broken: { on: 'db', steps: () => [sh`echo no such thing >&2; exit 4`.hint('look there')] },
      next: trace('next'),
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(reasons(ran), ['broken a: exit 4'])
  assert.deepEqual([ran.failures[0]!.hint, ran.failures[0]!.output], ['look there', ['no such thing']])
  both([])
})

test('code may handle the failure of an invoked task, which then is not one of the run', async () => {
  let caught = ''
  const ran = await run(['go', 'next'], {
    tasks: {
      go: code(async ({ invoke }) => {
        await invoke('broken').catch((error: Error & { host?: string }) => (caught = `${error.host}: ${error.message}`))
        await invoke('other')
      }),
      broken: { on: 'db', steps: () => [sh`exit 4`] },
      other: trace('other'),
      next: trace('next'),
    },
  })
  assert.deepEqual([ran.exit, ran.failures, caught], [0, [], 'a: broken failed: exit 4'])
  both(['other', 'next'])
})

test('finally hooks and recover of an invoked task run after its failure and after Ctrl-C', async () => {
  for (const how of ['failure', 'interrupt']) {
    for (const host of ['a', 'b']) writeFileSync(fleet.on(host, '../trace'), '')
    const ran = await run(
      ['go'],
      {
        tasks: {
          go: code(({ invoke }) => invoke('broken')),
          broken: { ...trace('broken', how === 'failure' ? sh`exit 4` : sh`echo now; sleep 600`), recover: 'repair' },
          // longer than code may take to end after an interrupt
          clean: trace('clean', sh`sleep 4; echo cleaned >>~/trace`),
          repair: trace('repair'),
        },
        hooks: { finally: { broken: 'clean' } },
      },
      { onEvent: (event, interrupt) => event.type === 'step:output' && event.line === 'now' && interrupt('SIGINT') },
    )
    assert.equal(ran.exit, how === 'failure' ? 1 : 130)
    both(['broken', 'clean!', 'cleaned', 'repair!'])
    assert.deepEqual([...new Set(ran.failures.map(({ task }) => task))], how === 'failure' ? ['broken'] : [])
  }
})

test('the hosts are read again for an invoked task, with the facts of its recipe', async () => {
  const counter = defineRecipe({
    name: 'counter',
    facts: () => ({ lines: fact(sh`wc -l <~/trace`, ({ stdout }) => Number(stdout)) }),
    tasks: { show: { on: 'db', steps: ({ facts }) => [sh`echo ${`lines-${facts.lines}`} >>~/trace`] } },
  })
  const ran = await run(['go'], {
    use: [counter({}, { name: 'count' })],
    tasks: {
      go: code(async ({ invoke, on }) => {
        await on('db', (h) => h.run`echo one >>~/trace; echo two >>~/trace`)
        await invoke('count:show')
        await invoke('count:show')
      }),
    },
  })
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual(traced('a'), ['one', 'two', 'lines-2', 'lines-3'])
})

test('a circle of invoked tasks is an error that shows it', async () => {
  const ran = await run(['go'], {
    tasks: {
      go: code(({ invoke }) => invoke('b')),
      b: { sequence: ['c'] },
      c: code(({ invoke }) => invoke('go')),
      own: code(({ invoke }) => invoke('own')),
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(
    ran.failures.map(({ reason }) => reason),
    ['circular tasks: go → c → go'],
  )
  const own = await run(['own'], { tasks: { own: code(({ invoke }) => invoke('own')) } })
  assert.deepEqual(
    own.failures.map(({ reason }) => reason),
    ['circular tasks: own → own'],
  )
  const hook = await run(['x'], { tasks: { x: trace('x'), h: code(({ invoke }) => invoke('x')) }, hooks: { after: { x: 'h' } } })
  assert.deepEqual(
    hook.failures.map(({ reason }) => reason),
    ['circular tasks: h → x → h'],
  )
})

test('a task that cannot be invoked is refused with what to do instead', async () => {
  for (const [body, reason, hint] of [
    [({ invoke }: RunContext) => invoke('ghost'), /^unknown task "ghost"/, /--tasks/],
    [({ invoke }: RunContext) => invoke('deploy'), /^code cannot invoke deploy: .* part of a deploy/, /sequence: \['deploy', …\]/],
    [({ invoke }: RunContext) => invoke('deploy:cleanup'), /^code cannot invoke deploy:cleanup/, /sequence/],
    [({ invoke, on }: RunContext) => on('db', () => invoke('one')), /^invoke\('one'\) is inside of on\(\), on a/, /h\.steps/],
  ] as const) {
    const ran = await run(['go'], { tasks: { go: code(body), one: trace('one') } })
    assert.equal(ran.exit, 1)
    assert.equal(ran.failures.length, 1)
    assert.match(ran.failures[0]!.reason, reason)
    assert.match(ran.failures[0]!.hint ?? '', hint)
  }
  both([])
})

test('an invoked task that runs nowhere says why, and the code goes on', async () => {
  const ran = await run(
    ['go'],
    {
      tasks: {
        go: code(async ({ invoke, on }) => {
          await invoke('off')
          await invoke('only-b')
          await on('all', (h) => h.run`echo end >>~/trace`)
        }),
        off: { ...trace('off'), when: () => false },
        'only-b': { ...trace('b'), on: { where: (host: { name: string }) => host.name === 'b' } },
      },
    },
    { filter: { hosts: ['a'] } },
  )
  assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
  assert.deepEqual([traced('a'), traced('b')], [['end'], []])
  const notes = ran.events.flatMap((event) => (event.type === 'log' && event.level === 'info' ? [event.message] : []))
  assert.ok(
    notes.some((note) => /off does not run: its `when` is false/.test(note)),
    notes.join('\n'),
  )
  assert.ok(
    notes.some((note) => /only-b runs on no host/.test(note)),
    notes.join('\n'),
  )
})

test('a host that is lost in an invoked task is reported once, as a lost host', async () => {
  const ran = await run(
    ['go'],
    { tasks: { go: code(({ invoke }) => invoke('slow')), slow: { on: 'db', steps: () => [sh`echo now; sleep 600`] } } },
    { heartbeat: 300, onEvent: (event) => event.type === 'step:output' && event.line === 'now' && fleet.cut('a', 'forGood') },
  )
  fleet.mend('a')
  assert.equal(ran.exit, 3)
  assert.equal(ran.failures.length, 1)
  assert.equal(ran.failures[0]!.host, 'a')
})

test('a host that is lost in an invoked task whose failure the code handles is reported as lost at once, and again at the end', async () => {
  const ran = await run(
    ['go'],
    {
      tasks: {
        go: code(async ({ invoke, log }) => {
          await invoke('slow').catch(() => {})
          log.info('went on')
        }),
        slow: { on: 'db', steps: () => [sh`echo now; sleep 600`] },
      },
    },
    { heartbeat: 300, onEvent: (event) => event.type === 'step:output' && event.line === 'now' && fleet.cut('a', 'forGood') },
  )
  fleet.mend('a')
  const kinds = ran.events.flatMap((event) =>
    event.type === 'host:lost' ? [`lost ${event.host}`] : event.type === 'log' && event.message === 'went on' ? [event.message] : [],
  )
  assert.deepEqual(kinds, ['lost a', 'went on'])
  assert.deepEqual([ran.exit, ran.failures], [0, []])
  assert.deepEqual(
    ran.end.warnings?.map(({ host }) => host),
    ['a'],
  )
  assert.match(ran.end.warnings![0]!.message, /^the connection was lost: /)
})

test('code in a hook of a deploy may invoke, also after its failure, and on this machine', async () => {
  const config = (broken: boolean) => ({
    tasks: {
      warm: trace('warm'),
      here: { on: 'local', steps: () => [sh`echo here`] },
      tell: code(async ({ invoke, failure }) => {
        await invoke('here')
        await invoke('warm')
        return failure
      }),
      broken: { steps: () => (broken ? [sh`exit 1`] : []) },
    },
    hooks: { before: { 'deploy:updated': 'broken' }, after: { 'deploy:published': 'tell', 'deploy:failed': 'tell' } },
  })
  const well = await run(['deploy'], config(false))
  assert.equal(well.exit, 0, JSON.stringify(well.failures))
  both(['warm'])
  const failed = await run(['deploy'], config(true))
  assert.equal(failed.exit, 1)
  both(['warm', 'warm!'])
  assert.ok(failed.events.some((event) => event.type === 'step:output' && event.host === 'local' && event.line === 'here'))
})

test('invoked tasks side by side, and their secrets, are like any other steps', async () => {
  const ran = await run(['go'], {
    tasks: {
      go: code(({ invoke }) => Promise.all([invoke('one'), invoke('two')])),
      one: { on: 'db', steps: () => [sh`echo ${secret('s1de-by-side')}; echo one >>~/trace`] },
      two: { on: 'db', steps: () => [sh`echo two >>~/trace; exit 5`] },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(traced('a').sort(), ['one', 'two'])
  assert.deepEqual(reasons(ran), ['two a: exit 5'])
  assert.ok(!JSON.stringify(ran.events).includes('s1de-by-side'))
})

test('a plan shows code that may invoke as code, and runs nothing', async () => {
  const ran = await run(['go'], { tasks: { go: code(({ invoke }) => invoke('one')), one: trace('one') } }, { planOnly: true })
  assert.equal(ran.exit, 0)
  both([])
  assert.deepEqual(
    ran.plan!.waves.map(({ title }) => title),
    ['go'],
  )
})
