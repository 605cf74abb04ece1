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

/** Places of a host, under a folder of the test: our deploys in `srv/shop`, another application's in `srv/other`. */
let root = ''
before(() => {
  root = mkdtempSync(join(tmpdir(), 'shipit-whose-'))
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

/** What a recipe makes of units that a real shell has looked at. */
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
/** 'ours', or why the check refuses or warns. */
const verdict = (units: readonly Unit[], recipe: AnyRecipe = sidekiq(system), task = 'check', shell = shells[0]!): string => {
  const [step] = commandsOf(recipe, task, seen(recipe, units, shell, {})).filter(
    ({ spec }) => spec.title?.startsWith('check whose') === true,
  )
  if (step === undefined) return 'ours'
  return `${step.spec.allow === undefined ? 'refused' : 'warned'}: ${textOf(step)}`.replaceAll(root, 'ROOT')
}

const cases: readonly { readonly what: string; readonly unit: Unit; readonly is: RegExp }[] = [
  { what: 'current', unit: { WorkingDirectory: 'ROOT/srv/shop/current' }, is: /^ours/ },
  { what: 'a folder in current', unit: { WorkingDirectory: 'ROOT/srv/shop/current/app' }, is: /^ours/ },
  { what: 'current, which may be missing', unit: { WorkingDirectory: '!ROOT/srv/shop/current' }, is: /^ours/ },
  { what: 'current through a link', unit: { WorkingDirectory: 'ROOT/var/www/shop' }, is: /^ours/ },
  { what: 'current through a link above', unit: { WorkingDirectory: 'ROOT/apps/shop/current' }, is: /^ours/ },
  { what: 'shared', unit: { WorkingDirectory: 'ROOT/srv/shop/shared' }, is: /^ours/ },
  { what: 'the folder of all deploys of the application', unit: { WorkingDirectory: 'ROOT/srv/shop' }, is: /^ours/ },
  { what: 'one release', unit: { WorkingDirectory: `ROOT/srv/shop/releases/${OLD}` }, is: /^refused: .*which is one release/ },
  { what: 'the live release', unit: { WorkingDirectory: `ROOT/srv/shop/releases/${LIVE}/app` }, is: /^refused: .*which is one release/ },
  { what: 'one release through a link', unit: { WorkingDirectory: 'ROOT/var/www/fixed' }, is: /^refused: .*which is one release/ },
  {
    what: 'another application',
    unit: { WorkingDirectory: 'ROOT/srv/other/current' },
    is: /^refused: .*runs in ROOT\/srv\/other\/current: it does not belong/,
  },
  { what: 'a name that begins like ours', unit: { WorkingDirectory: 'ROOT/srv/shop_staging/current' }, is: /^refused: .*shop_staging/ },
  {
    what: 'another application through a link',
    unit: { WorkingDirectory: 'ROOT/var/www/other' },
    is: /^refused: .*runs in ROOT\/var\/www\/other/,
  },
  {
    what: 'one that deploys into our folder',
    unit: { WorkingDirectory: 'ROOT/srv/shop/staging/current' },
    is: /^refused: .*shop\/staging/,
  },
  { what: 'a folder that is not there', unit: { WorkingDirectory: '/nowhere/current' }, is: /^refused: .*\/nowhere/ },
  { what: 'links that lead in a circle', unit: { WorkingDirectory: 'ROOT/a/current' }, is: /^refused/ },
  {
    what: 'a folder of its own, with our program',
    unit: { WorkingDirectory: 'ROOT/opt/tool', ExecStart: 'ROOT/srv/shop/current/bin/run ;' },
    is: /^ours/,
  },
  {
    what: 'a folder of its own, with another program',
    unit: { WorkingDirectory: 'ROOT/opt/tool', ExecStart: '/usr/bin/tool' },
    is: /^refused/,
  },
  {
    what: 'no folder, a shell that goes to current',
    unit: { WorkingDirectory: '', ExecStart: `/bin/bash -lc cd 'ROOT/srv/shop/current' && exec bundle exec sidekiq` },
    is: /^ours/,
  },
  {
    what: 'no folder, a shell that goes to one release',
    unit: { WorkingDirectory: '', ExecStart: `/bin/bash -lc 'cd ROOT/srv/shop/releases/${OLD} && exec bundle exec sidekiq'` },
    is: /^refused: .*starts a program in ROOT\/srv\/shop\/releases\/20261101000000, which is one release/,
  },
  {
    what: 'current, and a program of one release',
    unit: { WorkingDirectory: 'ROOT/srv/shop/current', ExecStart: `ROOT/srv/shop/releases/${OLD}/bin/sidekiq ;` },
    is: /^refused: .*starts a program in/,
  },
  {
    what: 'no folder, a shell that goes elsewhere',
    unit: { ExecStart: '/bin/bash -lc cd ROOT/srv/other/current && exec sidekiq' },
    is: /^refused: .*srv\/other\/current/,
  },
  {
    what: 'no folder, a bundle elsewhere',
    unit: { ExecStart: 'bundle exec -C ROOT/srv/other/releases/20260101000000 sidekiq' },
    is: /^refused: .*srv\/other/,
  },
  {
    what: 'the root, and a wrapper',
    unit: { WorkingDirectory: '/', ExecStart: '/usr/local/bin/start-sidekiq' },
    is: /^warned: .*nothing says whose/,
  },
  { what: 'a home', unit: { WorkingDirectory: '~', ExecStart: '/usr/local/bin/start-sidekiq' }, is: /^warned/ },
  { what: 'our first line alone', unit: { FragmentPath: 'ROOT/ours.service' }, is: /^ours/ },
  {
    what: 'the first line of another application',
    unit: { FragmentPath: 'ROOT/theirs.service' },
    is: /^refused: .*was written for other \(production\)/,
  },
  { what: 'the first line of another stage', unit: { FragmentPath: 'ROOT/staging.service' }, is: /^refused: .*for shop \(staging\)/ },
  {
    what: 'our first line, another folder',
    unit: { FragmentPath: 'ROOT/ours.service', WorkingDirectory: 'ROOT/srv/other/current' },
    is: /^refused/,
  },
  { what: 'a file that cannot be read', unit: { FragmentPath: '/nowhere/x.service' }, is: /^warned/ },
  { what: 'a unit by hand', unit: { FragmentPath: 'ROOT/hand.service' }, is: /^warned/ },
  { what: 'a unit that is missing', unit: { LoadState: 'not-found' }, is: /^ours/ },
]

for (const shell of shells) {
  describe(shell.name, () => {
    for (const { what, unit, is } of cases)
      test(`a unit is known by its place: ${what}`, () => assert.match(verdict([unit], sidekiq(system), 'check', shell), is))
  })
}

test('one foreign unit of several is refused, and named alone', () => {
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
    remedy: /^give this one a unit of its own .*puma\(\{ serviceUnitName: 'puma-shop-production' \}\)$/,
  },
  {
    recipe: systemd({ services: { web: { user: 'system' } } }),
    tasks: ['web:check', 'web:start', 'web:stop', 'web:restart', 'web:reload', 'web:enable', 'web:disable'],
    remedy: /unit: 'web-shop-production'.* shared: true$/,
  },
]
for (const { recipe, tasks, remedy } of recipes)
  for (const task of tasks)
    test(`${recipe.name}:${task} touches nothing of another application, and says how to have a unit of one's own`, () => {
      const steps = commandsOf(recipe, task, seen(recipe, [foreign])).filter(({ spec }) => !spec.title?.startsWith('check that sudo'))
      assert.match(textOf(steps[0]!), /^printf '%s\\n' '.* >&2; exit 1$/)
      assert.match(textOf(steps[0]!), /it does not belong to shop \(production\), which is deployed to/)
      assert.match(hintOf(steps[0]!, {})!, remedy)
      assert.ok(!steps.some((step) => /systemctl (?!show)/.test(textOf(step))), steps.map(textOf).join('\n'))
    })

test('a unit that was written for one of our name, and runs in another place, is not uninstalled', () => {
  const recipe = sidekiq(system)
  const file0 = '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n'
  const steps = (unit: Unit) => {
    const given = seen(recipe, [unit])
    return commandsOf(recipe, 'uninstall', { ...given, facts: { ...given.facts, file0, ours: '' } })
  }
  const refused = steps(foreign)
  assert.equal(refused.length, 1)
  assert.match(textOf(refused[0]!), /srv\/other\/current: it does not belong to shop \(production\).* >&2; exit 1$/)
  assert.ok(steps({ ...foreign, WorkingDirectory: 'ROOT/srv/shop/current' }).some((step) => /rm -f/.test(textOf(step))))
  const upstart = sidekiq({ manager: 'upstart' })
  const job = (dir: string) => stepsOf(upstart, 'uninstall', { facts: { file0: `${file0}chdir ${dir}\n`, override0: '' } }).join('\n')
  assert.match(job('/srv/other/current'), /^printf '%s\\n' 'sidekiq\.conf .*srv\/other\/current.*' >&2; exit 1$/)
  assert.match(job('/srv/shop/current'), /rm -f \/etc\/init\/sidekiq\.conf/)
})

test('a recovery leaves units of another application alone', () => {
  const given = seen(sidekiq(system), [foreign])
  assert.deepEqual(stepsOf(sidekiq(system), 'recover', { ...given, ran: { 'sidekiq:quiet': 'started' } }), [])
})

test('a socket that starts another application is refused, and so is a target that other services are part of', () => {
  const recipe = systemd({ services: { web: { user: 'system', unit: 'web.socket' } } })
  const given = seen(recipe, [
    { Id: 'web.socket', Triggers: 'u0.service' },
    { ...foreign, Id: 'u0.service' },
  ])
  // the stub answers both calls alike: what counts is the second
  assert.match(stepsOf(recipe, 'web:restart', given)[0]!, /web\.socket starts u0\.service, which runs in .*srv\/other\/current/)
})

test('a service of a package is the host’s, and a shared one is not checked', () => {
  const nginx: Unit = { FragmentPath: '/lib/systemd/system/nginx.service', WorkingDirectory: '/var/lib/nginx', ActiveState: 'active' }
  const recipe = systemd({ services: { web: { user: 'system', unit: 'nginx' } } })
  assert.equal(verdict([nginx], recipe, 'web:check'), 'ours')
  assert.ok(!('web.owner' in factsOf(systemd({ services: { web: { shared: true } } }))))
})

test('after a start, a unit that is set to run in another release is a failure', () => {
  const unit = { ...foreign, WorkingDirectory: `ROOT/srv/shop/releases/${OLD}` }
  for (const { recipe, task } of [
    { recipe: sidekiq(system), task: 'start' },
    { recipe: puma(system), task: 'restart' },
    { recipe: systemd({ services: { web: { user: 'system' } } }), task: 'web:restart' },
  ]) {
    const last = commandsOf(recipe, task, seen(recipe, [unit])).findLast(({ spec }) => /ran from this release/.test(spec.title ?? ''))
    assert.match(textOf(last!), /which is one release: what you deploy would never run' >&2; exit 1$/)
    assert.match(hintOf(last!, {})!, /^WorkingDirectory=.*\/srv\/shop\/current in the unit, then sudo systemctl daemon-reload$/)
  }
})

test('the doctor says whose a unit is, and never advises to take it over', () => {
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
