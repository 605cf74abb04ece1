import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { place } from './support/place.ts'

const config = `import { defineConfig, sh } from 'shipit-ts'
export default defineConfig({
  application: 'shop',
  deployTo: '/srv/shop',
  vars: { seed: false, size: 1 },
  tasks: {
    show: { on: 'local', shows: true, steps: ({ vars }) => [sh\`printf '[%s]' \${String(vars.seed)} \${vars.size}\`] },
    fail: { on: 'local', steps: () => [sh\`false\`] },
    first: { description: 'With a seed', sequence: ['show'], set: { 'vars.seed': true, 'vars.size': 3 } },
    breaks: { sequence: ['fail'], set: { 'vars.size': 9 } },
    hooked: { on: 'local', steps: () => [] },
    invokes: { on: 'local', run: ({ invoke }) => invoke('first') },
  },
  hooks: { after: { hooked: 'first' } },
  stages: { test: { servers: [] }, wrong: { servers: [], tasks: { bad: { sequence: ['show'], set: { 'vars.size': 'big' } } } } },
})
`
const here = place({ 'deploy.config.ts': config })
after(() => here.remove())
const shipit = (...args: string[]) => here.shipit([...args, '--no-log', '-o', 'plain'])

test('a sequence sets variables for the run in which it is typed, and what is typed comes after it', async () => {
  assert.match((await shipit('test', 'show')).stdout, /\[false\]\[1\]/)
  const first = await shipit('test', 'first')
  assert.equal(first.code, 0, first.stderr)
  assert.match(first.stdout, /\[true\]\[3\]/)
  assert.match((await shipit('test', 'first', '--set', 'vars.size=7')).stdout, /\[true\]\[7\]/)
})

test('a plan, and the help of a sequence, show what it sets', async () => {
  assert.match((await shipit('test', 'plan', 'first')).stdout, /printf '\[%s\]' true 3/)
  assert.match((await here.shipit(['test', 'first', '--help'])).stdout, /^Runs with: --set vars\.seed=true --set vars\.size=3$/m)
})

test('a hook and code cannot run a sequence that sets something', async () => {
  const hooked = await shipit('test', 'hooked')
  assert.equal(hooked.code, 2)
  assert.match(hooked.stderr, /first has `set`, which is for a whole run, and a hook runs it as a part of this one/)
  const invokes = await shipit('test', 'invokes')
  assert.equal(invokes.code, 1)
  assert.match(invokes.stdout + invokes.stderr, /code cannot invoke first: first has `set`/)
})

test('shipit check tries the values that sequences set', async () => {
  const good = await here.shipit(['test', 'check'])
  assert.equal(good.code, 0, good.stderr)
  const { code, stderr } = await here.shipit(['wrong', 'check'])
  assert.equal(code, 2)
  assert.match(stderr, /bad, with its `set`:[^]*vars\.size[^]*\n  in deploy\.config\.\w+:\d+/)
})

test('set outside of a sequence, and with a function as a value, is a mistake of the config', async () => {
  const odd = place({
    'deploy.config.js': `export default { application: 'a', tasks: { x: { steps: () => [], set: { a: 1 } }, y: { sequence: ['x'], set: { a: () => 1 } } }, stages: { p: { servers: [] } } }`,
  })
  try {
    const { code, stderr } = await odd.shipit(['p', 'check'])
    assert.equal(code, 2)
    assert.match(stderr, /tasks\.x\.set[^]*is for a sequence/)
    assert.match(stderr, /tasks\.y\.set\.a/)
  } finally {
    odd.remove()
  }
})
