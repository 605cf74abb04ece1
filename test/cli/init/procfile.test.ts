import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProcfile } from '../../../src/cli/init/procfile.ts'

test('readProcfile() reads names and commands, leaves out comments and empty lines, and reports the others', () => {
  const text =
    '# processes\nweb: bin/web --port 3000\r\n\nworker:bundle exec sidekiq \nnot a line\nempty:\n  # more\nweb: bin/web\nbad name: x\n'
  assert.deepEqual(readProcfile(text), {
    entries: [
      { name: 'web', command: 'bin/web', shell: false },
      { name: 'worker', command: 'bundle exec sidekiq', shell: false },
    ],
    unread: [5, 6, 9],
  })
})

test('a command with variables, quotes or pipes needs a shell', () => {
  for (const command of ['bin/web -p $PORT', 'A=1 bin/web', "bin/web 'x y'", 'a | b', 'a && b', 'a > log'])
    assert.equal(readProcfile(`web: ${command}`).entries[0]!.shell, true, command)
})
