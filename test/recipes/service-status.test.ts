import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { puma, sidekiq, systemd } from '../../recipes/index.ts'
import type { AnyRecipe, ServiceStatus } from '../../src/index.ts'
import { hostOf, statusFactsOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

/** Units as a stand-in for systemctl knows them, by name. */
type Units = Readonly<Record<string, Readonly<Record<string, string | number>>>>

/** A release folder, and a process that runs in it. */
const process = (t: TestContext): { readonly dir: string; readonly pid: number } => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-status-')))
  const child = spawn('sleep', ['100'], { cwd: dir })
  t.after(() => {
    child.kill()
    rmSync(dir, { recursive: true, force: true })
  })
  return { dir, pid: child.pid! }
}

const systemctl = (t: TestContext, units: Units): string => {
  const cases = Object.entries(units).map(
    ([name, properties]) =>
      `(*' ${name}') printf '%s\\n' ${Object.entries(properties)
        .map(([key, value]) => `'${key}=${value}'`)
        .join(' ')} ;;`,
  )
  const made = stubs({ systemctl: `case "$*" in ${cases.join('\n')} (*) exit 1 ;; esac` })
  t.after(made.remove)
  return made.path
}

const withoutAge = (row: ServiceStatus): object => Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'age'))

/** The rows of a recipe's status on a host, without the ages. */
const rows = (recipe: AnyRecipe, path: string, given: Given = {}): unknown[] => {
  const facts = statusFactsOf(recipe, given)
  return Object.values(facts).flatMap(({ command, parse }): readonly unknown[] => {
    const answers = shells.map(({ argv }) => {
      const [ran] = runSteps(argv, [command], { PATH: path })
      const services = parse({ ok: ran?.status === 'ok', code: ran!.code, stdout: ran!.stdout, stderr: ran!.stderr })
      return services?.map(withoutAge)
    })
    for (const answer of answers) assert.deepEqual(answer, answers[0])
    return answers[0] ?? ['not known']
  })
}

test('the status of systemd() has a row for each unit, and only a failed one or a missing one is not up', (t) => {
  const { dir, pid } = process(t)
  const path = systemctl(t, {
    'web.service': { LoadState: 'loaded', ActiveState: 'active', Type: 'notify', MainPID: pid },
    'mail.service': { LoadState: 'loaded', ActiveState: 'failed', Type: 'simple', MainPID: 0 },
    'gone.service': { LoadState: 'not-found', ActiveState: 'inactive', MainPID: 0 },
    'backup.service': { LoadState: 'loaded', ActiveState: 'inactive', Type: 'simple', MainPID: 0, TriggeredBy: 'backup.timer' },
    'backup.timer': { LoadState: 'loaded', ActiveState: 'active' },
    'down.service': { LoadState: 'loaded', ActiveState: 'inactive', Type: 'simple', MainPID: 0 },
  })
  const recipe = systemd({
    services: {
      web: {},
      mail: {},
      gone: {},
      backup: { units: ['backup.timer', 'backup.service'] },
      down: {},
      silent: { serviceUnitUser: 'system' },
    },
  } as never)
  assert.deepEqual(rows(recipe, path), [
    { name: 'web.service', state: 'active', up: true, pid, dir },
    { name: 'mail.service', state: 'failed', up: false },
    { name: 'gone.service', state: 'not installed', up: false },
    { name: 'backup.timer', state: 'active', up: true },
    { name: 'backup.service', state: 'inactive', up: true },
    { name: 'down.service', state: 'inactive', up: false },
    { name: 'silent.service', state: 'not known', up: undefined },
  ])
})

test('the status of a phased Puma is that of its workers', (t) => {
  const { dir } = process(t)
  const main = spawn('sh', ['-c', 'sleep 100 & sleep 101 & wait'], { cwd: dir, detached: true })
  t.after(() => globalThis.process.kill(-main.pid!))
  const path = systemctl(t, { 'puma.service': { LoadState: 'loaded', ActiveState: 'active', Type: 'notify', MainPID: main.pid! } })
  const names = (phased: boolean) => rows(puma({ phased }), path) as { name: string; pid: number }[]
  assert.deepEqual(
    names(false).map(({ pid }) => pid),
    [main.pid],
  )
  const workers = names(true)
  assert.equal(workers.length, 2)
  for (const { name, pid } of workers) assert.ok(name === 'puma.service' && pid !== main.pid)
})

test('the status of Sidekiq under systemd has its units', (t) => {
  const { dir, pid } = process(t)
  const path = systemctl(t, { 'sidekiq.service': { LoadState: 'loaded', ActiveState: 'active', Type: 'notify', MainPID: pid } })
  assert.deepEqual(rows(sidekiq({ roles: ['all'] }), path), [{ name: 'sidekiq.service', state: 'active', up: true, pid, dir }])
})

test('the status of Sidekiq with signals has its pidfiles', async (t) => {
  const { dir } = process(t)
  const release = join(dir, 'releases/20261122141200')
  const pids = join(dir, 'shared/tmp/pids')
  for (const folder of [release, pids]) mkdirSync(folder, { recursive: true })
  const program = `$| = 1; $0 = "sidekiq 5.2.7 shop [0 of 10 busy]"; print "up\\n"; sleep 100`
  const titled = spawn('sh', ['-c', `exec perl -e '${program}'`], { cwd: release })
  t.after(() => titled.kill())
  await once(titled.stdout, 'data')
  writeFileSync(join(pids, 'sidekiq-0.pid'), `${titled.pid}\n`)
  const recipe = sidekiq({ roles: ['all'], manager: 'signals', processes: 2 })
  assert.deepEqual(rows(recipe, globalThis.process.env['PATH']!, { deployTo: dir }), [
    { name: 'sidekiq-0', state: 'runs', up: true, pid: titled.pid, dir: release },
    { name: 'sidekiq-1', state: 'down', up: false },
  ])
})

test('the status of a service that another host has is nothing', () => {
  assert.deepEqual(statusFactsOf(sidekiq({ roles: ['worker'] }), { host: hostOf({ roles: ['app'] }) }), {})
})
