import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { parseDocument } from 'yaml'
import { eb } from '../../recipes/index.ts'
import * as golden from '../golden/eb.ts'
import { contextOf, factsOf } from '../support/context.ts'
import { ebConfig, ebFiles, ebText } from '../support/eb.ts'

const PLATFORMS = ['al1', 'al2', 'al2023'] as const
const CONFIG = '.ebextensions/90-sidekiq.config'
const QUIET = '.platform/hooks/predeploy/90_quiet_sidekiq.sh'
const RESTART = '.platform/hooks/postdeploy/90_restart_sidekiq.sh'
const HOOKS = '/opt/elasticbeanstalk/hooks'
const al1 = (path: string) => ebConfig(CONFIG, { platform: 'al1' }).files![path]!.content
/** Every text that reaches an instance. */
const everything = () => PLATFORMS.flatMap((platform) => ebFiles({ platform }).map(({ text }) => text))

for (const platform of PLATFORMS)
  test(`${platform} has these files, and these are executable`, () =>
    assert.deepEqual(
      ebFiles({ platform }).map(({ path, executable }) => `${path}${executable === true ? ' x' : ''}`),
      golden.names[platform],
    ))

test('the exported unit equals its golden text', () => assert.equal(ebText('.platform/sidekiq/sidekiq.service'), golden.unit))

test("the old platform's file creates these files", () => {
  const { files = {}, commands } = ebConfig(CONFIG, { platform: 'al1' })
  assert.deepEqual(
    Object.fromEntries(Object.entries(files).map(([path, { mode, content }]) => [path, mode === '120400' ? content : mode])),
    golden.onInstance,
  )
  assert.equal(files['/etc/init/sidekiq.conf']!.content, golden.job)
  // cfn-init keeps a replaced file as NAME.bak, which the engine would run
  const hooks = Object.keys(files).filter((path) => path.startsWith(HOOKS))
  assert.equal(hooks.length, 6)
  assert.deepEqual(commands, {
    '01_remove_hooks_before_sidekiq': { command: `rm -f ${hooks.map((path) => `${path}.bak`).join(' ')}` },
    '02_reload_jobs_of_sidekiq': { command: 'initctl reload-configuration' },
  })
})

test('a, b: no su runs between Upstart and Sidekiq on any platform', () => {
  for (const text of everything()) assert.doesNotMatch(text.replaceAll(/^\s*#.*$/gm, ''), /\b(su|sudo|runuser) /)
  assert.match(al1('/opt/elasticbeanstalk/support/run_sidekiq'), /^exec chroot --userspec="\$user"/m)
  assert.match(golden.unit, /^User=webapp$/m)
})

test('c: Sidekiq has its timeout and ten seconds more between TERM and KILL', () => {
  const timeout = 60
  assert.match(ebConfig(CONFIG, { platform: 'al1', timeout }).files!['/etc/init/sidekiq.conf']!.content, /^kill timeout 70$/m)
  assert.match(ebConfig(CONFIG, { platform: 'al1', timeout }).files!['/opt/elasticbeanstalk/support/run_sidekiq']!.content, /-t 60$/m)
  assert.match(ebText('.platform/sidekiq/sidekiq.service', { timeout }), /-t 60\n[\s\S]*^TimeoutStopSec=70$/m)
})

test('d: hooks stop and start, and never use initctl restart', () => {
  const hook = al1(`${HOOKS}/appdeploy/post/90_restart_sidekiq`)
  assert.match(hook, /initctl stop [\s\S]*initctl start /)
  for (const text of everything()) assert.doesNotMatch(text, /initctl restart/)
})

test('e: quiet sends TSTP, and USR1 only if set', () => {
  assert.match(al1(`${HOOKS}/appdeploy/pre/90_quiet_sidekiq`), /kill -s TSTP/)
  assert.match(ebText(QUIET), /systemctl kill --kill-who=main -s TSTP/)
  for (const text of everything()) assert.doesNotMatch(text, /USR1/)
  assert.match(ebText(QUIET, { quietSignal: 'USR1' }), /-s USR1/)
})

test('f: a configuration change and a restart of the servers have the hooks too', () => {
  const { files = {} } = ebConfig(CONFIG, { platform: 'al1' })
  for (const kind of ['appdeploy', 'configdeploy', 'restartappserver'])
    for (const hook of ['pre/90_quiet_sidekiq', 'post/90_restart_sidekiq']) assert.ok(files[`${HOOKS}/${kind}/${hook}`], `${kind}/${hook}`)
  for (const hook of [QUIET, RESTART]) assert.equal(ebText(hook.replace('hooks', 'confighooks')), ebText(hook))
})

test('g: Amazon Linux 2 and later get no file in hook folders that it does not run', () => {
  for (const platform of ['al2', 'al2023'] as const)
    for (const { path, text } of ebFiles({ platform })) {
      assert.match(path, /^\.platform\//)
      assert.doesNotMatch(text, /elasticbeanstalk\/hooks|initctl/)
    }
})

test('all scripts and YAML files have valid syntax', () => {
  for (const settings of [
    {},
    { processes: 3, configFiles: ['sidekiq.yml', 'high.yml'], railsEnv: "it's", recoverAfter: 0, notify: false },
  ]) {
    const scripts = [
      ...ebFiles({ platform: 'al2023', ...settings })
        .filter(({ executable }) => executable)
        .map(({ text }) => text),
      ...Object.values(ebConfig(CONFIG, { platform: 'al1', ...settings }).files!)
        .map(({ content }) => content)
        .filter((text) => text.startsWith('#!')),
    ]
    assert.equal(scripts.length, 7)
    for (const input of scripts) assert.deepEqual(spawnSync('bash', ['-n'], { input, encoding: 'utf8' }).stderr, '')
    for (const { text } of ebFiles({ platform: 'al1', ...settings })) assert.deepEqual(parseDocument(text).errors, [])
  }
})

test('several processes and config files have their own units, or jobs with instances', () => {
  const settings = { processes: 2, configFiles: ['sidekiq.yml', 'high.yml'] }
  const units = ebFiles(settings).filter(({ path }) => path.endsWith('.service'))
  assert.deepEqual(
    units.map(({ path }) => path),
    ['.platform/sidekiq/sidekiq@.service', '.platform/sidekiq/sidekiq.high@.service'],
  )
  assert.match(units[1]!.text, /bundle exec sidekiq -C config\/high\.yml -t 25$/m)
  assert.match(
    ebText(RESTART, settings),
    /^units=\(sidekiq@1\.service sidekiq@2\.service sidekiq\.high@1\.service sidekiq\.high@2\.service\)$/m,
  )
  const { files = {} } = ebConfig(CONFIG, { platform: 'al1', ...settings })
  assert.ok(files['/etc/init/sidekiq.high-workers.conf'])
  assert.match(files['/etc/init/sidekiq.high.conf']!.content, /^instance \$index$/m)
  assert.match(files[`${HOOKS}/appdeploy/pre/90_quiet_sidekiq`]!.content, /^for job in 'sidekiq index=1'|^for job in sidekiq /m)
})

test('settings that are not given come from sidekiq()', () => {
  const others = { sidekiq: { serviceUnitName: 'jobs.service', configFiles: ['high.yml'], processes: 1, timeout: 50, railsEnv: 'staging' } }
  const [unit] = ebFiles({}, { others })
  assert.equal(unit!.path, '.platform/sidekiq/jobs.high.service')
  assert.match(unit!.text, /-e staging -C config\/high\.yml -t 50\n[\s\S]*TimeoutStopSec=60/)
  assert.match(ebFiles({ timeout: 10, serviceUnitName: 'own' }, { others })[0]!.text, /-t 10$/m)
})

test("inspeqtor's repository, package, job and rules come in this order", () => {
  const files = ebFiles({ platform: 'al1', inspeqtor: true }).map(({ path }) => path)
  const order = ['90-inspeqtor-1-repository', '90-inspeqtor-2-package', '90-sidekiq', '90-sidekiq_inspeqtor']
  assert.deepEqual(
    [...files].sort(),
    order.map((name) => `.ebextensions/${name}.config`),
  )
  const rules = ebConfig('.ebextensions/90-sidekiq_inspeqtor.config', { platform: 'al1', inspeqtor: true })
  assert.match(rules.files!['/etc/inspeqtor/services.d/sidekiq.inq']!.content, /^check service sidekiq\n(  if .* then restart\n)+$/m)
  assert.deepEqual(ebConfig('.ebextensions/90-inspeqtor-2-package.config', { platform: 'al1', inspeqtor: true }).packages, {
    yum: { nc: [], inspeqtor: [] },
  })
})

test('hooks listed in `replaces` are removed from old instances', () => {
  const { commands } = ebConfig(CONFIG, {
    platform: 'al1',
    replaces: ['appdeploy/pre/03_mute_sidekiq', 'appdeploy/post/50_restart_sidekiq'],
  })
  const gone = commands!['01_remove_hooks_before_sidekiq']!.command.split(' ')
  for (const hook of ['appdeploy/pre/03_mute_sidekiq', 'appdeploy/post/50_restart_sidekiq'])
    assert.ok(gone.includes(`${HOOKS}/${hook}`) && gone.includes(`${HOOKS}/${hook}.bak`))
})

test('settings that cannot work are refused', () => {
  const refused: readonly [object, RegExp][] = [
    [{ inspeqtor: true }, /needs platform 'al1'/],
    [{ replaces: ['appdeploy/pre/x'] }, /needs platform 'al1'/],
    [{ platform: 'al1', replaces: ['/etc/passwd'] }, /path of a hook/],
    [{ prefix: '9' }, /two digits/],
    [{ user: 'a b' }, /name of a user/],
    [{ configFiles: ['../x.yml'] }, /config\//],
    [{ platform: 'al3' }, /al2023/],
  ]
  for (const [settings, why] of refused) {
    const result = eb().definition.settings!.safeParse(settings)
    assert.match(result.error?.issues.map(({ message }) => message).join('\n') ?? 'accepted', why)
  }
})

test('eb:export reads no facts from hosts', () => {
  assert.deepEqual(factsOf(eb()), {})
  assert.equal(eb().definition.tasks!.export!.on, 'local')
  assert.equal(contextOf(eb()).settings.platform, 'al2023')
})
