import assert from 'node:assert/strict'
import { test } from 'node:test'
import { COMMANDS, commandOf } from '../../src/cli/command-table.ts'
import { parseOptions, typedOptions, type OptionName } from '../../src/cli/global-options.ts'
import { help, helpFor } from '../../src/cli/help.ts'
import { refuseMisplaced } from '../../src/cli/refuse-options.ts'
import { unknownStage } from '../../src/cli/usage-hints.ts'
import { ShipitError } from '../../src/values/errors.ts'
import { width } from '../../src/values/width.ts'

/** Each global option as typed. */
const TYPED: Readonly<Record<OptionName, string>> = {
  keep: '--keep',
  all: '--all',
  hosts: '--hosts=a',
  roles: '--roles=a',
  branch: '--branch=a',
  release: '--release=a',
  config: '--config=a',
  output: '--output=plain',
  set: '--set=a=1',
  'dry-run': '--dry-run',
  yes: '--yes',
  answer: '--answer=a=b',
  full: '--full',
  log: '--no-log',
  verbose: '--verbose',
  quiet: '--quiet',
  'wait-for-lock': '--wait-for-lock=10m',
}

/** The words that call a command. */
const words = ({ name, alone }: (typeof COMMANDS)[number]): string[] =>
  name === '' ? ['production', 'deploy'] : name === '--tasks' || alone ? [name] : ['production', name]

test('a command line leads to the command that it names, and otherwise to the one that runs tasks', () => {
  for (const command of COMMANDS) assert.equal(commandOf(parseOptions(words(command))), command)
  for (const { name } of COMMANDS.filter(({ alone, afterStage, takesWords }) => alone && !afterStage && !takesWords))
    assert.equal(commandOf(parseOptions([name, 'deploy'])), COMMANDS[0])
})

test('a command refuses each global option that it does not take, and its own with a value', () => {
  for (const command of COMMANDS) {
    for (const [name, typed] of Object.entries(TYPED)) {
      const options = parseOptions([...words(command), typed])
      assert.deepEqual(typedOptions(options), [name])
      const refused = errorOf(() => refuseMisplaced(options, command))
      assert.equal(refused === undefined, command.takes.includes(name as OptionName), `${command.name} ${typed}`)
      if (refused) assert.match(refused.message, new RegExp(`^--${name} `))
    }
    if (command.own === 'tasks') continue
    assert.match(
      errorOf(() => refuseMisplaced(parseOptions([...words(command), '--nonsense']), command))!.message,
      /^unknown option --nonsense/,
    )
    for (const [row] of command.own) {
      const [flag = '', value] = row
        .trim()
        .split(' ')
        .slice(row.includes(', ') ? 1 : 0)
      const refused = (typed: string) => errorOf(() => refuseMisplaced(parseOptions([...words(command), typed]), command))?.message
      if (value === undefined) assert.match(refused(`${flag}=1`)!, /takes no value/)
      else assert.deepEqual([refused(`${flag}=1`), refused(flag)], [undefined, `${flag} needs a value`])
    }
  }
})

const errorOf = (run: () => void): ShipitError | undefined => {
  try {
    run()
    return undefined
  } catch (error) {
    assert.ok(error instanceof ShipitError)
    assert.ok(error.hint)
    return error
  }
}

test('the module of every command loads', async () => {
  for (const { load } of COMMANDS) assert.equal(typeof (await load()), 'function')
})

test('--help lists every command, and after a command its examples and options only, in the width of the terminal', () => {
  for (const command of COMMANDS) {
    for (const [usage] of command.help) assert.ok(help(Infinity).includes(`  ${usage}  `), usage)
    if (command.name === '') continue
    const text = helpFor(parseOptions([...words(command), '--help']), Infinity)
    assert.equal(helpFor(parseOptions(['help', ...(command.name === '--tasks' ? ['-T'] : [command.name])]), Infinity), text)
    for (const [usage] of [...command.help, ...(command.examples ?? [])]) assert.ok(text.includes(usage))
    for (const name of ['hosts', 'branch', 'config'] as const)
      assert.equal(
        new RegExp(` --${name} [A-Za-z]`).test(text),
        command.takes.includes(name) && command.hides?.includes(name) !== true,
        `${command.name} ${name}`,
      )
    for (const columns of [50, 60, 80]) {
      const lines = helpFor(parseOptions([...words(command), '--help']), columns).split('\n')
      assert.deepEqual(
        lines.filter((line) => width(line) > columns && !/^\s*\S+$/.test(line)),
        [],
      )
    }
  }
})

test('--help after --tasks and doctor leaves out options without an effect there, and after demo says what --keep does', () => {
  const text = (...typed: readonly string[]) => helpFor(parseOptions([...typed, '--help']), Infinity)
  assert.deepEqual(text('--tasks').match(/--[a-z-]+(?= [A-Z])/g), ['--config'])
  assert.doesNotMatch(text('production', 'doctor'), /--release|--dry-run/)
  assert.match(text('demo'), /^ {2}shipit demo --keep {2}leave the hosts up/m)
})

test('--help after a task of a stage called demo is not about the command demo', () => {
  const text = (...typed: readonly string[]) => helpFor(parseOptions(typed), Infinity)
  assert.match(text('demo', '--help'), /^ {2}shipit demo \[--keep\]/)
  assert.equal(text('demo', 'app:rake', '--help'), help(Infinity))
})

test('a command that belongs after the stage is answered with the right order if it is typed first', () => {
  const shipit = (...given: readonly string[]) => ['shipit', ...given].join(' ')
  for (const { name } of COMMANDS.filter(({ afterStage, name }) => afterStage && name !== '')) {
    const error = unknownStage({ words: [name, 'production'], shipit, stages: ['production', 'test'], tasks: [] })
    assert.equal(error.message, `"${name}" is not a stage: the stage comes first`)
    assert.match(error.hint!, new RegExp(`^shipit production ${name}\\b`))
  }
})
