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

test('no secret that a sequence sets is shown in its help, and in the error about two sequences', async () => {
  const secrets = place({
    'deploy.config.ts': `import { defineConfig, env, sh } from 'shipit-ts'
import { z } from 'zod'
import { secretSchema } from 'shipit-ts/kit'
export default defineConfig({
  application: 'shop',
  stageVars: z.object({ token: secretSchema().optional(), size: z.string().optional(), deep: z.object({ key: secretSchema() }).optional() }),
  tasks: {
    show: { on: 'local', steps: () => [] },
    one: { sequence: ['show'], set: { 'vars.token': 'one-of-ours', 'vars.size': 'big', 'vars.deep': { key: 'deep-of-ours' } } },
    two: { sequence: ['show'], set: { 'vars.token': 'two-of-ours' } },
    wrong: { sequence: ['show'], set: { 'vars.token': 'wrong-of-ours', 'vars.absent': 1 } },
  },
  stages: { test: { servers: [] } },
})
`,
  })
  try {
    const run = (...args: string[]) => secrets.shipit(['test', ...args])
    const help = await run('one', '--help')
    assert.match(
      help.stdout.replaceAll('\n', ' '),
      /Runs with: --set vars\.token=\[secret\] --set vars\.size=big --set vars\.deep=\{"key":"\[secret\]"\}/,
    )
    const wrong = await run('wrong', '--help')
    assert.match(wrong.stdout, /^Runs with: --set vars\.token=… --set vars\.absent=…$/m)
    const both = await run('one', 'two', '--no-log')
    assert.equal(both.code, 2)
    assert.match(both.stderr, /one and two set vars\.token to different values/)
    for (const { stdout, stderr } of [help, wrong, both]) assert.doesNotMatch(stdout + stderr, /of-ours/)
  } finally {
    secrets.remove()
  }
})
