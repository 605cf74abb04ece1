import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseOptions } from '../../src/cli/global-options.ts'
import { problemsOf } from '../../src/settings/zod-problems.ts'
import { schemas as settings } from '../../src/settings/derived.ts'
import { ShipitError } from '../../src/values/errors.ts'

const HELP = 'shipit --help lists the options'

const mistake = (argv: readonly string[]): ShipitError => {
  try {
    parseOptions(argv)
  } catch (error) {
    if (error instanceof ShipitError) return error
    throw error
  }
  assert.fail(`${argv.join(' ')} is accepted`)
}

test('a mistake in an option names its long name and says what to type', () => {
  for (const [argv, message, hint] of [
    [['--branch', '-x'], '--branch needs a value, but the next word is -x', 'if that is the value, type --branch=-x'],
    [['-b', '-x'], '--branch needs a value, but the next word is -x', 'if that is the value, type --branch=-x'],
    [['-b', '--set'], '--branch needs a value, but the next word is --set', 'if that is the value, type --branch=--set'],
    [['-f', '-v'], '--config needs a file, but the next word is -v', 'if that is the value, type --config=-v'],
    [['-b'], '--branch needs a value', HELP],
    [['--log'], '--log needs a file', HELP],
    [['--branch', ''], '--branch needs a value, but got an empty value', 'is the variable after --branch empty?'],
    [['--hosts='], '--hosts needs a value, but got an empty value', 'is the variable after --hosts empty?'],
    [['--release', ''], '--release needs a value, but got an empty value', 'is the variable after --release empty?'],
    [['--dry-run=1'], '--dry-run takes no value, but got "1"', HELP],
    [['-n=1'], '-n takes no value', HELP],
    [['-b=main'], '-b=main: only --branch takes an equals sign', 'type -b main'],
    [['-nx'], 'unknown option -x', HELP],
    [['-x'], 'unknown option -x', HELP],
    [['-='], 'unknown option -=', HELP],
  ] as const) {
    const error = mistake(['production', 'deploy', ...argv])
    assert.deepEqual([error.message, error.hint], [message, hint], argv.join(' '))
  }
})

test('a value after an equals sign may begin with a dash, and may be a dash', () => {
  assert.equal(parseOptions(['p', 'deploy', '--branch=-x']).branch, '-x')
  assert.equal(parseOptions(['p', 'deploy', '-b', '-']).branch, '-')
  assert.equal(parseOptions(['p', 'deploy', '-vbmain']).branch, 'main')
  assert.deepEqual(parseOptions(['p', 'deploy', '--', '-x']).words, ['p', 'deploy', '-x'])
})

test('no command line produces a message of Node', () => {
  const word = fc.oneof(
    fc.constantFrom(
      '--',
      '-',
      '',
      '--branch',
      '-b',
      '--dry-run',
      '-n',
      '--no-log',
      '--set',
      '--set=',
      '--lines',
      '-x',
      '-vn',
      '-nb',
      '--=',
      '-=',
    ),
    fc.string({ unit: fc.constantFrom('-', '=', 'b', 'n', 'x', ' '), maxLength: 6 }),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
      try {
        parseOptions(argv)
      } catch (error) {
        assert.ok(error instanceof ShipitError, String(error))
        assert.doesNotMatch(error.message, /argument|Option '/)
      }
    }),
    { numRuns: 2000 },
  )
})

test('an empty string in a config is one mistake', () => {
  for (const name of ['branch', 'deployTo', 'repoTree', 'currentDirectory', 'revision'] as const)
    assert.deepEqual(
      problemsOf(settings[name], '').map(({ message }) => message),
      ['must not be empty'],
      name,
    )
})
