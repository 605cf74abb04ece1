import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sources } from './source.ts'

/** Texts that are no advice to type something: what is written into files on hosts, which have no command line, and general help. */
const OTHERS: Readonly<Record<string, string>> = {
  'recipes/inspeqtor/files.ts': 'a comment in a file on the host, the same whoever wrote it',
  'recipes/monit/files.ts': 'a comment in a file on the host, the same whoever wrote it',
  'src/cli/help.ts': 'the help, for any stage',
  'src/cli/other-words.ts': 'the form of a command, with STAGE and TASK in it',
  'src/tasks/other-names.ts': 'templates of commands, for the maker',
  'src/sandbox/demo.ts': 'the demo has a config of its own in its own folder',
  'src/sandbox/place.ts': 'the demo takes no options',
}

const COMMAND = /\bshipit (?:\$\{|STAGE\b|--tasks|[a-z]+ (?:deploy|plan|doctor|--tasks)\b|[a-z]+ [a-z_]+:[a-z_]+)/

test("every command of shipit's own that is printed is made by src/shell/call.ts, with what the run was given", () => {
  const found = sources('src/**/*.ts', 'recipes/**/*.ts').flatMap(({ file, text }) =>
    Object.hasOwn(OTHERS, file)
      ? []
      : text.split('\n').flatMap((line, i) => (COMMAND.test(withoutComment(line)) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  )
  assert.deepEqual(found, [])
})

const withoutComment = (line: string): string => line.replace(/^\s*(?:\/\/|\/?\*).*$/, '').replace(/shipit \$\{(?:event\.)?version/, '')
