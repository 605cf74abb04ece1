import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import type { Command } from '../../src/shell/types.ts'
import { program } from '../support/needs.ts'
import { shells } from '../support/script.ts'
import { tree } from '../support/tree.ts'
import { caseOf, type Case } from './links/case.ts'
import { BUNDLE, RELEASE, runAll, stepsOf, type Told } from './links/deploy.ts'
import { makeMirror, makePlace } from './links/place.ts'

const COUNT = Number(process.env['SHIPIT_FUZZ'] ?? 2000)
const SEED = Number(process.env['SHIPIT_FUZZ_SEED'] ?? Date.now() % 1_000_000_000)
const BATCH = 40

test('a deploy changes nothing outside its release, whatever links the repository has', async (t) => {
  t.diagnostic(`SHIPIT_FUZZ=${COUNT} SHIPIT_FUZZ_SEED=${SEED}`)
  const top = mkdtempSync(join(tmpdir(), 'shipit-links-'))
  t.after(() => rmSync(top, { recursive: true, force: true }))
  const paths = toolsIn(top)
  const tally = { deployed: 0, refused: 0, other: 0 }
  const batches = Array.from({ length: Math.ceil(COUNT / BATCH) }, (_, i) => i)
  const lane = async () => {
    for (let i = batches.shift(); i !== undefined; i = batches.shift()) {
      const cases = Array.from({ length: Math.min(BATCH, COUNT - i * BATCH) }, (_, n) => caseOf(SEED, i! * BATCH + n))
      await batch(join(top, `${i}`), cases, i, paths, tally)
    }
  }
  // the other lane's batch ends before its folder is removed
  const lanes = await Promise.allSettled(
    [lane(), lane()].map((one) => one.catch((error: unknown) => (batches.splice(0), Promise.reject(error)))),
  )
  for (const one of lanes) if (one.status === 'rejected') throw one.reason
  t.diagnostic(inspect(tally))
  // a test that always refuses, or never does, would prove nothing
  assert.ok(tally.deployed > COUNT / 10 && tally.refused > COUNT / 10 && tally.other < COUNT / 10, inspect(tally))
})

type Tally = { deployed: number; refused: number; other: number }

const batch = async (dir: string, cases: readonly Case[], i: number, paths: readonly string[], tally: Tally) => {
  mkdirSync(dir)
  const rootOf = ({ number }: Case) => join(dir, `${number}`)
  const mirror = join(dir, 'mirror')
  const revisions = makeMirror(mirror, cases, rootOf)
  const before = cases.map((one) => (makePlace(rootOf(one), one), outside(rootOf(one))))
  const plans = cases.map((one, n) => stepsOf(one, { root: rootOf(one), mirror, revision: revisions[n]! }))
  const run = (groups: readonly (readonly Command[])[]) =>
    runAll(shells[i % shells.length]!.argv, groups, join(dir, 'script'), { PATH: paths[i % paths.length]!, HOME: dir })
  const deployed = await run(plans.map(({ deploy }) => deploy))
  const failed = await run(plans.map((plan, n) => (deployed[n]!.ok && cases[n]!.fails === undefined ? [] : plan.failed)))
  cases.forEach((one, n) => judge(one, rootOf(one), before[n]!, deployed[n]!, failed[n]!, tally))
  rmSync(dir, { recursive: true, force: true })
}

/** Everything except what a deploy is meant to change: its own release, and the records of shipit. */
const outside = (root: string) => tree(root, (path) => path === `srv/releases/${RELEASE}` || path === 'srv/.shipit')

const REFUSED = / is (a link to |not a directory, |not a file, )/
const judge = (one: Case, root: string, before: Record<string, string>, deploy: Told, failed: Told, tally: Tally) => {
  // inspected only on a failure: the text is long
  const hold = (holds: boolean, what: string) => {
    if (!holds) assert.fail(`${what}: ${inspect({ seed: SEED, ...one, deploy, failed }, { depth: 5 })}`)
  }
  const after = outside(root)
  const ended = deploy.ok && one.fails === undefined
  for (const [path, what] of Object.entries(after))
    hold(before[path] === what || fresh(one, path, what) || (ended && compiled(one, path)), `${path} is ${what}, and was ${before[path]}`)
  for (const path of Object.keys(before)) hold(path in after || (ended && compiled(one, path)), `${path} is gone`)
  hold(failed.ok, 'the steps after the failure failed')
  if (!deploy.ok) tally[REFUSED.test(deploy.stderr) ? 'refused' : 'other']++
  hold(deploy.ok || one.fails === 'rake' || REASON.test(deploy.stderr), 'it failed for an unknown reason')
  if (!ended) return
  tally.deployed++
  for (const path of [...one.linkedFiles, ...one.linkedDirs]) {
    const at = join(root, 'srv/releases', RELEASE, path)
    hold(lstatSync(at).isSymbolicLink() && readlinkSync(at) === join(root, 'srv/shared', path), `${path} is not linked`)
  }
}
const REASON = /is (a link to|not a|missing|a directory)|File exists|Is a directory|Not a directory|[Ll]oop|levels/

/** A directory in shared that was missing, or what a command wrote into a linked directory or a linked file. */
const fresh = ({ linkedDirs, linkedFiles, writes, gems, prefix }: Case, path: string, what: string): boolean => {
  const place = path.replace(/^srv\/shared\//, '')
  if (place === path) return false
  if (what === '/' && [...linkedDirs, ...linkedFiles].some((one) => one === place || one.startsWith(`${place}/`))) return true
  const within = linkedDirs.some((dir) => place.startsWith(`${dir}/`)) || linkedFiles.includes(place)
  const goes = [
    writes,
    ...(gems === undefined ? [] : ['.bundle/config', 'bin/rake', `${gems}/gem`]),
    ...(prefix === undefined ? [] : ['assets_manifest_backup/.manifest.json']),
  ]
  return within && goes.some((one) => one === place || one?.startsWith(`${place}/`))
}

const compiled = ({ prefix }: Case, path: string): boolean =>
  prefix !== undefined && (path.startsWith(`srv/shared/public/${prefix}/`) || `srv/shared/public/${prefix}`.startsWith(path))

/** PATHs with GNU's tools, and with busybox's where it is installed; `bundle` is a stand-in. */
const toolsIn = (top: string): readonly string[] => {
  const bin = join(top, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'bundle'), BUNDLE)
  chmodSync(join(bin, 'bundle'), 0o755)
  const gnu = `${bin}:${process.env['PATH']}`
  const busybox = program('busybox')
  const box = join(top, 'busybox')
  mkdirSync(box)
  return busybox !== undefined && spawnSync(busybox, ['--install', '-s', box]).status === 0
    ? [gnu, `${bin}:${box}:${process.env['PATH']}`]
    : [gnu]
}
