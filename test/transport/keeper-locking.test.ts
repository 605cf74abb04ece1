import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { LOCK_FILE, LOCKING } from '../../src/transport/keeper-locking.ts'
import { LOCK_RUN_FILE } from '../../src/values/layout.ts'
import { shells } from '../support/script.ts'

const root = mkdtempSync(join(tmpdir(), 'shipit-locking-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** A keeper at its end, which waits for process 77 until somebody has looked twice: what is in the two files then. */
const ended = ([shell, ...words]: readonly [string, ...string[]], mark: string): { mark: string; lock: string } => {
  const dir = mkdtempSync(join(root, 'at-'))
  mkdirSync(join(dir, '.shipit'))
  writeFileSync(join(dir, LOCK_RUN_FILE), mark)
  writeFileSync(join(dir, '.shipit', LOCK_FILE), 'what the holder wrote\n')
  const script = `${LOCKING}
there() { looks=$((looks + 1)); [ "$looks" -lt 3 ]; }
pids() { list=77; }
who() { echo "$1 stubborn"; }
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
  test(`a keeper that ends empties its mark, and names what it waits for in the lock (${name})`, () => {
    const { mark, lock } = ended(argv, 'ours\n')
    assert.equal(mark, '')
    assert.match(lock, /^ours\nanna\ndeploy\n1\nkeeper 5 6 \d+\nleft 77 stubborn\nend\n$/)
  })

  test(`it leaves both files to another run that has taken a new lock in their place (${name})`, () => {
    assert.deepEqual(ended(argv, 'another\n'), { mark: 'another\n', lock: 'what the holder wrote\n' })
  })
}
