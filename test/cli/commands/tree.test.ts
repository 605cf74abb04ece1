import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { treeText } from '../../../src/cli/commands/tree.ts'
import { plainPaint } from '../../../src/output/colours.ts'
import type { TreeLine } from '../../../src/run/task-tree.ts'
import { configText, place } from '../support/place.ts'

const project = place()
after(() => project.remove())

before(() =>
  project.write({
    'deploy.config.ts': configText(`
  use: [bundler()],
  // a tree runs nothing, and does not need it
  env: { ABSENT: env.secret('ABSENT') },
  tasks: {
    'app:first': { steps: () => [] },
    'app:both': { sequence: ['app:warm', 'app:seed'] },
    'app:warm': { steps: () => [] },
    'app:seed': { on: 'db', steps: () => [] },
    'app:off': { when: () => false, sequence: ['app:first'] },
    'app:needs': { args: (await import('zod')).z.object({ name: (await import('zod')).z.string() }), when: () => true, steps: () => [] },
    'git:check': { steps: () => [] },
  },
  hooks: {
    before: { 'app:both': ['app:first', { steps: () => [] }], 'app:warm': 'app:off' },
    after: { 'app:both': 'app:needs', 'deploy:published': 'app:both' },
  },
  stages: { production: { servers: { app: ['a1'] } }, other: { servers: { db: ['d1'] } } },`),
  }),
)

const tree = (...args: string[]) => project.shipit(['production', 'tree', ...args])

test('tree prints what runs around a task, in order, with who hung it there and what does not run', async () => {
  const { code, stdout, stderr } = await tree('app:both')
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(
    stdout,
    `app:first  before app:both, by the config
before app:both (config, hook 2)  written in place
app:both
  app:off  before app:warm, by the config; does not run: its \`when\` is false
  app:warm
  app:seed  does not run: no host of production has the role db
app:needs  after app:both, by the config
`,
  )
})

test('tree deploy names recipes and tasks that the config replaces, and nests the parts', async () => {
  const { stdout } = await tree('deploy')
  assert.match(stdout, /^deploy\n {2}deploy:starting\n(?: {4}.*\n)* {6}git:check {2}replaced by the config$/m)
  assert.match(stdout, /^ {2}bundler:install {2}before deploy:updated, by bundler\n {2}deploy:updated$/m)
  assert.match(stdout, /^ {2}deploy:published\n {2}app:first {2}before app:both, by the config$/m)
  assert.match(stdout, /^ {2}app:both {2}after deploy:published, by the config\n {4}app:off/m)
})

test('tree refuses an unknown task, none, and several', async () => {
  for (const [args, message] of [
    [['app:warn'], /unknown task "app:warn" \(did you mean "app:warm"\?\)/],
    [[], /which task do you want to see\?\n {2}shipit production tree deploy\n/],
    [['deploy', 'app:warm'], /tree shows one task, not deploy app:warm\n {2}shipit production tree deploy\n/],
    [['deploy', '--roles', 'app'], /--roles has no effect in a tree/],
  ] as const) {
    const { code, stdout, stderr } = await tree(...args)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.match(stderr, message)
  }
})

test('treeText puts notes below a task where they do not fit', () => {
  const line: TreeLine = {
    depth: 1,
    name: 'app:seed',
    hook: { side: 'after', of: 'deploy:published', owner: 'seeds', inline: false },
    replacedBy: undefined,
    not: 'no host of production has the role db',
  }
  assert.equal(
    treeText([line], 60, plainPaint),
    `  app:seed
      after deploy:published, by seeds; does not run: no
      host of production has the role db
`,
  )
  assert.equal(treeText([{ ...line, not: undefined }], 60, plainPaint), '  app:seed  after deploy:published, by seeds\n')
  const replaced = (replacedBy: string) => treeText([{ ...line, hook: undefined, not: undefined, replacedBy }], 60, plainPaint)
  assert.equal(replaced('config') + replaced('balancer'), '  app:seed  replaced by the config\n  app:seed  replaced by balancer\n')
})
