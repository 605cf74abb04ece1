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
    'deploy.config.ts': configText(`
  tasks: {
    busy: { run: async ({ on, ask }) => {
      const work = on('all', (h) => h.run(sh\`echo "at work"; sleep 100\`))
      await ask('one')
      await work
    } },
    dropped: { run: async ({ on }) => {
      const work = on('all', (h) => h.run(sh\`false\`))
      await new Promise((next) => process.once('unhandledRejection', next))
      await work
    } },
    two: { run: ({ ask }) => Promise.all([ask('one'), ask('two')]) },
    both: { run: async ({ on, ask, log }) => {
      const work = on('all', (h) => h.run(sh\`echo ready; read -r line; echo "the host got <$line>"\`.tty()))
      log.info('the answer was ' + await ask('one'))
      await work
    } },
  },
  stages: { test: { servers: [{ host: 'one', ssh: { transport: 'local' } }] } },`),
  })
})
after(() => project?.remove())

const open = (task: string) => terminal(task, project.words('test', task, '--no-log'), { cwd: project.dir, env: { HOME: project.home } })

test('Ctrl-C at a question also ends what the same code has under way, and nothing of that is called a bug', { skip }, async () => {
  const screen = open('busy')
  await screen.until(/^one:/m)
  screen.keys('C-c')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /⚠ interrupted[^]*exit 130/)
  assert.doesNotMatch(end, /unhandled|bug in shipit|✖ (?:busy )?on one:/)
})

test('a command that fails before its code awaits it is an error of that code, and no bug of shipit', async () => {
  const ran = await project.shipit(['test', 'dropped', '--no-log'])
  assert.match(ran.stdout, /an unhandled error: false: exit 1\n[^]*await every promise/)
  assert.doesNotMatch(ran.stdout, /bug in shipit/)
  assert.equal(ran.code, 1)
})

test('a question that waited for another one is not asked after Ctrl-C', { skip }, async () => {
  const screen = open('two')
  await screen.until(/^one:/m)
  screen.keys('C-c')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /exit 130/)
  assert.doesNotMatch(end, /^two:/m)
})

test('a question and a command on the terminal take turns at the keyboard', { skip }, async () => {
  const screen = open('both')
  const turns = [/^ready$/m, /^one:/m]
  const first = await screen.until(/^(?:ready$|one:)/m)
  assert.equal(turns.filter((turn) => turn.test(first)).length, 1, first)
  for (const turn of turns[0]!.test(first) ? turns : turns.toReversed()) {
    await screen.until(turn)
    screen.type(turn === turns[0] ? 'to the host' : 'to shipit')
    screen.keys('Enter')
  }
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /the host got <to the host>/)
  assert.match(end, /the answer was to shipit[^]*exit 0/)
})
