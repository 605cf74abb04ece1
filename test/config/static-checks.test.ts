import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import * as recipes from '../../recipes/index.ts'
import { loadConfig, refuseProblems } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { STAGE_WORDS } from '../../src/values/reserved-words.ts'
import { staticProblems } from '../../src/config/static-checks.ts'
import { folder, refusal, shown } from './support.ts'

const load = (t: TestContext, text: string, file = 'deploy.config.ts') =>
  loadConfig({ cwd: folder(t, { [file]: text, '.git/HEAD': '' }), inspect: staticProblems, recipes: async () => ({ ...recipes }) })
const config = (top: string, stages = `production: { servers: { app: ['a1'], db: ['a1'] } },`) =>
  `import { defineRecipe, env, sh } from 'shipit-ts'
import { bundler, puma, rails, sidekiq } from 'shipit-ts/recipes'
import { z } from 'zod'
void [defineRecipe, env, sh, z, bundler, puma, rails, sidekiq]
export default { application: 'shop', ${top}
  stages: { ${stages} } }`
/** The mistakes that are found without choosing a stage. */
const wrong = async (t: TestContext, text: string): Promise<string> => shown(await refusal(load(t, text).then(refuseProblems)))
const fine = async (t: TestContext, text: string): Promise<void> => refuseProblems(await load(t, text))
const steps = 'steps: () => []'

test('mistakes of all stages are reported at once: recipe settings, hooks, sequences, roles, names', async (t) => {
  const text = config(
    `use: [sidekiq({ proceses: 2, roles: ['app'] }), rails({ migrate: 'yes', assetsRoles: ['app'] })],
  tasks: { all: { sequence: ['smoek'] }, smoke: { on: 'ap', ${steps} }, doctor: { ${steps} } },
  hooks: { after: { 'deploy:publishd': 'smoke', 'deploy:published': 'smok' } },`,
    `production: { servers: { app: ['a1'], db: ['a1'] }, settings: { sidekiq: { timeout: 0 } } },
    staging: { servers: { app: ['s1'] }, hooks: { before: { deploy: 'nothing' } } },`,
  )
  const expected = [
    /deploy\.config\.ts:5 .*use\[0\]: unknown setting proceses \(did you mean "processes"\?\)/,
    /use\[1\]: migrate: expected true or false, found "yes"/,
    /deploy\.config\.ts:6 .*tasks\.all: the sequence of "all": there is no task "smoek" \(did you mean "smoke"\?\)/,
    /tasks\.smoke\.on: no host of any stage has the role "ap" \(did you mean "app"\?\): the roles are app, db/,
    /tasks\.doctor: "doctor" is a command of shipit/,
    /deploy\.config\.ts:7 .*hooks\.after\["deploy:publishd"\]: there is no task "deploy:publishd" \(did you mean "deploy:published"\?\)/,
    /hooks\.after\["deploy:published"\]: there is no task "smok" \(did you mean "smoke"\?\)/,
    /deploy\.config\.ts:8 .*stages\.production\.settings\.sidekiq\.timeout: expected at least 1, found 0/,
    /deploy\.config\.ts:9 .*stages\.staging\.hooks\.before\.deploy: there is no task "nothing"$/,
  ]
  const said = await wrong(t, text)
  for (const part of expected) assert.match(said, part)
  assert.match(said, new RegExp(`^${expected.length} mistakes in`))
})

test('a hook between two unknown tasks is one mistake', async (t) => {
  assert.equal(
    await wrong(t, config(`hooks: { after: { 'deploy:publish': ['nope', 'nada'] } },`)),
    'hooks.after["deploy:publish"]: there is no task "nope", and none "nada", and none "deploy:publish": hook on deploy:publishing, before the switch, or deploy:published, after it\nat deploy.config.ts:5',
  )
})

test('a command in place of all hooks, or of those of one side, is one mistake', async (t) => {
  for (const [hooks, path, instead] of [
    ['{ after: sh`uptime` }', 'hooks.after', "{ 'deploy:published': { steps: () => [sh`…`] } }"],
    ['{ before: [sh`uptime`] }', 'hooks.before', "{ 'deploy:published': { steps: () => [sh`…`] } }"],
    ['{ finally: sh`uptime` }', 'hooks.finally', "{ 'deploy:published': { steps: () => [sh`…`] } }"],
    ['sh`uptime`', 'hooks', "{ after: { 'deploy:published': { steps: () => [sh`…`] } } }"],
  ])
    assert.equal(await wrong(t, config(`hooks: ${hooks},`)), `${path}: a command is not a hook: write ${instead}\nat deploy.config.ts:5`)
})

test('mistakes of tasks are reported together with those of the stage, its functions and the environment', async (t) => {
  const text = config(
    `deployTo: () => env('T_NOT_THERE'), use: [sidekiq({ roles: ['app'], processes: () => 'many' })], hooks: { after: { deploy: 'nothing' } },`,
  )
  const loaded = await load(t, text)
  const said = shown(await refusal(resolveStage(loaded, 'production', { set: ['keepReleases=x'] })))
  assert.match(said, /hooks\.after\.deploy: there is no task "nothing"/)
  assert.match(said, /--set keepReleases=x: expected a number/)
  const late = shown(await refusal(resolveStage(loaded, 'production')))
  assert.match(late, /2 mistakes/)
  assert.match(late, /T_NOT_THERE is not set/)
  assert.match(late, /hooks\.after\.deploy: there is no task "nothing"/)
  process.env['T_NOT_THERE'] = '/srv/shop'
  t.after(() => delete process.env['T_NOT_THERE'])
  assert.match(
    shown(await refusal(resolveStage(loaded, 'production'))),
    /processes: expected a number, found "many"[^]*hooks\.after\.deploy: there is no task "nothing"/,
  )
})

test("mistakes of tasks and hooks are reported together with those of the config's shape", async (t) => {
  const said = shown(
    await refusal(
      load(
        t,
        config(
          `keepRelease: 3, use: [sidekiq, rails({ migrationRole: 'app', assetsRoles: ['app'], keepAsset: 1 })], tasks: { a: 7, b: { sequence: ['c'] } },`,
        ),
      ),
    ),
  )
  for (const part of [/keepRelease/, /expected a recipe/, /keepAsset/, /tasks\.a: /, /the sequence of "b"/]) assert.match(said, part)
})

test('a setting that is a function is not checked before it is called', async (t) => {
  await fine(
    t,
    config(`use: [sidekiq({ roles: () => ['app'], processes: () => 2 }), rails({ migrationRole: 'db', assetsRoles: () => ['app'] })],`),
  )
  await fine(t, config(`use: [sidekiq({ roles: ['app'] })],`, `production: () => ({ servers: { app: ['a1'] } }),`))
})

test('a task cannot have the name of a command in the config, a stage or a recipe', async (t) => {
  for (const word of STAGE_WORDS) {
    assert.match(
      await wrong(t, config(`tasks: { ${word}: { ${steps} } },`)),
      new RegExp(`tasks\\.${word}: "${word}" is a command of shipit`),
    )
    const stage = `production: { servers: ['a1'], tasks: { ${word}: { ${steps} } } },`
    assert.match(await wrong(t, config('', stage)), new RegExp(`stages\\.production\\.tasks\\.${word}: "${word}" is a command`))
    const own = `use: [defineRecipe({ name: 'mine', tasks: { ':${word}': { ${steps} } } })()],`
    assert.match(await wrong(t, config(own)), new RegExp(`use\\[0\\]: "${word}" is a command of shipit`))
  }
  assert.match(
    await wrong(t, config(`tasks: { '--help': { ${steps} }, '|ready': { ${steps} } },`)),
    /would be an option[^]*would be a barrier/,
  )
  assert.match(await wrong(t, config('', `check: { servers: ['a1'] },`)), /"check" is a command of shipit: call the stage something else/)
})

test('a recipe cannot be used under a name that --set reads as something else', async (t) => {
  for (const name of ['branch', 'ssh', 'vars', 'linkedDirs'])
    assert.match(await wrong(t, config(`use: [bundler({}, { name: '${name}' })],`)), new RegExp(`a recipe cannot be used as "${name}"`))
  assert.match(await wrong(t, config(`use: [bundler({}, { name: 'a.b' })],`)), /a recipe cannot be used as "a\.b"/)
})

test('circular tasks are reported once, before any of them is run', async (t) => {
  const said = await wrong(
    t,
    config(`tasks: { a: { sequence: ['b'] }, b: { ${steps} }, c: { sequence: ['a'] } }, hooks: { after: { b: 'a' } },`),
  )
  assert.match(said, /^circular tasks: /)
  assert.equal(said.match(/circular tasks/g)?.length, 1)
})

test('mistakes in override are reported before a stage is chosen, with their places', async (t) => {
  for (const [override, says] of [
    [`{ 'puma:restrat': false }`, /^override\["puma:restrat"\]: no recipe has a task "puma:restrat" \(did you mean "puma:restart"\?\)/],
    [`{ 'deploy:cleanup': false }`, /^override\["deploy:cleanup"\]: deploy:cleanup is shipit's own.*put it into tasks/],
    [
      `{ 'puma:restart': { sequence: ['puma:restart:orginal'] } }`,
      /^override\["puma:restart"\]: .*there is no task "puma:restart:orginal"/,
    ],
    [`{ 'puma:restart': { sequence: ['puma:restart'] } }`, /^circular tasks: puma:restart → puma:restart/],
    [`{ 'puma:restart': { on: 'ap', ${steps} } }`, /no host of any stage has the role "ap"/],
    [`{ 'puma:restart': true }`, /^override\["puma:restart"\]: /],
  ] as const)
    assert.match(await wrong(t, config(`use: [puma({ roles: ['app'] })], override: ${override},`)), says)
  assert.match(
    await wrong(
      t,
      config(`use: [puma({ roles: ['app'] })], tasks: { 'puma:restart': { ${steps} } }, override: { 'puma:restart': false },`),
    ),
    /^override\["puma:restart"\]: puma:restart is in tasks and in override/,
  )
  assert.match(
    await wrong(t, config(`use: [puma({ roles: ['app'] })],`, `production: { servers: { app: ['a1'] }, override: { 'puma:no': false } },`)),
    /^stages\.production\.override\["puma:no"\]: no recipe has a task "puma:no"/,
  )
})

test('mistakes in finally hooks are reported like those in other hooks', async (t) => {
  assert.match(
    await wrong(t, config(`tasks: { clean: { ${steps} } }, hooks: { finally: { deploi: 'clean' } },`)),
    /^hooks\.finally\.deploi: there is no task "deploi" \(did you mean "deploy"\?\)/,
  )
  assert.match(
    await wrong(t, config(`tasks: { clean: { ${steps} } }, hooks: { finally: { deploy: ['claen'] } },`)),
    /^hooks\.finally\.deploy: there is no task "claen" \(did you mean "clean"\?\)/,
  )
  assert.match(
    await wrong(t, config(`hooks: { finally: { deploy: { on: 'ap', ${steps} } } },`)),
    /^hooks\.finally\.deploy: no host of any stage has the role "ap"/,
  )
  assert.match(
    await wrong(t, config(`tasks: { a: { ${steps} }, b: { sequence: ['a'] } }, hooks: { finally: { a: 'b' } },`)),
    /^circular tasks: a → b → a/,
  )
})

test('a circle through a task named "circle" is reported once', async (t) => {
  const said = await wrong(t, config(`tasks: { circle: { sequence: ['b'] }, b: { ${steps} } }, hooks: { after: { b: 'circle' } },`))
  assert.match(said, /^circular tasks: circle → b → circle\n/)
  assert.equal(said.match(/circular tasks/g)?.length, 1)
})

const everywhere = `production: { servers: { app: ['a1'], worker: ['w1'] } }, staging: { servers: ['s1'] },`
for (const [what, top, stages, says] of [
  ['in a list', `tasks: { x: { on: ['app', 'wroker'], ${steps} } },`, undefined, /tasks\.x\.on: .*"wroker"/],
  ['in the roles of a selector', `tasks: { x: { on: { roles: ['ap'], primary: true }, ${steps} } },`, undefined, /tasks\.x\.on: .*"ap"/],
  ['in a selector.except', `tasks: { x: { on: { roles: 'all', except: ['bd'] }, ${steps} } },`, undefined, /"bd" \(did you mean "db"\?\)/],
  ['from a selector function', `tasks: { x: { on: ({ stage }) => stage === 'production' ? 'ap' : 'app', ${steps} } },`, undefined, /"ap"/],
  ['in a task of a hook', `hooks: { after: { deploy: { on: 'ap', ${steps} } } },`, undefined, /hooks\.after\.deploy: .*"ap"/],
  [
    'in a task of a stage',
    '',
    `production: { servers: { app: ['a1'] }, tasks: { x: { on: 'ap', ${steps} } } },`,
    /stages\.production\.tasks\.x\.on: /,
  ],
  [
    'in the roles given to a recipe',
    `use: [sidekiq({ roles: ['woker'] })],`,
    everywhere,
    /use\[0\]\.roles: sidekiq:\S+ runs nowhere: .*did you mean "worker"/,
  ],
  [
    'in the default role of a recipe',
    `use: [rails({ assetsRoles: ['app'] })],`,
    `production: { servers: { app: ['a1'] } },`,
    /use\[0\]: deploy:migrate runs nowhere: .*"db"/,
  ],
  ['in the roles of puma', `use: [puma({ roles: ['ap'] })],`, undefined, /use\[0\]\.roles: puma:\S+ runs nowhere/],
] as const) {
  test(`a role that no stage has is an error with the nearest: ${what}`, async (t) => {
    assert.match(await wrong(t, config(top, stages)), says)
  })
}

test('a role that only some stages have, or may have, is accepted', async (t) => {
  await fine(t, config(`use: [sidekiq()], tasks: { x: { on: 'worker', ${steps} } },`, everywhere))
  // a server that is listed without roles plays every role
  await fine(t, config(`tasks: { x: { on: 'cron', ${steps} } },`, everywhere))
  await fine(t, config(`tasks: { x: { on: 'cron', ${steps} } },`, `production: { servers: ['a1'] },`))
  // not known yet
  await fine(
    t,
    config(`tasks: { x: { on: 'cron', ${steps} } },`, `production: { servers: async () => [] }, staging: { servers: { app: ['a'] } },`),
  )
  // on no server
  await fine(t, config(`use: [sidekiq({ roles: [] }), puma({ roles: [] })],`))
})

test('recipes and hooks of a YAML config are checked too', async (t) => {
  const text = `application: shop
use: [{ sidekiq: { roles: [wroker], proceses: 1 } }]
hooks: { after: { deploy: smoek } }
stages: { production: { servers: { worker: [w1] } } }
`
  const said = shown(await refusal(load(t, text, 'deploy.config.yaml').then(refuseProblems)))
  assert.match(said, /deploy\.config\.yaml:2 .*unknown setting proceses/)
  assert.match(said, /deploy\.config\.yaml:3 .*"smoek"/)
})

test("a task's check and recover must name a task", async (t) => {
  const tasks = (check: string, recover: string) =>
    config(`tasks: { turn: { check: '${check}', recover: '${recover}', ${steps} }, look: { ${steps} }, mend: { ${steps} } },`)
  await fine(t, tasks('look', 'mend'))
  const said = await wrong(t, tasks('lok', 'meend'))
  assert.match(said, /:5 .*tasks\.turn: the check of "turn": there is no task "lok" \(did you mean "look"\?\)/)
  assert.match(said, /tasks\.turn: the recover of "turn": there is no task "meend" \(did you mean "mend"\?\)/)
})

test('a role with one server instead of a list is reported beside the other mistakes', async (t) => {
  const said = await wrong(t, config(`tasks: { all: { sequence: ['all2'] } },`, `production: { servers: { app: 'a1' } },`))
  assert.match(said, /stages\.production\.servers\.app: expected a list, found "a1"/)
  assert.match(said, /tasks\.all: the sequence of "all": there is no task "all2"\n/)
})

test('a hook that brings deploy:restart into a deploy a second time is a mistake, whichever side and task it is on', async (t) => {
  const twice = 'deploy:restart runs after deploy:published by itself, and this would run it again: take it out here'
  for (const [hooks, path] of [
    [`{ after: { 'deploy:publishing': 'deploy:restart' } }`, 'hooks.after["deploy:publishing"]'],
    [`{ after: { 'deploy:published': ['warm', 'deploy:restart'] } }`, 'hooks.after["deploy:published"]'],
    [`{ before: { 'deploy:reverted': 'deploy:restart' } }`, 'hooks.before["deploy:reverted"]'],
    [`{ finally: { deploy: { task: 'deploy:restart', optional: true } } }`, 'hooks.finally.deploy'],
    [`{ after: { 'deploy:published': 'warm', warm: 'deploy:restart' } }`, 'hooks.after.warm'],
  ]) {
    const text = config(`tasks: { warm: { ${steps} }, 'deploy:restart': { ${steps} } }, hooks: ${hooks},`)
    assert.equal(await wrong(t, text), `${path}: ${twice}\nat deploy.config.ts:5`)
  }
})

test('a sequence that brings deploy:restart into a deploy a second time is a mistake, in its own place', async (t) => {
  const text = config(`
  tasks: { refresh: { sequence: ['warm', 'deploy:restart'] }, warm: { ${steps} } },
  hooks: { after: { 'deploy:published': 'refresh' } },`)
  assert.match(await wrong(t, text), /^tasks\.refresh: deploy:restart runs after deploy:published by itself, .*\nat deploy\.config\.ts:6$/)
})

test('a recipe that brings deploy:restart into a deploy a second time is a mistake of its use', async (t) => {
  const text = config(`
  use: [defineRecipe({ name: 'mine', hooks: { after: { 'deploy:finished': 'deploy:restart' } } })()],`)
  assert.match(await wrong(t, text), /^use\[0\]: the hook after "deploy:finished": deploy:restart runs after deploy:published by itself, /)
})

test('deploy:restart may be replaced, hooked on, and run by tasks outside of a deploy', async (t) => {
  await fine(
    t,
    config(`
  tasks: { warm: { ${steps} }, 'deploy:restart': { ${steps} }, refresh: { sequence: ['warm', 'deploy:restart'] } },
  hooks: { before: { warm: 'deploy:restart' }, after: { 'deploy:restart': { ${steps} } } },`),
  )
})
