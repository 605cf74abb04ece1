import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LOCK_FILE, LOCKING } from '../../../src/transport/keeper/script/locking.ts'
import { HOLD_FILE, LOCK_RUN_FILE } from '../../../src/values/layout.ts'
import { needs } from '../../support/needs.ts'
import { shells } from '../../support/script.ts'

const root = mkdtempSync(join(tmpdir(), 'shipit-locking-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** The two files of a keeper that ends, after it has waited for process 77 twice. */
const ended = ([shell, ...words]: readonly [string, ...string[]], mark: string): { mark: string; lock: string } => {
  const dir = mkdtempSync(join(root, 'at-'))
  mkdirSync(join(dir, '.shipit'))
  writeFileSync(join(dir, LOCK_RUN_FILE), mark)
  writeFileSync(join(dir, '.shipit', LOCK_FILE), 'what the holder wrote\n')
  const script = `${LOCKING}
there() { looks=$((looks + 1)); [ "$looks" -lt 3 ]; }
pids() { list=77; }
describe() { echo "$1 stubborn"; }
sleep() { :; }
looks=0 seen=' 77' self='5 6' run=ours owner=anna what=deploy since=1 dir=$1
place_lock
held=$dir/${LOCK_RUN_FILE}
unmark
linger`
  const { status, stderr } = spawnSync(shell, [...words, '-c', script, 'sh', dir], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return { mark: readFileSync(join(dir, LOCK_RUN_FILE), 'utf8'), lock: readFileSync(join(dir, '.shipit', LOCK_FILE), 'utf8') }
}

for (const { name, argv } of shells) {
  test(`a keeper that ends replaces its mark by empty lines, and names in the lock the process that it waits for (${name})`, () => {
    const { mark, lock } = ended(argv, 'ours\n')
    assert.match(mark, /^\n+$/)
    assert.match(lock, /^ours\nanna\ndeploy\n1\nkeeper 5 6 \d+\nleft 77 stubborn\nend\n+$/)
  })

  test(`a keeper that ends leaves both files to another run that has the lock (${name})`, () => {
    assert.deepEqual(ended(argv, 'another\n'), { mark: 'another\n', lock: 'what the holder wrote\n' })
  })

  test(`a keeper lets go of the lock where a lock is held, and says who holds it (${name})`, { skip: needs('flock') }, () => {
    const dir = mkdtempSync(join(root, 'held-'))
    mkdirSync(join(dir, '.shipit'))
    writeFileSync(join(dir, HOLD_FILE), 'anna@desk\n1\nmoving it')
    const [shell, ...words] = argv
    const script = `exec 2>/dev/null\nsay() { printf '%s\\n' "$1"; }\n${LOCKING}\nself= run=ours owner=bert what=deploy since=1 dir=$1\nlock\nrm "$1/${HOLD_FILE}"\nlock`
    const { status, stdout, stderr } = spawnSync(shell, [...words, '-c', script, 'sh', dir], { encoding: 'utf8' })
    assert.deepEqual([status, stderr], [0, ''])
    assert.deepEqual(stdout.split('\n'), ['holder anna@desk', 'holder 1', 'holder moving it', 'lock hold', 'lock taken', ''])
  })
}
