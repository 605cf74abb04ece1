import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { beginEnvFiles } from '../../src/config/env-file.ts'
import { env } from '../../src/config/env.ts'
import { loadConfig } from '../../src/config/load.ts'
import { localFacts } from '../../src/config/operator.ts'
import { selectStage } from '../../src/config/select-stage.ts'
import { resolveStage } from '../../src/config/stage.ts'
import type { ShipitError } from '../../src/values/errors.ts'
import { reveal } from '../../src/values/secret.ts'
import { place } from '../cli/support/place.ts'
import { needs } from '../support/needs.ts'
import { folder, refusal, shown } from './support.ts'

/** A folder with these files, in the place of a config's, and nothing in the environment under the names that they use. */
const project = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const dir = folder(t, { '.git/HEAD': '', ...files })
  for (const name of Object.keys(files)) chmodSync(join(dir, name), 0o600)
  const names = ['T_A', 'T_B', 'T_C', 'T_N', 'T_KEY']
  names.forEach((name) => delete process.env[name])
  t.after(() => names.forEach((name) => delete process.env[name]))
  beginEnvFiles(dir)
  return dir
}
const thrown = (work: () => unknown): ShipitError => {
  try {
    work()
  } catch (error) {
    return error as ShipitError
  }
  return assert.fail('it did not throw')
}

test('a file of variables is read as Node reads it, and stays out of the environment of programs', (t) => {
  project(t, { '.env.deploy': `\uFEFFT_A=one # comment\nexport T_B="two\nlines"\n# T_C=x\nT_N=12\nT_KEY='hush hush'\n` })
  env.file('.env.deploy')
  assert.deepEqual([env('T_A'), env('T_B'), env('T_C', 'none'), env.int('T_N')], ['one', 'two\nlines', 'none', 12])
  assert.equal(reveal(env.secret('T_KEY')), 'hush hush')
  assert.equal(env.first('T_C', 'T_A'), 'one')
  assert.equal(process.env['T_A'], undefined)
})

test('the environment wins over a file, even with an empty variable, and the first file over the next', (t) => {
  project(t, { one: 'T_A=file\nT_B=file\nT_C=first\n', two: 'T_C=second\nT_N=2\n' })
  process.env['T_A'] = 'environment'
  process.env['T_B'] = ''
  env.file('one')
  env.file('two')
  assert.deepEqual([env('T_A'), env('T_B', 'fallback'), env('T_C'), env('T_N')], ['environment', 'fallback', 'first', '2'])
})

test('a missing file of variables is an error, unless it is optional', (t) => {
  const dir = project(t, { plain: '' })
  assert.equal(
    shown(thrown(() => env.file('.env.deploy'))),
    "there is no .env.deploy, which the config reads with env.file()\nhint: create it; or allow that it is missing: env.file('.env.deploy', { optional: true })",
  )
  env.file('.env.deploy', { optional: true })
  env.file('plain/x', { optional: true })
  for (const mode of [0o700, 0o755]) mkdirSync(join(dir, `sub${mode}`), { mode })
  symlinkSync('round', join(dir, 'round'))
  assert.match(thrown(() => env.file('round', { optional: true })).message, /round, which .*, cannot be read: its links form a circle$/)
  for (const mode of [0o700, 0o755])
    assert.match(thrown(() => env.file(`sub${mode}`, { optional: true })).message, /sub\d+, which .*, cannot be read: it is a directory$/)
  for (const odd of ['', undefined, 3]) assert.equal(thrown(() => env.file(odd as string)).message, 'env.file() takes the path of a file')
})

test('errors show no value of a file of variables', (t) => {
  project(t, { '.env': 'T_N=hunter2\nT_A=hunter2\nT_B={"hunter2"\n' })
  env.file('.env')
  assert.deepEqual(
    [() => env.int('T_N'), () => env.flag('T_A'), () => env.json('T_B')].map((read) => thrown(read).message),
    [
      'T_N has a wrong value in .env: write a whole number',
      'T_A has a wrong value in .env: write 1, true, yes or on, or 0, false, no or off',
      'T_B is not JSON: it ends too early, after 10 characters',
    ],
  )
  process.env['T_N'] = 'many'
  assert.equal(thrown(() => env.int('T_N')).message, 'T_N is "many": write a whole number')
})

test("a config's file of variables is found from the config's folder, for its functions too", async (t) => {
  const config = `import { env } from 'shipit-ts'
    env.file('config/deploy.env')
    export default { application: env('T_A'), vars: { b: () => env('T_B') }, stages: { production: () => {
      env.file('more')
      return { servers: [env('T_C')] }
    } } }`
  const dir = project(t, { 'deploy.config.ts': config, 'config/deploy.env': 'T_A=shop\nT_B=b\n', more: 'T_C=h1\n', 'sub/x': '' })
  const stage = await resolveStage(await loadConfig({ cwd: join(dir, 'sub') }), 'production', {})
  assert.deepEqual([stage.application, stage.vars['b'], stage.hosts[0]!.name], ['shop', 'b', 'h1'])
})

test('an error about a file of variables comes before those about variables, with its line', async (t) => {
  const config = `import { env } from 'shipit-ts'
const application = env('T_A')
env.file('gone')
export default { application, deployTo: env('T_B'), stages: {} }`
  const dir = project(t, { 'deploy.config.ts': config })
  assert.match(shown(await refusal(loadConfig({ cwd: dir }))), /^there is no gone, which .*\nat deploy\.config\.ts:3\nhint: create it/)
})

const skip = needs('root', 'git')
const OTHER = 54_321

test('a file of variables that others can read or write is refused, and the remedies work', { skip }, (t) => {
  const dir = project(t, { '.env': 'T_A=x' })
  const file = join(dir, '.env')
  const mended = (): string => {
    const error = thrown(() => env.file('.env'))
    execFileSync('/bin/sh', ['-c', /^if that is not intended: (.*)$/m.exec(error.hint!)![1]!])
    env.file('.env')
    return error.message
  }
  chmodSync(file, 0o644)
  // nobody else can enter the folder
  env.file('.env')
  chmodSync(dir, 0o755)
  assert.equal(mended(), `${file} can be read by others (mode 0644): any account here can read the secrets in it`)
  chmodSync(file, 0o640)
  env.file('.env')
  chownSync(file, 0, 1)
  assert.match(mended(), /can be read by others \(mode 0640\)/)
  chmodSync(file, 0o602)
  assert.equal(mended(), `${file} can be written by others (mode 0602): anyone who can change it can change what shipit does as root`)
  chownSync(file, OTHER, 0)
  assert.match(mended(), /\.env is uid 54321's/)
})

test('a link to a file of variables is judged by its target', { skip }, (t) => {
  const dir = project(t, { 'shared/.env': 'T_A=x' })
  symlinkSync('shared/.env', join(dir, '.env'))
  for (const path of [dir, join(dir, 'shared')]) chmodSync(path, 0o755)
  env.file('.env')
  chmodSync(join(dir, 'shared/.env'), 0o604)
  assert.match(thrown(() => env.file('.env')).message, /shared\/\.env can be read by others/)
})

test('a file of variables in the workspace of a CI job may be readable', { skip }, (t) => {
  const dir = project(t, { '.env': 'T_A=x' })
  chmodSync(dir, 0o755)
  chmodSync(join(dir, '.env'), 0o666)
  const before = { ...process.env }
  t.after(() => (process.env = before))
  Object.assign(process.env, { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: dir })
  env.file('.env')
  assert.equal(env('T_A'), 'x')
})

test('env.file works from the command line, and programs that shipit starts do not get its variables', async (t) => {
  const project = place()
  t.after(project.remove)
  project.write({
    '.env.deploy': 'SHOP_HOST=h1\nSHOP_KEY=hunter2-hunter2\n',
    'deploy.config.ts': `import { defineConfig, env, sh } from 'shipit-ts'
env.file('.env.deploy')
export default defineConfig({
  application: 'shop',
  tasks: { show: { on: 'local', shows: true, steps: () => [
    sh\`printenv SHOP_KEY || echo not inherited\`, sh\`echo "key $KEY"\`.env({ KEY: env.secret('SHOP_KEY') }) ] } },
  stages: { production: { servers: [env('SHOP_HOST')] } },
})
`,
  })
  chmodSync(join(project.dir, '.env.deploy'), 0o600)
  const { code, stdout, stderr } = await project.shipit(['production', 'show', '--no-log'])
  assert.deepEqual([code, stdout], [0, 'not inherited\nkey [secret]\n'], stderr)
  project.write({ '.env.deploy': 'SHOP_KEY=hunter2-hunter2\nBROKEN\n' })
  const without = await project.shipit(['production', 'show', '--no-log'])
  assert.equal(without.code, 2)
  assert.match(without.stderr, /^shipit: the environment variable SHOP_HOST is not set\n/)
  assert.doesNotMatch(without.stderr, /hunter2/)
})

test('a file that the function of a stage reads counts for that stage alone, whichever is resolved first', async (t) => {
  const text = `import { env } from 'shipit-ts'
env.file('.env')
const of = (stage) => () => { env.file('.env.' + stage); return { servers: [env('T_A')], vars: { b: () => env('T_B'), c: () => env('T_C', 'none') } } }
export default { application: 'shop', stages: { one: of('one'), two: of('two'), three: { servers: ['a3'], vars: { c: () => env('T_C', 'none') } } } }`
  const dir = project(t, { '.env': 'T_B=all\n', '.env.one': 'T_A=a1\nT_C=c1\n', '.env.two': 'T_A=a2\n' })
  writeFileSync(join(dir, 'deploy.config.ts'), text, { mode: 0o600 })
  const loaded = await loadConfig({ cwd: dir })
  const seen = []
  for (const name of ['one', 'two', 'three', 'one']) {
    const { hosts, vars } = await resolveStage(loaded, name)
    seen.push([hosts[0]!.name, vars['b'], vars['c']])
  }
  assert.deepEqual(seen, [
    ['a1', 'all', 'c1'],
    ['a2', 'all', 'none'],
    ['a3', undefined, 'none'],
    ['a1', 'all', 'c1'],
  ])
})

test('a file that the function of a stage reads counts for settings of the config, also once all stages have been made', async (t) => {
  const text = `import { env } from 'shipit-ts'
const of = (stage) => () => { env.file('.env.' + stage); return { servers: ['a1'] } }
export default { application: 'shop', deployTo: () => '/srv/' + env('T_A'), stages: { one: of('one'), two: of('two') } }`
  const dir = project(t, { '.env.one': 'T_A=a1\n', '.env.two': 'T_A=a2\n' })
  writeFileSync(join(dir, 'deploy.config.ts'), text, { mode: 0o600 })
  const loaded = await loadConfig({ cwd: dir })
  // as check does it
  const stages = { one: await selectStage(loaded, 'one', localFacts()), two: await selectStage(loaded, 'two', localFacts()) }
  const made = { ...loaded, config: { ...loaded.config, stages } }
  assert.deepEqual([(await resolveStage(made, 'one')).deployTo, (await resolveStage(made, 'two')).deployTo], ['/srv/a1', '/srv/a2'])
})
