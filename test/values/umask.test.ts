import assert from 'node:assert/strict'
import { test } from 'node:test'
import { umaskProblem, underUmask } from '../../src/values/umask.ts'

test('a umask is three or four octal digits as text', () => {
  for (const good of ['027', '0027', '0002', '777']) assert.equal(umaskProblem(good), undefined)
  for (const bad of ['', '27', '9', '0o27', '00027', '1027', 'u=rwx', null, true])
    assert.match(umaskProblem(bad)!, /^is three or four octal digits in quotes, such as '0027', not /)
})

test('a number is refused with the text to write in its place', () => {
  assert.equal(umaskProblem(0o027), "is octal digits in quotes: write '0027' for 0o27, or '0023' for 23")
  assert.equal(umaskProblem(0o022), "is octal digits in quotes: write '0022'")
  assert.equal(umaskProblem(2), "is octal digits in quotes: write '0002'")
  assert.equal(umaskProblem(27), "is octal digits in quotes: write '0033' for 0o33, or '0027' for 27")
  assert.equal(umaskProblem(-1), "is octal digits in quotes: write '0027', for example")
})

test('a umask takes rights from a mode', () => {
  assert.equal(underUmask(0o755, '0027'), 0o750)
  assert.equal(underUmask(0o666, '002'), 0o664)
  assert.equal(underUmask(0o755, undefined), 0o755)
})
