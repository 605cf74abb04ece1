import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import * as recipes from '../../recipes/index.ts'
import { loadConfig, refuseWrong } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { STAGE_WORDS } from '../../src/values/words.ts'
import { staticProblems } from '../../src/config/static.ts'
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
/** Without choosing a stage. */
const wrong = async (t: TestContext, text: string): Promise<string> => shown(await refusal(load(t, text).then(refuseWrong)))
const fine = async (t: TestContext, text: string): Promise<void> => refuseWrong(await load(t, text))
const steps = 'steps: () => []'

test('all mistakes of all stages are reported at once: settings of recipes, hooks, sequences, roles, names', async (t) => {
  const text = config(
    `use: [sidekiq({ proceses: 2, roles: ['app'] }), rails({ migrate: 'yes', assetsRoles: ['app'] })],
  tasks: { all: { sequence: ['smoek'] }, smoke: { on: 'ap', ${steps} }, doctor: { ${steps} } },
  hooks: { after: { 'deploy:publishd': 'smoke', 'deploy:published': 'smok' } },`,
    `production: { servers: { app: ['a1'], db: ['a1'] }, settings: { sidekiq: { timeout: 0 } } },
    staging: { servers: { app: ['s1'] }, hooks: { before: { deploy: 'nothing' } } },`,
  )
  const expected = [
    /deploy\.config\.ts:5 .*use\[0\]\.proceses: unknown key "proceses" \(did you mean "processes"\?\)/,
    /use\[1\]\.migrate: expected true or false, found "yes"/,
    /deploy\.config\.ts:6 .*tasks\.all: the sequence of "all" to "smoek": unknown task \(did you mean "smoke"\?\)/,
    /tasks\.smoke\.on: no host of any stage has the role "ap" \(did you mean "app"\?\): the roles are app, db/,
    /tasks\.doctor: "doctor" is a command of shipit/,
    /deploy\.config\.ts:7 .*hooks\.after\["deploy:publishd"\]: unknown task \(did you mean "deploy:published"\?\)/,
    /hook after "deploy:published" to "smok" \(config\): unknown task \(did you mean "smoke"\?\)/,
    /deploy\.config\.ts:8 .*stages\.production\.settings\.sidekiq\.timeout: expected at least 1, found 0/,
    /deploy\.config\.ts:9 .*stages\.staging\.hooks\.before\.deploy: hook before "deploy" to "nothing" \(config\)/,
  ]
  const said = await wrong(t, text)
  for (const part of expected) assert.match(said, part)
  assert.match(said, new RegExp(`^${expected.length} mistakes in`))
})

test('mistakes of tasks are reported together with those of a stage, of its functions and of the environment', async (t) => {
  const text = config(
    `deployTo: () => env('T_NOT_THERE'), use: [sidekiq({ roles: ['app'], processes: () => 'many' })], hooks: { after: { deploy: 'nothing' } },`,
  )
  const loaded = await load(t, text)
  const said = shown(await refusal(resolveStage(loaded, 'production', { set: ['keepReleases=x'] })))
  assert.match(said, /hook after "deploy" to "nothing"/)
  assert.match(said, /--set keepReleases=x: expected a number/)
  const late = shown(await refusal(resolveStage(loaded, 'production')))
  assert.match(late, /2 mistakes/)
  assert.match(late, /T_NOT_THERE is not set/)
  assert.match(late, /hook after "deploy" to "nothing"/)
  process.env['T_NOT_THERE'] = '/srv/shop'
  t.after(() => delete process.env['T_NOT_THERE'])
  assert.match(
    shown(await refusal(resolveStage(loaded, 'production'))),
    /processes: expected a number, found "many"[^]*hook after "deploy" to "nothing"/,
  )
})

test('a config of a wrong shape has the mistakes of its tasks and hooks told with those of its shape', async (t) => {
  const said = shown(
    await refusal(
      load(
        t,
        config(
          `keepRelease: 3, use: [sidekiq, rails({ migrateOn: 'app', assetsRoles: ['app'], keepAsset: 1 })], tasks: { a: 7, b: { sequence: ['c'] } },`,
        ),
      ),
    ),
  )
  for (const part of [/keepRelease/, /expected a recipe/, /keepAsset/, /tasks\.a: /, /the sequence of "b"/]) assert.match(said, part)
})

test('a setting that is a function is not an error before it is called', async (t) => {
  await fine(
    t,
    config(`use: [sidekiq({ roles: () => ['app'], processes: () => 2 }), rails({ migrateOn: 'db', assetsRoles: () => ['app'] })],`),
  )
  await fine(t, config(`use: [sidekiq({ roles: ['app'] })],`, `production: () => ({ servers: { app: ['a1'] } }),`))
})

test('a task cannot have the name of a command, in the config, in a stage or in a recipe', async (t) => {
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

test('a recipe cannot be used under a name that --set reads otherwise', async (t) => {
  for (const name of ['branch', 'ssh', 'vars', 'linkedDirs'])
    assert.match(await wrong(t, config(`use: [bundler({}, { name: '${name}' })],`)), new RegExp(`a recipe cannot be used as "${name}"`))
  assert.match(await wrong(t, config(`use: [bundler({}, { name: 'a.b' })],`)), /a recipe cannot be used as "a\.b"/)
})

test('tasks that run in a circle are reported once, before any of them is typed', async (t) => {
  const said = await wrong(
    t,
    config(`tasks: { a: { sequence: ['b'] }, b: { ${steps} }, c: { sequence: ['a'] } }, hooks: { after: { b: 'a' } },`),
  )
  assert.match(said, /^the tasks run in a circle: /)
  assert.equal(said.match(/run in a circle/g)?.length, 1)
})

test('a task that is called "circle" is not reported twice where it runs in one', async (t) => {
  const said = await wrong(t, config(`tasks: { circle: { sequence: ['b'] }, b: { ${steps} } }, hooks: { after: { b: 'circle' } },`))
  assert.match(said, /^the tasks run in a circle: circle → b → circle\n/)
  assert.equal(said.match(/in a circle/g)?.length, 1)
})

const everywhere = `production: { servers: { app: ['a1'], worker: ['w1'] } }, staging: { servers: ['s1'] },`
for (const [what, top, stages, says] of [
  ['an item of a list', `tasks: { x: { on: ['app', 'wroker'], ${steps} } },`, undefined, /tasks\.x\.on: .*"wroker"/],
  ['roles of a selector', `tasks: { x: { on: { roles: ['ap'], primary: true }, ${steps} } },`, undefined, /tasks\.x\.on: .*"ap"/],
  ['except of a selector', `tasks: { x: { on: { roles: 'all', except: ['bd'] }, ${steps} } },`, undefined, /"bd" \(did you mean "db"\?\)/],
  ['what a function selects', `tasks: { x: { on: ({ stage }) => stage === 'production' ? 'ap' : 'app', ${steps} } },`, undefined, /"ap"/],
  ['a task of a hook', `hooks: { after: { deploy: { on: 'ap', ${steps} } } },`, undefined, /hooks\.after\.deploy: .*"ap"/],
  [
    'a task of a stage',
    '',
    `production: { servers: { app: ['a1'] }, tasks: { x: { on: 'ap', ${steps} } } },`,
    /stages\.production\.tasks\.x\.on: /,
  ],
  [
    'roles that were given to a recipe',
    `use: [sidekiq({ roles: ['woker'] })],`,
    everywhere,
    /use\[0\]\.roles: sidekiq:\S+ runs nowhere: .*did you mean "worker"/,
  ],
  [
    'the role that a recipe has by itself',
    `use: [rails({ assetsRoles: ['app'] })],`,
    `production: { servers: { app: ['a1'] } },`,
    /use\[0\]: deploy:migrate runs nowhere: .*"db"/,
  ],
  ['the roles of puma', `use: [puma({ roles: ['ap'] })],`, undefined, /use\[0\]\.roles: puma:\S+ runs nowhere/],
] as const) {
  test(`a role that no stage has is an error with the nearest: ${what}`, async (t) => {
    assert.match(await wrong(t, config(top, stages)), says)
  })
}

test('a role that only some stages have, or may have, is not an error', async (t) => {
  await fine(t, config(`use: [sidekiq()], tasks: { x: { on: 'worker', ${steps} } },`, everywhere))
  // a server that is listed without roles plays every role
  await fine(t, config(`tasks: { x: { on: 'cron', ${steps} } },`, everywhere))
  await fine(t, config(`tasks: { x: { on: 'cron', ${steps} } },`, `production: { servers: ['a1'] },`))
  // nobody knows yet
  await fine(
    t,
    config(`tasks: { x: { on: 'cron', ${steps} } },`, `production: { servers: async () => [] }, staging: { servers: { app: ['a'] } },`),
  )
  // on no server
  await fine(t, config(`use: [sidekiq({ roles: [] }), puma({ roles: [] })],`))
})

test('the recipes and hooks of a YAML config are checked in the same way', async (t) => {
  const text = `application: shop
use: [{ sidekiq: { roles: [wroker], proceses: 1 } }]
hooks: { after: { deploy: smoek } }
stages: { production: { servers: { worker: [w1] } } }
`
  const said = shown(await refusal(load(t, text, 'deploy.config.yaml').then(refuseWrong)))
  assert.match(said, /deploy\.config\.yaml:2 .*unknown key "proceses"/)
  assert.match(said, /deploy\.config\.yaml:3 .*"smoek"/)
})

test('a task may name a check and a recovery, and each must be a task', async (t) => {
  const tasks = (check: string, recover: string) =>
    config(`tasks: { turn: { check: '${check}', recover: '${recover}', ${steps} }, look: { ${steps} }, mend: { ${steps} } },`)
  await fine(t, tasks('look', 'mend'))
  const said = await wrong(t, tasks('lok', 'meend'))
  assert.match(said, /:5 .*tasks\.turn: the check of "turn" to "lok": unknown task \(did you mean "look"\?\)/)
  assert.match(said, /tasks\.turn: the recover of "turn" to "meend": unknown task \(did you mean "mend"\?\)/)
})

test('a role with one server instead of a list, and other odd shapes, are mistakes beside the others', async (t) => {
  const said = await wrong(t, config(`tasks: { all: { sequence: ['all2'] } },`, `production: { servers: { app: 'a1' } },`))
  assert.match(said, /stages\.production\.servers\.app: expected a list, found "a1"/)
  assert.match(said, /tasks\.all: the sequence of "all" to "all2": unknown task\n/)
})
