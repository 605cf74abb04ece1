import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, note, secret, sh, warn } from '../../src/index.ts'
import { hintOf, textOf } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

for (const { name, argv } of shells)
  test(`a message is printed as it is, and only fail() and warn() exit 1 (${name})`, () => {
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

test("a message's hint is given at once or added later", () => {
  assert.equal(hintOf(fail('no', { hint: 'do that' }), {}), 'do that')
  assert.equal(hintOf(warn('no').hint('do this'), {}), 'do this')
  assert.equal(hintOf(fail('no'), {}), undefined)
})

test('warn() is fail() with an allowed failure', () => {
  assert.deepEqual([fail('x').spec.allow, warn('x').spec.allow, note('x').spec.allow], [undefined, true, undefined])
  assert.equal(textOf(warn('x')), textOf(fail('x')))
})

test('a message with a secret is refused', () => {
  const message = secret('hunter2') as unknown as string
  for (const step of [fail, warn, note]) assert.throws(() => step(message), { exit: 2, message: /secret/ })
})

test('a message refuses an account, a folder, an environment and a diagnosis', () => {
  for (const [odd, change] of [
    ['as', () => fail('x').as('root')],
    ['sudo', () => warn('x').sudo()],
    ['in', () => note('x').in('/srv')],
    ['env', () => fail('x').env({ A: '1' })],
    ['diagnose', () => fail('x').diagnose(sh`true`)],
  ] as const)
    assert.throws(change, {
      exit: 2,
      message: new RegExp(`^\\.${odd}\\(\\) has no effect on (?:fail|warn|note)\\(\\), which runs no command$`),
    })
})

test('a message is refused inside a command, as a guard, a diagnosis and an alternative', () => {
  for (const [by, step] of [
    ['fail', fail('no root')],
    ['warn', warn('no root')],
    ['note', note('no root')],
  ] as const) {
    const hint = new RegExp(`^make it a step by itself, and put the condition on it: ${by}\\('…'\\)\\.unless\\(`)
    assert.throws(() => sh`test -d / || ${step}`, { exit: 2, hint, message: new RegExp(`^interpolation 1 is ${by}\\(\\).*sh\`test -d`) })
    assert.throws(() => sh`test -d /; ${[step]}`, { exit: 2, hint })
    for (const where of ['unless', 'onlyIf', 'diagnose'] as const)
      assert.throws(() => sh`true`[where](step), {
        exit: 2,
        hint,
        message: `.${where}() takes a command that looks at the host, but ${by}() only prints a message`,
      })
    assert.throws(() => sh`true`.orElse(step), { exit: 2, hint, message: `.orElse() takes a command, but ${by}() only prints a message` })
  }
})

test('an empty or unprintable message is refused when it is made', () => {
  for (const [by, step] of [
    ['fail', fail],
    ['warn', warn],
    ['note', note],
  ] as const) {
    for (const empty of ['', ' \n', [], ['', '']]) assert.throws(() => step(empty), { exit: 2, message: `the message of ${by}() is empty` })
    assert.throws(() => step('a\0b'), { exit: 2, message: `the message of ${by}() contains a NUL byte` })
    assert.throws(() => step('a\ud800'), { exit: 2, message: `the message of ${by}() contains half a surrogate pair` })
    assert.throws(() => step(undefined as never), { exit: 2, message: `${by}() takes a string or a list of strings, not undefined` })
  }
})
