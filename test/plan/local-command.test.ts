import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { configText, place } from '../cli/support/place.ts'

const project = place()
after(() => project.remove())
const run = async (task: string, deployTo = '~/x') => {
  project.write({
    'deploy.config.ts': configText(
      `ssh: { transport: 'local' }, deployTo: '${deployTo}', tasks: { show: { ${task} } }, stages: { test: { servers: ['a1'] } },`,
    ),
  })
  return project.shipit(['test', 'show', '--no-log'])
}
const refused = /~\/x\S* is in a home directory on the hosts, and this command runs on this machine, where ~ is a different one/

for (const [where, steps] of [
  ['in a word', 'sh`ls ${paths.release}`'],
  ['in a word with text before it', 'sh`scp x a1:${paths.shared}/`'],
  ['in a list', "sh`ls ${[paths.current, paths.repo.join('config')]}`"],
  ['in a nested command', 'sh`true && ${sh`ls ${paths.deployTo}`}`'],
  ['as the folder', 'sh`ls`.in(paths.current)'],
  ['as the parent of the folder', "sh`ls`.in(paths.current).in('public')"],
  ['in the environment', 'sh`ls`.env({ DIR: paths.shared })'],
  ['as a file to write', "write(paths.shared.join('x'), 'x')"],
  ['in a folder as text', 'sh`ls`.in(`${paths.current}/public`)'],
  ['in a file to write, as text', "write(`${paths.shared}/x`, 'x')"],
  ['in an alternative', 'sh`false`.orElse(sh`ls ${paths.shared}`)'],
  ['in a guard', 'sh`ls`.unless(sh`test -d ${paths.shared}`)'],
] as const) {
  test(`a local command refuses a path in a host's home: ${where}`, async () => {
    const ran = await run(`on: 'local', steps: ({ paths }) => [${steps}]`)
    assert.equal(ran.code, 2, ran.stdout + ran.stderr)
    assert.match(ran.stdout + ran.stderr, refused)
  })
}

test("a code task refuses a path in a host's home in local commands only", async () => {
  const ran = await run('run: async ({ local, paths }) => { await local.run`ls ${paths.release}` }')
  assert.equal(ran.code, 1)
  assert.match(ran.stdout, refused)
  const fine = await run("run: async ({ on, paths }) => { await on('all', (h) => h.run`echo ${paths.release}`) }")
  assert.equal(fine.code, 0, fine.stdout)
})

test('a local command accepts an absolute path and a path in the local home', async () => {
  assert.equal((await run("on: 'local', steps: ({ paths }) => [sh`echo a1:${paths.release}`]", '/srv/x')).code, 0)
  project.write({
    'deploy.config.ts': `import { defineConfig, path, sh } from 'shipit-ts'
export default defineConfig({ application: 'shop', deployTo: '~/x', tasks: { show: { on: 'local', steps: () => [sh\`echo \${path('~/here')}\`] } }, stages: { test: { servers: [] } } })`,
  })
  assert.equal((await project.shipit(['test', 'show', '--no-log'])).code, 0)
})

test('when must return true or false: a promise or any other value is an error', async () => {
  for (const [when, says] of [
    ['async () => false', /when returned a promise: it must return true or false, and cannot be async/],
    ["() => ''", /when returned "": it must/],
    ['() => 0', /when returned 0/],
  ] as const) {
    const ran = await run(`when: ${when}, steps: () => [sh\`echo ran\`]`, '/srv/x')
    assert.deepEqual([ran.code, ran.stdout], [2, ''], when)
    assert.match(ran.stderr, says)
  }
})
