import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('tmux')
const terminal = terminals()
let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': `import { createInterface } from 'node:readline/promises'\n${configText(`
  tasks: {
    really: { run: async ({ on, log }) => {
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      const busy = on('all', (h) => h.run(sh\`for i in 1 2 3 4 5 6; do echo "at work $i"; sleep 0.2; done\`))
      const answer = await lines.question('Really? [y/N] ')
      lines.close()
      await busy
      log.info('the answer was ' + answer)
    } },
    forgets: { run: async ({ log }) => {
      process.stdin.once('data', () => {}).unref()
      log.info('after a question that nobody closed')
    } },
  },
  stages: { test: { servers: [{ host: 'one', ssh: { transport: 'local' } }] } },`)}`,
  })
})
after(() => project?.remove())

test('a question that a task asks stands on a line of its own, with what is typed, until it is answered', { skip }, async () => {
  const screen = terminal('question', project.words('test', 'really', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  await screen.until(/^Really\? \[y\/N\]$/m)
  screen.type('yes, please')
  // the host has gone on meanwhile
  const asked = await screen.until(/^Really\? \[y\/N\] yes, please$/m)
  assert.doesNotMatch(asked, /at work/)
  screen.keys('Enter')
  const end = await screen.until(/exit 0/)
  assert.match(end, /^Really\? \[y\/N\] yes, please$/m)
  assert.match(end, /at work 1\n[^]*at work 6\n[^]*the answer was yes, please\n[^]*✔ done/)
})

test('a task that never stops reading the keyboard keeps no line of the run from the screen', { skip }, async () => {
  const screen = terminal('forgets', project.words('test', 'forgets', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  const end = await screen.until(/exit 0/)
  assert.match(end, /after a question that nobody closed\n[^]*✔ done/)
})
