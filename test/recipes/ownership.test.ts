import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { puma, sidekiq, systemd } from '../../recipes/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { commandsOf, contextOf, factsOf, goodRelease, hintOf, stepsOf, textOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const LIVE = '20261122141200'
const OLD = '20261101000000'

/** Folders of a host, below a temporary one: the deploy in `srv/shop`, another application's in `srv/other`. */
let root = ''
before(() => {
  root = mkdtempSync(join(tmpdir(), 'shipit-ownership-'))
  const at = (...parts: string[]) => join(root, ...parts)
  for (const app of ['shop', 'other', 'shop_staging']) {
    for (const release of [LIVE, OLD]) mkdirSync(at('srv', app, 'releases', release, 'app'), { recursive: true })
    mkdirSync(at('srv', app, 'shared'))
    symlinkSync(at('srv', app, 'releases', LIVE), at('srv', app, 'current'))
  }
  mkdirSync(at('srv/shop/staging/releases', LIVE), { recursive: true })
  symlinkSync(at('srv/shop/staging/releases', LIVE), at('srv/shop/staging/current'))
  mkdirSync(at('var/www'), { recursive: true })
  symlinkSync(at('srv/shop/current'), at('var/www/shop'))
  symlinkSync('../../srv/other/current', at('var/www/other'))
  symlinkSync(at('srv/shop/releases', OLD), at('var/www/fixed'))
  symlinkSync(at('srv'), at('apps'))
  symlinkSync('b', at('a'))
  symlinkSync('a', at('b'))
  mkdirSync(at('opt/tool'), { recursive: true })
  writeFileSync(at('ours.service'), '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n')
  writeFileSync(at('theirs.service'), '# Written by shipit for other (production): sidekiq:install writes it anew from the config\n')
  writeFileSync(at('staging.service'), '# Written by shipit for shop (staging): sidekiq:install writes it anew from the config\n')
  writeFileSync(at('hand.service'), '[Unit]\n')
})
after(() => rmSync(root, { recursive: true, force: true }))

type Unit = Readonly<Record<string, string>>
const printed = (units: readonly Unit[]): string =>
  units
    .map((unit, i) =>
      Object.entries({ Id: `u${i}.service`, LoadState: 'loaded', MainPID: '0', ...unit })
        .map(([key, value]) => `${key}=${value.replaceAll('ROOT', root)}\n`)
        .join(''),
    )
    .join('\n')

/** The facts about units as a real shell reads them. */
const seen = (recipe: AnyRecipe, units: readonly Unit[], shell = shells[0]!, more: Given = {}): Given => {
  const fake = stubs({ systemctl: `cat <<'EOF'\n${printed(units)}EOF` })
  try {
    const given: Given = { deployTo: join(root, 'srv/shop'), layout: { releases: [goodRelease(LIVE)] }, release: LIVE, ...more }
    const [key] = Object.keys(factsOf(recipe, given)).filter((name) => name.endsWith('owner'))
    const ran = runSteps(shell.argv, [factsOf(recipe, given)[key!]!], { PATH: fake.path })[0]!
    assert.equal(ran.code, 0, ran.stderr)
    return { ...given, facts: { [key!]: ran.stdout, [key!.replace('owner', 'units')]: printed(units) } }
  } finally {
    fake.remove()
  }
}
const system = { serviceUnitUser: 'system' } as const
/** 'ours', or the check's refusal or warning. */
const verdict = (units: readonly Unit[], recipe: AnyRecipe = sidekiq(system), task = 'check', shell = shells[0]!): string => {
  const [step] = commandsOf(recipe, task, seen(recipe, units, shell, {})).filter(({ spec }) => /^check \S+\.service/.test(spec.title ?? ''))
  if (step === undefined) return 'ours'
  return `${step.spec.allow === undefined ? 'refused' : 'warned'}: ${textOf(step)}`.replaceAll(root, 'ROOT')
}

const cases: readonly { readonly what: string; readonly unit: Unit; readonly is: RegExp }[] = [
  { what: 'current', unit: { WorkingDirectory: 'ROOT/srv/shop/current' }, is: /^ours/ },
  { what: 'a folder in current', unit: { WorkingDirectory: 'ROOT/srv/shop/current/app' }, is: /^ours/ },
  { what: 'current with a `-` prefix', unit: { WorkingDirectory: '!ROOT/srv/shop/current' }, is: /^ours/ },
  { what: 'current through a link', unit: { WorkingDirectory: 'ROOT/var/www/shop' }, is: /^ours/ },
  { what: 'current through a link above', unit: { WorkingDirectory: 'ROOT/apps/shop/current' }, is: /^ours/ },
  { what: 'shared', unit: { WorkingDirectory: 'ROOT/srv/shop/shared' }, is: /^ours/ },
  { what: 'the folder of all deploys of the application', unit: { WorkingDirectory: 'ROOT/srv/shop' }, is: /^ours/ },
  { what: 'an old release', unit: { WorkingDirectory: `ROOT/srv/shop/releases/${OLD}` }, is: /^refused: .*which is one release/ },
  { what: 'the live release', unit: { WorkingDirectory: `ROOT/srv/shop/releases/${LIVE}/app` }, is: /^refused: .*which is one release/ },
  { what: 'an old release through a link', unit: { WorkingDirectory: 'ROOT/var/www/fixed' }, is: /^refused: .*which is one release/ },
  {
    what: 'another application',
    unit: { WorkingDirectory: 'ROOT/srv/other/current' },
    is: /^refused: .*runs in ROOT\/srv\/other\/current: it does not belong/,
  },
  { what: 'a name with the same beginning', unit: { WorkingDirectory: 'ROOT/srv/shop_staging/current' }, is: /^refused: .*shop_staging/ },
  {
    what: 'another application through a link',
    unit: { WorkingDirectory: 'ROOT/var/www/other' },
    is: /^refused: .*runs in ROOT\/var\/www\/other/,
  },
  {
    what: 'a deploy inside our folder',
    unit: { WorkingDirectory: 'ROOT/srv/shop/staging/current' },
    is: /^refused: .*shop\/staging/,
  },
  { what: 'a missing folder', unit: { WorkingDirectory: '/nowhere/current' }, is: /^refused: .*\/nowhere/ },
  { what: 'a circle of links', unit: { WorkingDirectory: 'ROOT/a/current' }, is: /^refused/ },
  {
    what: 'another folder with our program',
    unit: { WorkingDirectory: 'ROOT/opt/tool', ExecStart: 'ROOT/srv/shop/current/bin/run ;' },
    is: /^ours/,
  },
  {
    what: 'another folder with another program',
    unit: { WorkingDirectory: 'ROOT/opt/tool', ExecStart: '/usr/bin/tool' },
    is: /^refused/,
  },
  {
    what: 'a shell that changes to current',
    unit: { WorkingDirectory: '', ExecStart: `/bin/bash -lc cd 'ROOT/srv/shop/current' && exec bundle exec sidekiq` },
    is: /^ours/,
  },
  {
    what: 'a shell that changes to an old release',
    unit: { WorkingDirectory: '', ExecStart: `/bin/bash -lc 'cd ROOT/srv/shop/releases/${OLD} && exec bundle exec sidekiq'` },
    is: /^refused: .*starts a program in ROOT\/srv\/shop\/releases\/20261101000000, which is one release/,
  },
  {
    what: 'current with a program of an old release',
    unit: { WorkingDirectory: 'ROOT/srv/shop/current', ExecStart: `ROOT/srv/shop/releases/${OLD}/bin/sidekiq ;` },
    is: /^refused: .*starts a program in/,
  },
  {
    what: 'a shell that changes to another application',
    unit: { ExecStart: '/bin/bash -lc cd ROOT/srv/other/current && exec sidekiq' },
    is: /^refused: .*srv\/other\/current/,
  },
  {
    what: 'a bundle of another application',
    unit: { ExecStart: 'bundle exec -C ROOT/srv/other/releases/20260101000000 sidekiq' },
    is: /^refused: .*srv\/other/,
  },
  {
    what: 'the root folder with a wrapper',
    unit: { WorkingDirectory: '/', ExecStart: '/usr/local/bin/start-sidekiq' },
    is: /^warned: .*the owner of sidekiq\.service is not known: its WorkingDirectory is \/: /,
  },
  {
    what: 'a folder above ours with a wrapper',
    unit: { WorkingDirectory: 'ROOT/srv', ExecStart: '/usr/local/bin/start-sidekiq' },
    is: /^warned: .*the owner of sidekiq\.service is not known: its WorkingDirectory is ROOT\/srv: /,
  },
  { what: 'a home', unit: { WorkingDirectory: '~', ExecStart: '/usr/local/bin/start-sidekiq' }, is: /^warned: .*WorkingDirectory is ~: / },
  {
    what: 'a wrapper without a folder',
    unit: { WorkingDirectory: '', ExecStart: '/usr/local/bin/start-sidekiq' },
    is: /^warned: .*the owner of sidekiq\.service is not known: it has no WorkingDirectory: /,
  },
  { what: 'only our first line', unit: { FragmentPath: 'ROOT/ours.service' }, is: /^ours/ },
  {
    what: 'the first line of another application',
    unit: { FragmentPath: 'ROOT/theirs.service' },
    is: /^refused: .*was written for other \(production\)/,
  },
  { what: 'the first line of another stage', unit: { FragmentPath: 'ROOT/staging.service' }, is: /^refused: .*for shop \(staging\)/ },
  {
    what: 'our first line in another folder',
    unit: { FragmentPath: 'ROOT/ours.service', WorkingDirectory: 'ROOT/srv/other/current' },
    is: /^refused/,
  },
  { what: 'an unreadable file', unit: { FragmentPath: '/nowhere/x.service' }, is: /^warned/ },
  { what: 'a unit written by hand', unit: { FragmentPath: 'ROOT/hand.service' }, is: /^warned/ },
  { what: 'a missing unit', unit: { LoadState: 'not-found' }, is: /^refused: .*sidekiq\.service is not installed/ },
]

for (const shell of shells) {
  describe(shell.name, () => {
    for (const { what, unit, is } of cases)
      test(`a unit is recognized by its place: ${what}`, () => assert.match(verdict([unit], sidekiq(system), 'check', shell), is))
  })
}

test('a foreign unit among several is refused, and only that one is named', () => {
  const two = [{ WorkingDirectory: 'ROOT/srv/shop/current' }, { WorkingDirectory: 'ROOT/srv/other/current' }]
  const text = verdict(two, sidekiq({ ...system, processes: 2 }))
  assert.match(text, /^refused: printf '%s\\n' 'sidekiq@2\.service runs in/)
})

const foreign: Unit = { WorkingDirectory: 'ROOT/srv/other/current', ActiveState: 'active', MainPID: '0', Type: 'notify' }
const recipes: readonly { readonly recipe: AnyRecipe; readonly tasks: readonly string[]; readonly remedy: RegExp }[] = [
  {
    recipe: sidekiq(system),
    tasks: ['check', 'quiet', 'stop', 'start', 'restart', 'enable', 'disable'],
    remedy:
      /^give this one a unit of its own: sidekiq\(\{ serviceUnitName: 'sidekiq-shop-production' \}\), then shipit production sidekiq:install$/,
  },
  {
    recipe: puma({ ...system, phased: true }),
    tasks: ['check', 'start', 'stop', 'restart', 'reload', 'phased_restart', 'enable', 'disable'],
    remedy: /^give this one a unit of its own: puma\(\{ serviceUnitName: 'puma-shop-production' \}\), then shipit production puma:install$/,
  },
  {
    recipe: systemd({ services: { web: { serviceUnitUser: 'system' } } }),
    tasks: ['web:check', 'web:start', 'web:stop', 'web:restart', 'web:reload', 'web:enable', 'web:disable'],
    remedy: /unit: 'web-shop-production'.* shared: true$/,
  },
]
for (const { recipe, tasks, remedy } of recipes)
  for (const task of tasks)
    test(`${recipe.name}:${task} touches nothing of another application, and says how to have a separate unit`, () => {
      const steps = commandsOf(recipe, task, seen(recipe, [foreign])).filter(({ spec }) => !spec.title?.startsWith('check that sudo'))
      assert.match(textOf(steps[0]!), /^printf '%s\\n' '.* >&2; exit 1$/)
      assert.match(textOf(steps[0]!), /it does not belong to shop \(production\), which is deployed to/)
      assert.match(hintOf(steps[0]!, {})!, remedy)
      assert.ok(!steps.some((step) => /systemctl (?!show)/.test(textOf(step))), steps.map(textOf).join('\n'))
    })

test('a unit with our name in its header that runs in another place is not uninstalled', () => {
  const recipe = sidekiq(system)
  const file0 = '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n'
  const steps = (unit: Unit) => {
    const given = seen(recipe, [unit])
    return commandsOf(recipe, 'uninstall', { ...given, facts: { ...given.facts, 'files.0': file0, ours: '' } })
  }
  const refused = steps(foreign)
  assert.equal(refused.length, 1)
  assert.match(textOf(refused[0]!), /srv\/other\/current: it does not belong to shop \(production\).* >&2; exit 1$/)
  assert.ok(steps({ ...foreign, WorkingDirectory: 'ROOT/srv/shop/current' }).some((step) => /rm -f/.test(textOf(step))))
  const upstart = sidekiq({ manager: 'upstart' })
  const job = (dir: string) =>
    stepsOf(upstart, 'uninstall', { facts: { 'jobFiles.0': `${file0}chdir ${dir}\n`, 'overrides.0': '' } }).join('\n')
  assert.match(job('/srv/other/current'), /^printf '%s\\n' 'sidekiq\.conf .*srv\/other\/current.*' >&2; exit 1$/)
  assert.match(job('/srv/shop/current'), /rm -f \/etc\/init\/sidekiq\.conf/)
})

test('recover leaves units of another application alone', () => {
  const given = seen(sidekiq(system), [foreign])
  assert.deepEqual(stepsOf(sidekiq(system), 'recover', { ...given, ran: { 'sidekiq:quiet': 'started' } }), [])
})

test('a socket that starts another application is refused, and so is a target that has other services', () => {
  const recipe = systemd({ services: { web: { serviceUnitUser: 'system', unit: 'web.socket' } } })
  const given = seen(recipe, [
    { Id: 'web.socket', Triggers: 'u0.service' },
    { ...foreign, Id: 'u0.service' },
  ])
  // the stub answers both calls alike: the second one matters
  assert.match(stepsOf(recipe, 'web:restart', given)[0]!, /web\.socket starts u0\.service, which runs in .*srv\/other\/current/)
})

test("a package's service belongs to the host, and a shared one is not checked", () => {
  const nginx: Unit = { FragmentPath: '/lib/systemd/system/nginx.service', WorkingDirectory: '/var/lib/nginx', ActiveState: 'active' }
  const recipe = systemd({ services: { web: { serviceUnitUser: 'system', unit: 'nginx' } } })
  assert.equal(verdict([nginx], recipe, 'web:check'), 'ours')
  assert.ok(!('web.owner' in factsOf(systemd({ services: { web: { shared: true } } }))))
})

test('a unit set to run in another release is a failure after a start', () => {
  const unit = { ...foreign, WorkingDirectory: `ROOT/srv/shop/releases/${OLD}` }
  for (const { recipe, task } of [
    { recipe: sidekiq(system), task: 'start' },
    { recipe: puma(system), task: 'restart' },
    { recipe: systemd({ services: { web: { serviceUnitUser: 'system' } } }), task: 'web:restart' },
  ]) {
    const last = commandsOf(recipe, task, seen(recipe, [unit])).findLast(({ spec }) => /ran from this release/.test(spec.title ?? ''))
    assert.match(textOf(last!), /which is one release: what you deploy would never run' >&2; exit 1$/)
    assert.match(hintOf(last!, {})!, /^WorkingDirectory=.*\/srv\/shop\/current in the unit, then sudo systemctl daemon-reload$/)
  }
})

test('doctor says who owns a unit, and never suggests taking it over', () => {
  const given = seen(sidekiq(system), [foreign])
  const shown = printed([{ ...foreign, UnitFileState: 'enabled', Result: 'success' }])
  const found = sidekiq(system).definition.doctor!.findings(
    contextOf(sidekiq(system), { ...given, facts: { ...given.facts, shown, more: shown } }),
  )
  const about = found.filter(({ message }) => /runs in/.test(message))
  assert.equal(about.length, 1)
  assert.equal(about[0]!.level, 'error')
  assert.match(about[0]!.remedy, /serviceUnitName: 'sidekiq-shop-production'/)
  assert.ok(!found.some(({ remedy }) => /WorkingDirectory=/.test(remedy)))
})
