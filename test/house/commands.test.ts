import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sources } from './source.ts'

/** Texts that do not tell you to type something: comments in files on hosts, and general help. */
const OTHERS: Readonly<Record<string, string>> = {
  'recipes/inspeqtor/files.ts': 'a comment in a file on the host, the same whoever wrote it',
  'recipes/monit/files.ts': 'a comment in a file on the host, the same whoever wrote it',
  'src/cli/command-table.ts': 'the help, for any stage',
  'src/cli/look/commands.ts': 'the help, for any stage',
  'src/cli/help.ts': 'the help, for any stage',
  'src/cli/config-commands.ts': 'the help, for any stage',
  'src/cli/host-commands.ts': 'the help, for any stage',
  'src/cli/linked-commands.ts': 'the help, for any stage',
  'src/cli/refuse-options.ts': 'the help, for any stage',
  'src/cli/usage-hints.ts': 'the form of a command, with STAGE and TASK in it',
  'src/tasks/task-name-hints.ts': 'templates of commands, for the maker',
  'src/sandbox/demo.ts': 'the demo has a config of its own in its own folder',
  'src/sandbox/demo-folder.ts': 'the demo takes no options',
}

const COMMAND = /\bshipit (?:\$\{|STAGE\b|--tasks|[a-z]+ (?:deploy|plan|doctor|--tasks)\b|[a-z]+ [a-z_]+:[a-z_]+)/

test('every command of shipit that is printed is made by src/shell/shipit-command.ts, with the options of the run', () => {
  const found = sources('src/**/*.ts', 'recipes/**/*.ts').flatMap(({ file, text }) =>
    Object.hasOwn(OTHERS, file)
      ? []
      : text.split('\n').flatMap((line, i) => (COMMAND.test(withoutComment(line)) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  )
  assert.deepEqual(found, [])
})

const withoutComment = (line: string): string => line.replace(/^\s*(?:\/\/|\/?\*).*$/, '').replace(/shipit \$\{(?:event\.)?version/, '')
