import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseOptions } from '../../src/cli/global-options.ts'
import { EXEC_OPTIONS, parseOwnOptions } from '../../src/cli/own-options.ts'
import { ShipitError } from '../../src/values/errors.ts'

const ROWS = [...EXEC_OPTIONS, ['-m, --message REASON', 'why']] as const
const parse = (...argv: readonly string[]) => parseOwnOptions(parseOptions(['test', 'exec', ...argv]), ROWS, 'exec')

const mistake = (...argv: readonly string[]): [string, string | undefined] => {
  try {
    parse(...argv)
  } catch (error) {
    if (error instanceof ShipitError) return [error.message, error.hint]
    throw error
  }
  assert.fail(`${argv.join(' ')} is accepted`)
}

test('an option of a command takes the next word as its value, or what follows an equals sign', () => {
  const typed = parse('--as', 'app', '--in=shared/log', '--json', '--', 'ls', '--as', 'x', '-m', 'y')
  assert.deepEqual(
    [typed.value('--as'), typed.value('--in'), typed.has('--json'), typed.has('--sudo'), typed.has('--message')],
    ['app', 'shared/log', true, false, false],
  )
  assert.deepEqual(typed.words, ['test', 'exec'])
})

test('a short option of a command is the same as its long one', () => {
  for (const argv of [['-m', 'a reason'], ['-ma reason'], ['--message', 'a reason'], ['--message=a reason']])
    assert.equal(parse(...argv).value('--message'), 'a reason', argv.join(' '))
  assert.deepEqual(parse('-m', 'a', 'word').words, ['test', 'exec', 'word'])
})

test('a mistake in an option of a command says what to type', () => {
  for (const [argv, message, hint] of [
    [['--as'], '--as needs a value', '--as USER'],
    [['--as', '--', 'id'], '--as needs a value', '--as USER'],
    [['--as='], '--as needs a value, but got an empty one', 'is the variable after --as empty?'],
    [['-m', ''], '-m needs a value, but got an empty one', 'is the variable after -m empty?'],
    [['-m'], '-m needs a value', '--message REASON'],
    [['-m', '-v'], '-m needs a value', '--message REASON'],
    [['--json=yes'], '--json takes no value, but got "yes"', 'type --json'],
    [['--json', '--json'], '--json was typed twice', 'type --json once'],
    [['-m', 'a', '--message', 'b'], '--message was typed twice', 'type --message REASON once'],
    [
      ['--jsn'],
      'unknown option --jsn (did you mean "--json"?)',
      'exec takes --as, --sudo, --in, --json, -m, --message; shipit --help lists the others',
    ],
    [['-vm', 'x'], 'unknown option -m', 'shipit --help lists the options'],
    [['-la'], 'unknown option -l', 'the command for the hosts, with its options, follows --: exec -- ls -l'],
  ] as const)
    assert.deepEqual(mistake(...argv), [message, hint], argv.join(' '))
})
