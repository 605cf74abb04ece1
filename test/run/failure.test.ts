import assert from 'node:assert/strict'
import { existsSync, readFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import type { StepsContext } from '../../src/tasks/types.ts'
import { prepend } from '../../src/shell/env.ts'
import { fail, note, warn } from '../../src/shell/messages.ts'
import type { AnyTask } from '../../src/tasks/types.ts'
import { sh } from '../../src/shell/sh.ts'
import { secret } from '../../src/values/secret.ts'
import { startFleet, stateOf, type Fleet } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
  assert.equal((await fleet.run(['deploy'])).exit, 0)
})
after(() => fleet.stop())

const onB = (script: string) => ({ steps: ({ host }: StepsContext) => [host.name === 'b' && sh`sh -c ${script}`] })

test('a failure before publishing cancels the other hosts, removes the release and keeps the live one', async () => {
  const live = fleet.live('a')
  const since = Date.now()
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { slow: { steps: ({ host }: StepsContext) => [host.name === 'a' ? sh`sleep 60` : sh`sleep 0.3; echo broken >&2; exit 3`] } },
      hooks: { after: { 'deploy:updating': 'slow' } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.ok(Date.now() - since < 30_000)
  assert.equal(ran.failures.length, 1)
  assert.deepEqual(
    { host: ran.failures[0]!.host, task: ran.failures[0]!.task, reason: ran.failures[0]!.reason, output: ran.failures[0]!.output },
    { host: 'b', task: 'slow', reason: 'exit 3', output: ['broken'] },
  )
  assert.ok(ran.events.some((event) => event.type === 'step:end' && event.host === 'a' && event.status === 'cancelled'))
  const release = ran.events.find((event) => event.type === 'deploy')!.release
  for (const host of ['a', 'b']) {
    assert.equal(fleet.live(host), live)
    assert.ok(!existsSync(fleet.on(host, `releases/${release}`)))
    assert.equal(stateOf(fleet, host, release), 'failed')
  }
})

test('keepFailed keeps the unfinished release, and a rollback never goes to it', async () => {
  const ran = await fleet.run(['deploy'], {
    config: { keepFailed: true, tasks: { broken: onB('exit 1') }, hooks: { after: { 'deploy:updated': 'broken' } } },
  })
  const release = ran.events.find((event) => event.type === 'deploy')!.release
  assert.ok(existsSync(fleet.on('a', `releases/${release}`)))
  assert.equal(stateOf(fleet, 'a', release), 'failed')
  const back = await fleet.run(['deploy:rollback'], { release })
  assert.match(back.failures[0]!.reason, /not complete here: its deploy by anna at .* failed/)
  assert.equal((await fleet.run(['deploy'])).exit, 0)
  assert.ok(!existsSync(fleet.on('a', `releases/${release}`)))
})

test('a switch that fails on one host exits 6, with a table and the next command', async () => {
  const before = fleet.live('b')
  const ran = await fleet.run(['deploy'], {
    config: {
      // a step changes the link between reading and switching
      tasks: { meddle: onB('ln -sfn /tmp srv/current') },
      hooks: { before: { 'deploy:publishing': 'meddle' } },
    },
  })
  assert.equal(ran.exit, 6)
  assert.equal(ran.failures.length, 1)
  assert.match(ran.failures[0]!.output.join('\n'), /changed by another program/)
  assert.equal(fleet.live('a'), ran.events.find((event) => event.type === 'deploy')!.release)
  assert.deepEqual(
    ran.end.live.map(({ host, state }) => [host, state]),
    [
      ['a', 'switched'],
      ['b', 'same'],
    ],
  )
  assert.ok(ran.end.next.length > 0)
  const again = await fleet.run(['deploy'])
  assert.equal(again.exit, 0, JSON.stringify(again.failures))
  assert.notEqual(fleet.live('b'), before)
  assert.equal(fleet.live('a'), fleet.live('b'))
})

test('fail() is reported by its message, and warn() is repeated at the end', async () => {
  const said = {
    steps: () => [note('good to know'), warn('look at this', { hint: 'do that' }), fail(['not here', 'nor there'], { hint: 'go' })],
  }
  const ran = await fleet.run(['said'], { config: { env: { RAILS_ENV: 'production' }, tasks: { said } } })
  assert.equal(ran.exit, 1)
  const { host, ...failure } = ran.failures[0]!
  assert.ok(host)
  assert.deepEqual(failure, { task: 'said', reason: 'not here\nnor there', output: [], hint: 'go' })
  assert.deepEqual(new Set(ran.end.warnings?.map(({ message }) => message)), new Set(['look at this\ndo that']))
  const lines = ran.events.flatMap((event) => (event.type === 'step:output' && event.host === host ? [event.line] : []))
  assert.deepEqual(lines, ['good to know'])
  const ends = ran.events.flatMap((event) => (event.type === 'step:end' && event.host === host ? [[event.status, event.code]] : []))
  assert.deepEqual(ends, [
    ['ok', 0],
    ['warned', undefined],
    ['failed', 1],
  ])
})

test('fail() and warn() in a code task are reported with all lines of their messages', async () => {
  const many = Array.from({ length: 14 }, (_, i) => `line ${i}`)
  const said: AnyTask = {
    run: async ({ on }) => void (await on('all', (host) => host.steps([warn(many), fail(['not here', 'nor there'], { hint: 'go' })]))),
  }
  const ran = await fleet.run(['said'], { config: { env: { RAILS_ENV: 'production' }, tasks: { said } } })
  assert.equal(ran.exit, 1)
  const { task, reason, hint } = ran.failures[0]!
  assert.deepEqual([task, reason, hint], ['said', 'not here\nnor there', 'go'])
  assert.deepEqual(new Set(ran.end.warnings?.map(({ message }) => message)), new Set([many.join('\n')]))
})

test('a task that fails after publishing exits 7, and the new release stays live', async () => {
  const ran = await fleet.run(['deploy'], {
    config: { tasks: { broken: onB('exit 9') }, hooks: { after: { 'deploy:published': 'broken' } } },
  })
  assert.equal(ran.exit, 7)
  assert.equal(fleet.live('b'), ran.events.find((event) => event.type === 'deploy')!.release)
  assert.deepEqual([stateOf(fleet, 'a', fleet.live('b')!), stateOf(fleet, 'b', fleet.live('b')!)], ['doubtful', 'doubtful'])
  // the other host has finished, and each log names the live release once
  assert.ok(ran.done('a').includes('deploy:log_revision'))
  for (const host of ['a', 'b']) {
    const log = readFileSync(fleet.on(host, 'revisions.log'), 'utf8')
    assert.equal(log.split(`deployed as release ${fleet.live('b')} by`).length, 2, host)
  }
})

test('exit 7 prints the failed task, the tasks it kept from running, and the commands for both ways on', async () => {
  const before = fleet.live('a')
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        broken: onB('exit 9'),
        'web:restart': { steps: () => [sh`true`] },
        'rolling:restart': { rolling: { size: 1 }, steps: () => [sh`true`] },
        'no:steps': { steps: () => [] },
        'chat:failed': { sequence: ['chat:send'] },
        'chat:send': { steps: () => [sh`exit 3`] },
      },
      hooks: {
        after: {
          'deploy:published': ['broken', 'no:steps', 'web:restart', 'rolling:restart'],
          'deploy:failed': 'chat:failed',
        },
      },
    },
  })
  assert.equal(ran.exit, 7)
  assert.deepEqual(ran.end.next, [
    { command: 'shipit test broken' },
    { command: 'shipit test web:restart' },
    { command: 'shipit test rolling:restart' },
    { command: `shipit test deploy:rollback --release ${fleet.live('a')}`, why: 'to make this release good' },
    {
      command: `shipit test deploy:rollback --release ${before}`,
      why: 'or, to go back to what was live before, which is itself doubtful',
    },
  ])
  assert.deepEqual(ran.done('a').includes('web:restart'), true)
})

test('deploy:failed runs when all hosts are quiet, and knows which task failed and which ran', async () => {
  const seen: unknown[] = []
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        quiet: { steps: () => [sh`echo quiet`] },
        broken: onB('exit 1'),
        recover: {
          steps: ({ failure, host }: StepsContext) => (
            seen.push([host.name, failure?.task, failure?.host, failure?.ran('quiet'), failure?.ran('never'), failure?.published]),
            [sh`echo recovered`]
          ),
        },
      },
      hooks: { after: { 'deploy:started': 'quiet', 'deploy:updated': 'broken', 'deploy:failed': 'recover' } },
    },
  })
  assert.equal(ran.exit, 1)
  assert.deepEqual(seen, [
    ['a', 'broken', 'b', 'done', 'no', false],
    ['b', 'broken', 'b', 'done', 'no', false],
  ])
  assert.ok(ran.done('a').includes('recover') && ran.done('b').includes('recover'))
})

test("a failure's message has the line with the reason, and no secret", async () => {
  const messages = async (config: Record<string, unknown>) => {
    const seen = new Set<string | undefined>()
    const look: AnyTask = { steps: ({ failure }: StepsContext) => (seen.add(failure?.message), []) }
    const tasks = { broken: { steps: () => [] }, ...(config['tasks'] as object), look }
    await fleet.run(['deploy'], { config: { ...config, tasks, hooks: { after: { 'deploy:updated': 'broken', 'deploy:failed': 'look' } } } })
    return [...seen]
  }
  const [missing] = await messages({ linkedFiles: ['config/master.key'] })
  assert.match(missing!, /^exit 1: linked file \S+\/shared\/config\/master\.key is missing$/)
  const fails = (script: string) => ({
    tasks: { broken: { steps: () => [sh`sh -c ${script}`.env({ PASSWORD: secret('hunter2hunter2') })] } },
  })
  assert.deepEqual(await messages(fails('echo begins; echo "error: no $PASSWORD" >&2; echo ends; exit 3')), ['exit 3: error: no [secret]'])
  assert.deepEqual(await messages(fails('echo first; echo last; exit 3')), ['exit 3: last'])
  assert.deepEqual(await messages(fails('exit 3')), ['exit 3'])
})

test('`when` skips a hook of deploy:failed, and a `when` that throws skips no other hook', async () => {
  let calls = 0
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: {
        broken: onB('exit 1'),
        left: { when: () => false, steps: () => [sh`true`] },
        // asked before anything runs, too
        moody: { when: () => (calls++ > 0 ? assert.fail('not now') : true), steps: () => [sh`true`] },
        recover: { when: ({ deploy }: StepsContext) => !deploy.rollback, steps: () => [sh`true`] },
      },
      hooks: { after: { 'deploy:updated': 'broken', 'deploy:failed': ['left', 'moody', 'recover'] } },
    },
  })
  assert.equal(ran.exit, 1)
  const done = ran.done('a')
  assert.deepEqual(
    ['left', 'moody', 'recover', 'deploy:clean_failed'].map((name) => done.includes(name)),
    [false, false, true, true],
  )
  assert.deepEqual(
    ran.failures.map(({ task, reason }) => [task, /not now/.test(reason)]),
    [
      ['broken', false],
      ['deploy:failed', true],
    ],
  )
})

test('an interrupt ends the running steps, runs deploy:failed and keeps the live release', async () => {
  const live = fleet.live('a')
  const ran = await fleet.run(['deploy'], {
    config: {
      tasks: { slow: { steps: () => [sh`sleep 60`] }, recover: { steps: () => [sh`true`] } },
      hooks: { after: { 'deploy:updated': 'slow', 'deploy:failed': 'recover' } },
    },
    onEvent: (event, interrupt) => event.type === 'step:start' && event.task === 'slow' && event.host === 'b' && interrupt('SIGINT'),
  })
  assert.equal(ran.exit, 130)
  assert.deepEqual(ran.failures, [])
  assert.ok(ran.done('a').includes('recover'))
  assert.equal(fleet.live('a'), live)
  // the keeper ends last
  for (let i = 0; i < 100 && fleet.hosts.some((host) => host.running().length > 0); i++)
    await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(fleet.hosts.flatMap((host) => host.running()).length, 0)
  assert.match(ran.end.headline, /what was live is still live/)
})

test('an interrupt during the switch waits for it, so that all hosts agree', async () => {
  const ran = await fleet.run(['deploy'], {
    onEvent: (event, interrupt) => event.type === 'wave:start' && event.title === 'publish' && interrupt('SIGTERM'),
  })
  assert.equal(ran.exit, 143)
  const { release } = ran.events.find((event) => event.type === 'deploy')!
  // the interrupt came before the wave or during it: all hosts agree either way
  assert.equal(fleet.live('a'), fleet.live('b'))
  if (fleet.live('a') === release) assert.match(ran.end.headline, /is live/)
})

test('one of two parallel deploys succeeds, and the other names who holds the lock', async () => {
  const hold = { tasks: { hold: { steps: () => [sh`sleep 1`] } }, hooks: { after: { 'deploy:started': 'hold' } } }
  const [one, two] = await Promise.all([fleet.run(['deploy'], { config: hold }), fleet.run(['deploy'], { config: hold })])
  assert.deepEqual([one.exit, two.exit].sort(), [0, 4])
  const loser = one.exit === 4 ? one : two
  assert.match(loser.failures[0]!.reason, /^locked by anna@desk: test deploy, since /)
  assert.equal(loser.failures.length, 1)
})

test('an unreachable host stops the run before anything is written, with exit 3', async () => {
  const other = await startFleet(['a', 'gone'])
  try {
    await other.hosts[1]!.close()
    const ran = await other.run(['deploy'])
    assert.equal(ran.exit, 3)
    assert.equal(ran.failures.length, 1)
    assert.equal(ran.failures[0]!.host, 'gone')
    assert.ok(!existsSync(other.on('a', '.shipit')))
  } finally {
    await other.hosts[0]!.close()
  }
})

test('a failing cleanup is a warning', async () => {
  const other = await startFleet(['c'])
  try {
    for (let i = 0; i < 2; i++) assert.equal((await other.run(['deploy'])).exit, 0)
    const old = other.releases('c')[0]!
    mkdirSync(other.on('c', 'bin'))
    writeFileSync(
      other.on('c', 'bin/rm'),
      `#!/bin/sh\ncase "$*" in *releases/${old}*) echo 'not permitted' >&2; exit 1;; esac\nexec /bin/rm "$@"\n`,
      { mode: 0o755 },
    )
    const ran = await other.run(['deploy'], { config: { keepReleases: 1, env: { PATH: prepend(other.on('c', 'bin')) } } })
    assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
    assert.ok(other.releases('c').includes(old))
    const warning = ran.events.find((event) => event.type === 'log' && event.level === 'warn')
    assert.match(
      warning?.type === 'log' ? warning.message : '',
      /cannot be removed: not permitted\non that host: sudo rm -rf \/.*; then shipit test deploy:cleanup/,
    )
    assert.ok(ran.done('c').includes('deploy:log_revision'))
  } finally {
    await other.stop()
  }
})
