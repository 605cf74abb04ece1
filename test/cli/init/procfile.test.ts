import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readProcfile } from '../../../src/cli/init/procfile.ts'

test('readProcfile() reads names and commands, and leaves out comments and empty lines', () => {
  assert.deepEqual(readProcfile('# processes\nweb: bin/web --port 3000\r\n\nworker:bundle exec sidekiq \nnot a line\nempty:\n'), [
    { name: 'web', command: 'bin/web --port 3000', shell: false },
    { name: 'worker', command: 'bundle exec sidekiq', shell: false },
  ])
})

test('a command with variables, quotes or pipes needs a shell', () => {
  for (const command of ['bin/web -p $PORT', 'A=1 bin/web', "bin/web 'x y'", 'a | b', 'a && b', 'a > log'])
    assert.equal(readProcfile(`web: ${command}`)[0]!.shell, true, command)
})
