import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { sh } from '../../src/index.ts'
import { serviceStatus } from '../../src/kit/index.ts'
import { runSteps, shells } from '../support/script.ts'

test('serviceStatus adds the folder and the age of each process, and names what the list lacks', (t) => {
  const child = spawn('sleep', ['100'], { cwd: tmpdir() })
  t.after(() => child.kill())
  const { command, parse } = serviceStatus(
    ['one', 'two', 'three'],
    sh`echo ${`one ${child.pid} yes active`}; echo 'two 0 no not installed'; echo 'four 999999999 yes active'; echo nonsense`,
  )
  for (const { argv } of shells) {
    const [ran] = runSteps(argv, [command])
    assert.ok(ran?.status === 'ok', ran?.stderr)
    const rows = parse({ ok: true, ...ran })
    assert.ok(rows?.[0]?.age !== undefined && rows[0].age < 3600)
    assert.deepEqual(
      rows.map((row) => Object.fromEntries(Object.entries(row).filter(([key]) => key !== 'age'))),
      [
        { name: 'one', state: 'active', up: true, pid: child.pid, dir: realpathSync(tmpdir()) },
        { name: 'two', state: 'not installed', up: false },
        { name: 'four', state: 'active', up: true, pid: 999_999_999 },
        { name: 'three', state: 'not known', up: undefined },
      ],
    )
  }
})

test('serviceStatus of a host that did not answer is not known', () => {
  const failed = { ok: false, code: 127, stdout: '', stderr: 'not found' }
  assert.equal(serviceStatus([], sh`x`).parse(failed), undefined)
  assert.deepEqual(serviceStatus(['one'], sh`x`).parse(failed), [{ name: 'one', state: 'not known', up: undefined }])
})
