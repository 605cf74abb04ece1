import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { IN_EXPORT } from '../../recipes/eb/exportable.ts'
import { eb } from '../../recipes/index.ts'
import { settings as schema } from '../../recipes/sidekiq/settings.ts'
import { commandsOf, textOf } from '../support/context.ts'
import { ebConfig, ebFiles, ebText } from '../support/eb.ts'
import { runSteps, shells } from '../support/script.ts'

/** A value of each setting that is not its default, and the text that the files have for it. */
const values: Readonly<Record<keyof typeof IN_EXPORT, { readonly value: unknown; readonly shows?: RegExp }>> = {
  manager: { value: 'systemd' },
  serviceUnitName: { value: 'jobs', shows: /jobs/ },
  serviceUnitUser: { value: 'system' },
  user: { value: 'svc', shows: /\bsvc\b/ },
  systemctlBin: { value: '/bin/systemctl' },
  configFiles: { value: ['high.yml'], shows: /config\/high\.yml/ },
  processes: { value: 2, shows: /sidekiq@2|index=2/ },
  railsEnv: { value: 'staging', shows: /staging/ },
  timeout: { value: 77, shows: /-t 77/ },
  concurrency: { value: 7, shows: /-c 7/ },
  queues: { value: ['critical,2', 'default'], shows: /-q critical,2 -q default/ },
  rolling: { value: 1 },
  command: { value: 'bin/sidekiq', shows: /exec bin\/sidekiq/ },
  commandArgs: { value: ['-r', './worker.rb'], shows: /-r \.\/worker\.rb/ },
  useLoginShell: { value: true, shows: /\/bin\/bash/ },
  bundlerPath: { value: '/opt/bundle', shows: /\/opt\/bundle exec/ },
  serviceUnitEnvVars: { value: { CACHE: 'a b' }, shows: /CACHE='?a b/ },
  serviceUnitEnvFiles: { value: ['x.env'] },
  log: { value: 'log/s.log' },
  errorLog: { value: 'log/e.log' },
  umask: { value: '0077', shows: /(UMask=|umask )0077/ },
  systemdWatchdogSec: { value: 60 },
  timeoutStartSec: { value: 60 },
  wants: { value: ['redis.service'] },
  directives: { value: { Unit: {}, Service: { MemoryMax: '2G' }, Install: {} } },
  unitTemplate: { value: 'a.service' },
  drain: { value: true },
  redis: { value: { url: 'redis://h' } },
  markDeploy: { value: true },
  deployLabel: { value: 'x' },
  upstart: { value: { startTimeout: 9 } },
  signals: { value: { startTimeout: 9 } },
  roles: { value: ['app'] },
  defaultHooks: { value: false },
}

test('every setting of sidekiq() is exported, refused, or known to be set elsewhere', () => {
  assert.deepEqual(Object.keys(IN_EXPORT).sort(), Object.keys(schema.shape).sort())
})

for (const [key, { value, shows }] of Object.entries(values))
  for (const platform of ['al1', 'al2', 'al2023'] as const)
    test(`${platform}: ${key} of sidekiq() is exported or refused with an error`, () => {
      const others = { sidekiq: schema.parse({ [key]: value }) }
      const [first] = commandsOf(eb({ platform }), 'export', { others })
      const refused = /which the files of Elastic Beanstalk cannot express/.test(textOf(first!))
      const what = IN_EXPORT[key as keyof typeof IN_EXPORT]
      assert.equal(refused, what === 'refused', textOf(first!))
      if (what !== 'exported') return
      const all = ebFiles({ platform }, { others })
        .map(({ path, text }) => `${path}\n${text}`)
        .join('\n')
      assert.match(all, shows!)
    })

test('shellArgs takes what a shell must read, and such an expression among arguments is refused', () => {
  const shellArgs = ['-c ${SIDEKIQ_WORKERS:-2}']
  const unit = ebText('.platform/sidekiq/sidekiq.service', { shellArgs })
  assert.match(unit, /^ExecStart=\/bin\/bash -lc 'exec "\$\$@" -c \$\$\{SIDEKIQ_WORKERS:-2\}' sidekiq bundle exec sidekiq -t 25$/m)
  const bundled = ebText('.platform/sidekiq/sidekiq.service', { shellArgs, bundlerPath: '/opt/bundle' })
  assert.match(bundled, /^ExecStart=\/bin\/bash -c 'exec "\$\$@" -c \$\$\{SIDEKIQ_WORKERS:-2\}' sidekiq \/opt\/bundle exec/m)
  const { files = {} } = ebConfig('.ebextensions/90-sidekiq.config', { platform: 'al1', shellArgs })
  assert.match(files['/opt/elasticbeanstalk/support/run_sidekiq']!.content, /-t 25 -c \$\{SIDEKIQ_WORKERS:-2\}$/m)
  const others = { sidekiq: schema.parse({ commandArgs: ['-c', '${SIDEKIQ_WORKERS:-2}'] }) }
  const [refused] = commandsOf(eb(), 'export', { others })
  assert.match(textOf(refused!), /is passed unchanged, because no shell reads it: use eb\(\{ shellArgs:/)
})

const locked = (t: TestContext, version: string): string => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-eb-'))
  t.after(() => rmSync(dir, { recursive: true }))
  writeFileSync(join(dir, 'Gemfile.lock'), `GEM\n  specs:\n    sidekiq (${version})\n      redis (>= 3)\n`)
  return dir
}
for (const [version, signal, type] of [
  ['3.3.4', 'USR1', 'simple'],
  ['4.2.8', 'USR1', 'simple'],
  ['4.2.9', 'TSTP', 'simple'],
  ['6.0.5', 'TSTP', 'simple'],
  ['6.0.6', 'TSTP', 'notify'],
  ['7.3.2', 'TSTP', 'notify'],
] as const)
  test(`the version in Gemfile.lock decides about the quiet signal and Type=notify: ${version}`, (t) => {
    const dir = locked(t, version)
    const unit = ebText('.platform/sidekiq/sidekiq.service', { dir })
    assert.match(unit, new RegExp(`^ExecReload=/bin/kill -${signal} `, 'm'))
    assert.match(unit, new RegExp(`^Type=${type}$`, 'm'))
    assert.match(ebText('.platform/hooks/predeploy/90_quiet_sidekiq.sh', { dir }), new RegExp(`-s ${signal} `))
    assert.match(ebText('.ebextensions/90-sidekiq.config', { dir, platform: 'al1' }), new RegExp(`kill -s ${signal} `))
  })

test('files that another stage exported are neither overwritten nor reported as leftovers', (t) => {
  const dir = locked(t, '6.4.1')
  const exported = runSteps(shells[0]!.argv, commandsOf(eb({ dir }), 'export'))
  assert.ok(exported.every(({ code }) => code === 0))
  const file = join(dir, '.platform/sidekiq/sidekiq.service')
  const text = ebText('.platform/sidekiq/sidekiq.service', { dir }).replace('(production)', '(staging)')
  writeFileSync(file, text)
  const [refused] = runSteps(shells[0]!.argv, commandsOf(eb({ dir }), 'export'))
  assert.equal(refused!.code, 1)
  assert.match(refused!.stderr, /sidekiq\.service exists and was exported for shop \(staging\)/)
  const beside = runSteps(shells[0]!.argv, commandsOf(eb({ dir, serviceUnitName: 'other', prefix: '91' }), 'export'))
  assert.doesNotMatch(beside.at(-1)!.stderr, /platform\/sidekiq\/sidekiq\.service/)
})
