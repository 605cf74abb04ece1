import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, note, secret, sh, warn } from '../../src/index.ts'
import { hintOf, textOf } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

for (const { name, argv } of shells)
  test(`each message is printed as it is, and only fail() and warn() end with 1 (${name})`, () => {
    const odd = ["it's $HOME", '%s \\n `id`', '']
    for (const [command, code, stream] of [
      [fail(odd), 1, 'stderr'],
      [warn(odd), 1, 'stderr'],
      [note(odd), 0, 'stdout'],
    ] as const) {
      const [ran] = runSteps(argv, [command])
      assert.deepEqual([ran!.code, ran![stream]], [code, `${odd.join('\n')}\n`])
    }
  })

test('what to do is a hint, and may be added later', () => {
  assert.equal(hintOf(fail('no', { hint: 'do that' }), {}), 'do that')
  assert.equal(hintOf(warn('no').hint('do this'), {}), 'do this')
  assert.equal(hintOf(fail('no'), {}), undefined)
})

test('a warning is a failure that is allowed', () => {
  assert.deepEqual([fail('x').spec.allow, warn('x').spec.allow, note('x').spec.allow], [undefined, true, undefined])
  assert.equal(textOf(warn('x')), textOf(fail('x')))
})

test('a secret cannot be in a message', () => {
  const message = secret('hunter2') as unknown as string
  for (const step of [fail, warn, note]) assert.throws(() => step(message), { exit: 2, message: /secret/ })
})

test('there is nothing to run as somebody else, elsewhere or with an environment', () => {
  for (const [odd, change] of [
    ['as', () => fail('x').as('root')],
    ['sudo', () => warn('x').sudo()],
    ['in', () => note('x').in('/srv')],
    ['env', () => fail('x').env({ A: '1' })],
    ['diagnose', () => fail('x').diagnose(sh`true`)],
  ] as const)
    assert.throws(change, {
      exit: 2,
      message: new RegExp(`^\\.${odd}\\(\\) changes nothing of (?:fail|warn|note)\\(\\), which runs no command$`),
    })
})
