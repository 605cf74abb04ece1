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

test("a task's question keeps its own line, with what you type, until you answer", { skip }, async () => {
  const screen = terminal('question', project.words('test', 'really', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  await screen.until(/^Really\? \[y\/N\]$/m)
  screen.type('yes, please')
  // the host has continued meanwhile
  const asked = await screen.until(/^Really\? \[y\/N\] yes, please$/m)
  assert.doesNotMatch(asked, /at work/)
  screen.keys('Enter')
  const end = await screen.until(/exit 0/)
  assert.match(end, /^Really\? \[y\/N\] yes, please$/m)
  assert.match(end, /at work 1\n[^]*at work 6\n[^]*the answer was yes, please\n[^]*✔ done/)
})

test("a task that never stops reading the keyboard does not hide the run's output", { skip }, async () => {
  const screen = terminal('forgets', project.words('test', 'forgets', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  const end = await screen.until(/exit 0/)
  assert.match(end, /after a question that nobody closed\n[^]*✔ done/)
})
