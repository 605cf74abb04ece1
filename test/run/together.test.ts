import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { download, sh, upload, when, type StepList } from '../../src/index.ts'
import type { LiveHost, RunContext, StepsContext } from '../../src/tasks/types.ts'
import { startFleet, type Fleet, type Ran } from './support.ts'

// what was made apart, in one run

let fleet: Fleet
/** the folder of the config */
let here: string
before(async () => {
  fleet = await startFleet(['a', 'b'])
  here = dirname(fleet.repo)
  writeFileSync(join(here, 'file'), 'sent')
})
after(() => fleet.stop())

const at = (host: string, file: string) => fleet.on(host, `../${file}`)
const read = (host: string, file: string) => (existsSync(at(host, file)) ? readFileSync(at(host, file), 'utf8').trim() : undefined)

test('the guard of when() is asked once, whatever uploads are among its steps', async () => {
  const guard = sh`echo asked >>~/asked; test ! -e ~/made`
  const steps = (): StepList => [
    when(
      guard,
      [
        sh`touch ~/made`,
        upload('file', '~/sent'),
        when(sh`test ! -e ~/inner`, [sh`touch ~/inner`, upload('file', '~/again'), sh`echo yes >~/way`]),
      ],
      [sh`echo no >~/way`, upload('file', '~/other'), sh`rm ~/made`],
    ),
  ]
  const run = () => fleet.run(['go'], { config: { tasks: { go: { steps }, code: { run: () => {} } } } })
  const first = await run()
  assert.equal(first.exit, 0, JSON.stringify(first.failures))
  for (const host of ['a', 'b'])
    assert.deepEqual(
      ['asked', 'sent', 'again', 'way', 'other'].map((file) => read(host, file)),
      ['asked', 'sent', 'sent', 'yes', undefined],
    )
  const second = await run()
  assert.equal(second.exit, 0, JSON.stringify(second.failures))
  for (const host of ['a', 'b'])
    assert.deepEqual(
      ['asked', 'way', 'other', 'made'].map((file) => read(host, file)),
      ['asked\nasked', 'no', 'sent', undefined],
    )
})

const reasons = ({ failures }: Ran) => failures.map(({ task, reason }) => `${task}: ${reason}`)
const REPLACED = /download\(\) to (?:\.\/)?got from ([ab]) and from (?!\1)[ab], which would replace each other$/

test('files of two hosts never replace each other here, whoever fetches them', async () => {
  for (const host of ['a', 'b']) writeFileSync(at(host, 'mine'), `of ${host}`)
  const fetching = { steps: () => [download('~/mine', 'got')] }
  const bad = { steps: () => [sh`false`] }
  const runs: readonly (readonly [Record<string, unknown>, string[]])[] = [
    [{ tasks: { go: { run: ({ invoke }: RunContext) => invoke('fetch') }, fetch: fetching } }, ['go']],
    [{ tasks: { go: { run: ({ on }: RunContext) => on('all', (h) => h.download('~/mine', 'got')) } } }, ['go']],
    [{ tasks: { go: { steps: ({ host }: StepsContext) => [download('~/mine', host.name === 'a' ? 'got' : './got')] } } }, ['go']],
    [{ tasks: { bad, fetch: fetching }, hooks: { before: { 'deploy:updated': 'bad' }, after: { 'deploy:failed': 'fetch' } } }, ['deploy']],
    [
      {
        tasks: { bad, fetch: { steps: ({ failure }: StepsContext) => [failure !== undefined && download('~/mine', 'got')] } },
        hooks: { finally: { bad: 'fetch' } },
      },
      ['bad'],
    ],
  ]
  for (const [config, tasks] of runs) {
    const ran = await fleet.run(tasks, { config })
    assert.notEqual(ran.exit, 0)
    assert.match(reasons(ran).at(-1)!, REPLACED)
    rmSync(join(here, 'got'), { force: true })
  }
  // one after the other is another matter: code has read the first
  const got: string[] = []
  const ran = await fleet.run(['go'], {
    config: {
      tasks: {
        go: {
          run: async ({ on, hosts }: RunContext) => {
            for (const host of hosts('all')) {
              await on(host, (h) => h.download('~/mine', 'got'))
              got.push(readFileSync(join(here, 'got'), 'utf8'))
            }
          },
        },
      },
    },
  })
  assert.deepEqual([ran.exit, got], [0, ['of a', 'of b']], JSON.stringify(ran.failures))
})

test('an error of a transfer in code names it, and not its program', async () => {
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: { run: ({ on }: RunContext) => on({ roles: ['db'] }, (h) => h.download('~/none', 'got')) } } },
  })
  assert.match(reasons(ran).join(), /^go: download ~\/none to got: exit 1\n.*\/none does not exist$/)
})

test('a hook on the failure that needs a terminal fails by itself, and the unfinished release is removed all the same', async () => {
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        bad: { steps: () => [sh`false`] },
        look: { on: 'db', steps: () => [sh`top`.tty()] },
        note: { steps: () => [sh`touch ~/noted`] },
      },
      hooks: { before: { 'deploy:updated': 'bad' }, after: { 'deploy:failed': ['look', 'note'] } },
    },
  })
  assert.ok(reasons(ran).includes('look: look needs a terminal, and there is none'), reasons(ran).join('\n'))
  assert.deepEqual([ran.exit, ran.end.headline], [1, 'the deploy failed; nothing is live yet'])
  for (const host of ['a', 'b']) assert.deepEqual([read(host, 'noted'), fleet.releases(host)], ['', []])
})

test('an upload with delete never removes what a deployment needs, however its place is written', async () => {
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  const before = [fleet.live('a'), ...fleet.releases('a')]
  const to = (place: string, dir?: string) => {
    const step = upload('repo', place, { delete: true })
    return fleet.run(['go'], { config: { tasks: { go: { on: 'db', steps: () => [dir === undefined ? step : step.in(dir)] } } } })
  }
  for (const [place, dir] of [
    ['~/srv/.shipit'],
    ['~/srv/.shipit/releases'],
    ['srv/.shipit', '~'],
    ['srv/releases', '~'],
    ['repo', '~/srv'],
    ['shared/', '~/srv'],
  ] as const) {
    const ran = await to(place, dir)
    assert.match(reasons(ran).join(), /would remove|is a part of a deployment|exit 1/, place)
    assert.notEqual(ran.exit, 0)
  }
  assert.deepEqual([fleet.live('a'), ...fleet.releases('a')], before)
  assert.ok(existsSync(fleet.on('a', `.shipit/releases/${before[0]}`)) && existsSync(fleet.on('a', 'repo/HEAD')))
  const own = await to('shared/pages', '~/srv')
  assert.equal(own.exit, 0, JSON.stringify(own.failures))
})

test('a task that code invokes without await still ends before its task does, and its failure counts', async () => {
  const go = (x: StepList) =>
    fleet.run(['go', 'next'], {
      config: {
        tasks: {
          go: { run: ({ invoke }: RunContext) => void invoke('x') },
          x: { steps: () => x },
          next: { steps: () => [sh`test -e ~/invoked`] },
        },
      },
    })
  const good = await go([sh`sleep 0.3; touch ~/invoked`])
  assert.equal(good.exit, 0, JSON.stringify(good.failures))
  assert.ok(existsSync(at('a', 'invoked')) && existsSync(at('b', 'invoked')))
  const bad = await go([sh`sleep 0.3; false`])
  assert.equal(bad.exit, 1)
  assert.deepEqual(reasons(bad), ['x: exit 1', 'x: exit 1'])
})

test('a run says so if code has ended before its commands', async () => {
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: { run: ({ on }: RunContext) => void on('all', (h) => h.run`sleep 100`).catch(() => {}) } } },
  })
  assert.ok(
    ran.end.warnings?.some(({ message }) => /ended before commands that it had started/.test(message)),
    JSON.stringify(ran.end),
  )
})

test('after an interrupt, code is never told that a command has run', async () => {
  const got: string[] = []
  const run = async ({ on }: RunContext): Promise<void> => {
    const after = async (h: LiveHost): Promise<void> => {
      await h.run`sleep 100`.catch(() => {})
      for (const again of [() => h.run`touch ~/never`, () => h.upload('file', '~/never'), () => h.test`true`, () => h.capture`echo never`])
        got.push(await again().then(String, (error: Error) => error.message))
    }
    await on('db', after)
  }
  const ran = await fleet.run(['go'], {
    config: { tasks: { go: { run } } },
    onEvent: (event, interrupt) => void (event.type === 'step:start' && event.command === 'sleep 100' && interrupt('SIGINT')),
  })
  assert.equal(ran.exit, 130)
  assert.deepEqual(got, ['cancelled', 'cancelled', 'cancelled', 'cancelled'])
  assert.equal(read('a', 'never'), undefined)
})
