import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { configText, place } from '../support/place.ts'

const BODY = `
  use: [sidekiq()],
  vars: { port: 1 },
  stageVars: z.object({ port: z.number(), zone: z.string().optional() }),
  tasks: {
    'db:pull': {
      description: 'Fetch the\\tdatabase',
      args: z.object({ form: z.enum(['sql', 'custom']).describe('which form'), size: z.union([z.literal(1), z.literal(2)]).optional(), dryMode: z.boolean().default(false), lines: z.number().optional() }),
      steps: () => [],
    },
    'db:hidden': { steps: () => [] },
    'x:sync': { sequence: ['db:pull'] },
    'bad\\u202ename': { description: 'never offered', steps: () => [] },
    status: { description: 'Say how it is', steps: () => [] },
  },
  stages: {
    production: { servers: [{ host: 'deploy@a1.example.com', roles: ['app'] }, { host: 'a2.example.com:2222', roles: ['app', 'db'] }, 'b1'], tasks: { own: { description: 'Own', steps: () => [] } } },
    computed: () => { throw new Error('called') },
    inventory: { servers: () => { throw new Error('called') } },
  },`
const config = (more = '') =>
  configText(BODY).replace('\n\n', `\nimport { z } from 'zod'\nimport { spawnSync } from 'node:child_process'\n${more}\n`)
const project = place({ 'deploy.config.ts': config(), 'other/deploy.config.ts': configText(`stages: { elsewhere: { servers: ['c1'] } },`) })
after(() => project.remove())

/** The lines that a shell reads. */
const lines = async (...typed: string[]): Promise<string[]> => {
  const { code, stdout } = await project.shipit(['completion', 'words', 'zsh', '--', ...typed])
  assert.equal(code, 0)
  return stdout.split('\n').filter((line) => line.startsWith('shipit\t'))
}
const words = async (...typed: string[]): Promise<string[]> => (await lines(...typed)).map((line) => line.split('\t')[1]!)

test('the first word is a stage or a command that stands alone', async () => {
  assert.deepEqual(await words('').then((all) => all.toSorted()), [
    'check',
    'completion',
    'computed',
    'demo',
    'help',
    'init',
    'inventory',
    'production',
    'schema',
    'types',
  ])
  assert.deepEqual(await lines('pro'), ['shipit\tproduction\ta stage'])
  assert.deepEqual(await words('completion', ''), ['bash', 'zsh', 'fish'])
  assert.deepEqual(await words('help', 'pl'), ['plan'])
  assert.deepEqual(await words('--tasks', 'c'), ['computed'])
  assert.deepEqual(await words('nowhere', ''), [])
})

test('a stage is followed by its tasks, with what they do, and by commands that no task replaces', async () => {
  assert.deepEqual(await lines('production', 'db'), ['shipit\tdb:pull\tFetch the database'])
  assert.deepEqual(await lines('production', 'stat'), ['shipit\tstatus\tSay how it is'])
  assert.deepEqual(await words('production', 'db:h'), ['db:hidden'])
  assert.deepEqual(await words('production', 'bad'), [])
  assert.deepEqual(await words('production', 'ow'), ['own'])
  assert.deepEqual(await words('inventory', 'ow'), [])
  assert.deepEqual(await words('computed', 'doc'), ['doctor'])
  assert.deepEqual(await words('production', 'plan', 'sidekiq:sto'), ['sidekiq:stop'])
  assert.deepEqual(await words('production', 'db:pull', 'db'), ['db:hidden'])
  assert.deepEqual(await words('production', 'exec', '--', ''), [])
})

test('options are those of the command and of the tasks before the cursor, each once', async () => {
  assert.deepEqual(await lines('production', 'db:pull', '--fo'), ['shipit\t--form\twhich form'])
  assert.deepEqual(await words('production', 'db:pull', '--dry'), ['--dry-mode', '--dry-run'])
  assert.deepEqual(await words('production', 'deploy', '--fo'), [])
  assert.deepEqual(await words('production', 'exec', '--s'), ['--sudo', '--set'])
  assert.deepEqual(await words('production', 'exec', '--sudo', '--s'), ['--set'])
  assert.deepEqual(
    await words('production', 'deploy', '-z', 'b1', '--set', 'a=1', '--'),
    (await words('production', 'deploy', '--')).filter((word) => word !== '--hosts'),
  )
  assert.deepEqual(await words('production', 'plan', 'deploy', '--fu'), ['--full'])
  assert.deepEqual(await words('production', 'deploy:rollback', '--re'), ['--release'])
  assert.deepEqual(await words('production', 'deploy', '--re'), [])
  assert.deepEqual(await words('--ta'), ['--tasks'])
})

test('values are offered where they are known: hosts, roles, outputs, settings, files, and those that a schema names', async () => {
  assert.deepEqual(await words('production', 'deploy', '--hosts', ''), ['a1.example.com', 'a2.example.com:2222', 'b1'])
  assert.deepEqual(await words('production', 'deploy', '-z', 'b1,a1'), ['b1,a1.example.com'])
  assert.deepEqual(await words('production', 'deploy', '--hosts=a2'), ['--hosts=a2.example.com:2222'])
  assert.deepEqual(await words('production', 'deploy', '--roles', ''), ['app', 'db'])
  assert.deepEqual(await words('production', 'deploy', '-vo', 'j'), ['jsonl'])
  assert.deepEqual(await words('production', 'deploy', '--set', 'keepR'), ['keepReleases='])
  assert.deepEqual(await words('production', 'deploy', '--set', 'vars.'), ['vars.port=', 'vars.zone='])
  assert.deepEqual(await words('production', 'config', 'vars.z'), ['vars.zone'])
  assert.deepEqual(await words('production', 'config', 'sidekiq.conc'), ['sidekiq.concurrency'])
  assert.deepEqual(await words('production', 'deploy', '--config', ''), [''])
  assert.deepEqual(await words('production', 'deploy', '--log='), [''])
  assert.deepEqual(await words('production', 'db:pull', '--form', ''), ['sql', 'custom'])
  assert.deepEqual(await words('production', 'db:pull', '--size=', ''), ['deploy', ...(await words('production', 'db:pull', '')).slice(1)])
  assert.deepEqual(await words('production', 'db:pull', '--size='), ['--size=1', '--size=2'])
  assert.deepEqual(await words('production', 'ssh', 'a2'), ['a2.example.com:2222'])
  assert.deepEqual(await words('inventory', 'ssh', ''), [])
})

test('the config is the one that --config names', async () => {
  for (const typed of [
    ['--config', 'other/deploy.config.ts'],
    ['-f', 'other/deploy.config.ts'],
    ['-fother/deploy.config.ts'],
    ['--config=other/deploy.config.ts'],
  ])
    assert.deepEqual(await words(...typed, 'el'), ['elsewhere'])
})

test('a config that is broken, prints, never settles or keeps the process open disturbs nothing', async (t) => {
  t.after(() => project.write({ 'deploy.config.ts': config() }))
  const core = ['deploy:rollback']
  for (const [broken, stages] of [
    ['throw new Error("x")', []],
    ['syntax error(', []],
    ['await new Promise(() => {})', []],
    ['console.log("shipit\\tloud"); spawnSync("echo", ["raw"], { stdio: "inherit" }); process.stdout.write("half")', ['production']],
    ['setInterval(() => {}, 1000); process.stdin.on("data", () => {})', ['production']],
  ] as const) {
    project.write({ 'deploy.config.ts': config(broken) })
    assert.deepEqual(await words('prod'), stages, broken)
    assert.deepEqual(await words('production', 'deploy:roll'), core, broken)
  }
})

test('a secret is in no word and no description', async (t) => {
  t.after(() => project.write({ 'deploy.config.ts': config() }))
  const text = configText(`
  tasks: { 'hunter2hunter2': { description: 'x', steps: () => [] }, show: { description: 'Say hunter2hunter2', steps: () => [] } },
  stages: { production: { servers: ['b1'] } },`).replace('void [', "void [secret('hunter2hunter2'), ")
  project.write({ 'deploy.config.ts': text })
  assert.deepEqual(await words('production', 'hun'), [])
  assert.deepEqual(await lines('production', 'sho'), ['shipit\tshow\tSay [secret]'])
})

test('completion prints the script of a shell, and refuses another one', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout, stderr } = await project.shipit(['completion', shell])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^#.*\\n[^]*completion words ${shell} --`))
  }
  for (const typed of [[], ['csh'], ['bash', 'x'], ['words']]) {
    const { code, stdout, stderr } = await project.shipit(['completion', ...typed])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /shipit completion bash/)
  }
})

test('a sequence offers the options of its tasks, and nothing after --', async () => {
  assert.deepEqual(await words('production', 'x:sync', '--fo'), ['--form'])
  assert.deepEqual(await words('production', 'x:sync', '--form', 's'), ['sql'])
  assert.deepEqual(await words('production', 'x:sync', '--', '--fo'), [])
})
