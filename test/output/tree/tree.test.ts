import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { runPhase } from '../../../src/output/tree/listr.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import { createTree } from '../../../src/output/tree/tree.ts'
import { begin, failingDeploy, goodDeploy, record } from '../runs.ts'
import { sink } from '../sink.ts'

const SOCKET = `shipit-test-${process.pid}`
const tmux = (...args: string[]) => spawnSync('tmux', ['-L', SOCKET, '-f', '/dev/null', ...args], { encoding: 'utf8' })
const missing = tmux('-V').status === 0 ? false : 'tmux is not installed'
after(() => {
  if (missing === false) tmux('kill-server')
})

/** Plays a recording in a real terminal. */
const play = (name: string, pause: number, rows = 24): void => {
  const script = fileURLToPath(new URL('../play.ts', import.meta.url))
  tmux(
    'new-session',
    '-d',
    '-s',
    name,
    '-x',
    '80',
    '-y',
    String(rows),
    `env -u CI -u NO_COLOR -u FORCE_COLOR '${process.execPath}' '${script}' ${name} ${pause}; echo; echo played; sleep 60`,
  )
}

/** The screen as soon as `until` returns true for it. */
const seen = async (name: string, until: (screen: string) => boolean): Promise<string> => {
  for (let i = 0; i < 600; i++) {
    const screen = tmux('capture-pane', '-p', '-t', name).stdout
    if (until(screen)) return screen.trimEnd()
    assert.ok(!screen.includes('played'), `not seen before the end:\n${screen}`)
    await sleep(50)
  }
  throw new Error(`not seen:\n${tmux('capture-pane', '-p', '-t', name).stdout}`)
}

test('a running deploy at a terminal of 80x24 shows phases, hosts, steps and the last line', { skip: missing }, async () => {
  play('good-deploy', 150)
  const screen = await seen('good-deploy', (text) => /worker-1 {2}git:update {2}Fetch main {2}.*\n +remote: Counting/.test(text))
  assert.match(screen, /^shop production: deploy on a1, worker-1\n/)
  assert.match(screen, /\na stray console\.log\n✔ connect 2 hosts .*\n✔ check 2 hosts .*\n. update 2 hosts /)
  const end = await seen('good-deploy', (text) => text.includes('played'))
  assert.match(
    end,
    /\n✔ publish 2 hosts .*\n\n +host +release .*\n +a1, worker-1 .*\n\n✔ shop 20261125101112 is live on 2 hosts \(1m 12s\)\n\nplayed$/,
  )
})

test('a failure is shown once at the end, and the terminal is left clean', { skip: missing }, async () => {
  play('failing-deploy', 0)
  const end = await seen('failing-deploy', (text) => text.includes('played'))
  assert.match(end, /✖ update 3 hosts .*\n {2}✖ a1 {2}exit 7 .*\n {2}✖ a2 {2}exit 7 .*\n {2}⊘ w1 {2}cancelled/)
  assert.equal(end.match(/Could not find gem/g)?.length, 1)
  assert.equal(tmux('display', '-p', '-t', 'failing-deploy', '#{cursor_flag} #{wrap_flag}').stdout.trim(), '1 1')
})

test('forty hosts fit in twelve rows, and the failed ones are shown', { skip: missing }, async () => {
  play('busy', 15, 12)
  const screen = await seen('busy', (text) => text.includes('✖ web20') && /\d+ done, \d+ waiting/.test(text))
  assert.match(screen, /✖ web4 /)
})

test('fifty hosts that say the same take a few rows, and hosts that differ are seen', { skip: missing }, async () => {
  play('fleet', 20)
  const running = await seen('fleet', (text) => /web7 {2}⚠ the disk is filling/.test(text))
  assert.match(running, /✔ connect 50 hosts .*\n49 hosts {2}⚠ sidekiq\.service is not there yet\n +all but web7\nweb7 {2}⚠ the disk/)
  const failed = await seen('fleet', (text) => /✖ web21 .*exit 7/.test(text))
  assert.match(failed, /\d+ hosts +bundler:install {2}install gems/)
  const end = await seen('fleet', (text) => text.includes('played'))
  assert.match(end, /✖ prepare 50 hosts .*\n {2}⊘ web1, web2 and 47 more +cancelled .*\n {2}✖ web21 +exit 7 /)
  assert.match(end, /✖ bundler:install on web21: exit 7\n/)
})

test('the warning of a host that nobody else has is shown while its phase runs', async () => {
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  const run = record()
  begin(run, ['a1', 'a2'])
  run.add({ type: 'wave:start', wave: 0, title: 'w', tasks: ['t'], hosts: ['a1', 'a2'] })
  run.add({ type: 'log', level: 'warn', host: 'a1', message: 'the disk is filling' })
  for (const event of run.events) tree.event(event)
  while (!stdout.text.includes('a1  ⚠ the disk is filling')) await sleep(5)
  await tree.end?.()
})

test('lines of a phase are shown before its end, in the order of the phases', async () => {
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  for (const event of goodDeploy()) tree.event(event)
  await tree.end?.()
  const places = ['✔ connect', '✔ check', 'worker-1  ⚠ sidekiq.service', '✔ update', '✔ publish', 'is live on 2 hosts'].map((text) =>
    stdout.text.lastIndexOf(text),
  )
  assert.ok(!places.includes(-1))
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  )
})

test('hosts that were reached are shown as connected, even if the run cannot be planned', async () => {
  const shown = async (read: readonly string[]): Promise<string> => {
    const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
    const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
    const run = record()
    const hosts = ['a1', 'a2'].map((host) => ({ host, address: host }))
    run.add({ type: 'run:start', run: 'r', stage: 's', application: 'a', tasks: ['t'], hosts, user: 'u', version: '1' })
    for (const { host } of hosts) run.add({ type: 'host:connecting', host, attempt: 1 }, { type: 'host:connected', host, ms: 1 })
    for (const host of read) run.add({ type: 'facts', host, ms: 1, live: undefined, revision: undefined })
    run.add({ type: 'failure', failure: { reason: 'no way back', output: [] } })
    run.add({ type: 'run:end', exit: 1, ms: 9, headline: 'failed', live: [], next: [], warnings: [] })
    for (const event of run.events) tree.event(event)
    await tree.end?.()
    return stdout.text
  }
  assert.match(await shown(['a1', 'a2']), /✔ connect 2 hosts/)
  assert.match(await shown(['a1']), /✖ connect 2 hosts/)
})

test('an interrupt after all hosts were reached fails no phase, and one before that does', async () => {
  const shown = async (reached: readonly string[]): Promise<string> => {
    const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
    const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
    const run = record()
    const hosts = ['a1', 'a2'].map((host) => ({ host, address: host }))
    run.add({ type: 'run:start', run: 'r', stage: 's', application: 'a', tasks: ['t'], hosts, user: 'u', version: '1' })
    for (const { host } of hosts) run.add({ type: 'host:connecting', host, attempt: 1 })
    for (const host of reached) run.add({ type: 'host:connected', host, ms: 1 })
    run.add({ type: 'run:end', exit: 130, ms: 9, headline: 'interrupted', live: [], next: [], warnings: [] })
    for (const event of run.events) tree.event(event)
    await tree.end?.()
    return stdout.text
  }
  assert.match(await shown(['a1', 'a2']), /✔ connect 2 hosts/)
  assert.match(await shown(['a1']), /✖ connect 2 hosts/)
})

test('a thousand lines at once cause few frames', async () => {
  let writes = 0
  const stdout = { ...sink({ isTTY: true, columns: 80, rows: 24 }), write: (_: string, done?: () => void) => (writes++, done?.()) }
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  const run = record()
  begin(run, ['a1'])
  run.add({ type: 'wave:start', wave: 0, title: 'w', tasks: ['t'], hosts: ['a1'] })
  run.step('a1', 't', 'noisy', { output: Array.from({ length: 1000 }, (_, i) => `line ${i}`) })
  for (const event of run.events) tree.event(event)
  await tree.end?.()
  assert.ok(writes < 20, String(writes))
})

test('a run that breaks off shows its failures and leaves no signal handler', async () => {
  const before = process.listenerCount('SIGINT')
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  for (const event of failingDeploy()) {
    if (event.type === 'wave:end') break
    tree.event(event)
  }
  assert.equal(process.listenerCount('SIGINT'), before)
  await tree.end?.()
  assert.match(stdout.text, /✖ bundler:install on a1, a2: exit 7/)
})

test('a drawn tree keeps no timer, so that a stuck code task is noticed', async () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const before = timers()
  const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
  const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
  const run = record()
  begin(run, ['a1'], 'code')
  run.add({ type: 'wave:start', wave: 0, title: 'code', tasks: ['code'], hosts: ['a1'] })
  for (const event of run.events) tree.event(event)
  while (!stdout.text.includes(' code on a1')) await new Promise((done) => setImmediate(done))
  assert.equal(timers(), before)
  tree.event({ at: 0, type: 'wave:end', wave: 0, ok: true, ms: 1 })
  await tree.end?.()
})

test('a phase that is still open at the end of a run fails only if the run failed', async () => {
  for (const [failed, mark] of [
    [false, '✔'],
    [true, '✖'],
  ] as const) {
    const stdout = sink({ isTTY: true, columns: 80, rows: 24 })
    const tree = createTree({ stdout, paint: plainPaint, run: runPhase })
    const run = record()
    run.add({ type: 'run:start', run: 'r', stage: 's', application: 'a', tasks: ['idle'], hosts: [], user: 'u', version: '0' })
    run.add({ type: 'host:connecting', host: 'a1', attempt: 1 }, { type: 'host:connected', host: 'a1', ms: 1 })
    if (failed) run.add({ type: 'failure', failure: { host: 'a1', reason: 'locked', output: [] } })
    run.add({ type: 'run:end', exit: failed ? 4 : 0, ms: 1, headline: 'nothing was done', live: [], next: [] })
    for (const event of run.events) tree.event(event)
    await tree.end?.()
    assert.match(stdout.text, new RegExp(`${mark} connect a1`))
  }
})
