import assert from 'node:assert/strict'
import { test } from 'node:test'
import { localPlace } from '../../src/plan/local-place.ts'

test('a path of this machine has one text, however it is written', () => {
  for (const [written, base, place] of [
    ['back', '/app/', '/app/back'],
    ['./back//', '/app', '/app/back'],
    ['../logs/../back', '/app/', '/back'],
    ['/srv/./x/', '/app/', '/srv/x'],
    ['/../x', '/app/', '/x'],
    ['../../../x', '/app/', '/x'],
    ['.', '/', '/'],
    ['a/../b', undefined, 'b'],
    ['../../a', undefined, '../../a'],
  ] as const)
    assert.equal(localPlace(written, base), place, written)
})
