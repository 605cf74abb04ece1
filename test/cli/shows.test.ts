import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startShop, type Shop } from './support/shop.ts'
import { terminals } from './support/terminal.ts'

const terminal = terminals()
let shop: Shop
before(async () => {
  shop = await startShop(
    ['a', 'b'],
    `tasks: {
    data: { shows: true, steps: () => [sh\`echo its data\`] },
    ship: { sequence: ['data', 'deploy'], shows: true },
  },`,
  )
})
after(() => shop?.stop())

const run = (...words: string[]) => shop.place.shipit(['test', ...words], { cwd: 'project' })

test('a task that shows its output hides everything else of a run that makes no release', async () => {
  const { stdout, ...rest } = await run('data')
  assert.deepEqual(rest, { code: 0, stderr: '' })
  // hosts answer in any order
  assert.deepEqual(stdout.split('\n').toSorted(), ['', 'a  its data', 'b  its data'])
})

test('a deploy or rollback beside a task that shows its output keeps its summary', async () => {
  for (const words of [['data', 'deploy'], ['deploy', 'data'], ['ship'], ['data', 'deploy:rollback']]) {
    const ran = await run(...words, '-o', 'plain')
    assert.equal(ran.code, 0, ran.stderr)
    assert.match(ran.stdout, /^a  .*its data$/m)
    assert.match(ran.stdout, /^✔ .* on release \d{14}/m, words.join(' '))
  }
})

test('a tree shows the output of such a task above a deploy', { skip: needs('tmux') }, async () => {
  const screen = terminal('shows', shop.place.words('test', 'data', 'deploy'), {
    cwd: `${shop.place.dir}/project`,
    env: { HOME: shop.place.home, USER: 'tester' },
    columns: 110,
  })
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /^a {2}its data$/m)
  assert.match(end, /^✔ .* on release \d{14}[^]*exit 0/m)
})
