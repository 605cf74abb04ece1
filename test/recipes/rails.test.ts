import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { bundler, rails, rbenv, sidekiq } from '../../recipes/index.ts'
import { resolveStage } from '../../src/config/stage.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { golden } from '../golden/rails.ts'
import { commandsOf, hintOf, hostOf, stepsOf } from '../support/context.ts'
import type { Given } from '../support/context.ts'
import { tree } from '../support/tree.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const release = '20261123100000'

for (const { title, settings = {}, given, task = '', steps } of golden) {
  test(`${title}: ${task.slice(1)}`, () => assert.deepEqual(stepsOf(rails(settings), task, { release, ...given }), steps))
}

test('RAILS_ENV is the name of the stage unless a setting overrides it', () => {
  const { env, settings } = rails().definition
  assert.deepEqual(env!({ settings: settings!.parse({}), stage: 'staging' }), { RAILS_ENV: 'staging' })
  assert.deepEqual(env!({ settings: settings!.parse({ railsEnv: 'production' }), stage: 'staging' }), { RAILS_ENV: 'production' })
})

test('assets and then migrations run when the release is made, and disabled ones have no hooks', () => {
  const hooks = (given: object) => {
    const { definition } = rails(given)
    return (definition.hooks as (c: object) => object)({ settings: definition.settings!.parse(given) })
  }
  const check = { before: { 'deploy:check': 'rails:check' } }
  assert.deepEqual(hooks({}), {
    ...check,
    after: {
      'deploy:updated': ['deploy:assets:precompile', 'deploy:assets:backup_manifest', 'deploy:migrate'],
      'deploy:reverted': 'deploy:assets:restore_manifest',
      'deploy:failed': 'deploy:assets:recover_manifest',
      'deploy:finishing': 'deploy:assets:clean',
    },
  })
  assert.deepEqual(hooks({ assets: false }), { ...check, after: { 'deploy:updated': ['deploy:migrate'] } })
  assert.deepEqual(hooks({ assets: false, migrate: false }), { ...check, after: { 'deploy:updated': [] } })
})

test('one host with releases migrates', () => {
  const { definition } = rails()
  const on = definition.tasks![':deploy:migrate']!.on as (c: object) => { roles: string[]; primary: true; where: (host: object) => boolean }
  const selector = on({ settings: definition.settings!.parse({ migrationRole: 'app' }) })
  assert.deepEqual([selector.roles, selector.primary], [['app'], true])
  assert.deepEqual([selector.where(hostOf()), selector.where(hostOf({ release: false }))], [true, false])
})

test('a console opens in the live release with the environment of bundler, on one host with releases', () => {
  const { definition } = rails()
  const on = definition.tasks!['console']!.on as (c: object) => { roles: string[]; primary: true; where: (host: object) => boolean }
  const selector = (given: object) => on({ settings: definition.settings!.parse(given) })
  assert.deepEqual([selector({}).roles, selector({}).primary], [['db'], true])
  assert.deepEqual([selector({ migrationRole: 'app' }).roles, selector({ consoleRole: 'web' }).roles], [['app'], ['web']])
  assert.deepEqual([selector({}).where(hostOf()), selector({}).where(hostOf({ release: false }))], [true, false])
  for (const task of ['console', 'dbconsole']) {
    const given = { release, others: { bundler: { env: { BUNDLE_JOBS: '2' } } } }
    assert.deepEqual(stepsOf(rails(), task, given), [`cd /srv/shop/current\nexport BUNDLE_JOBS=2\nbundle exec rails ${task}`])
    assert.equal(commandsOf(rails(), task, given)[0]!.spec.tty, true)
    assert.equal(definition.tasks![task]!.shows, true)
  }
})

test('a role without hosts is reported once before anything is touched, with the setting to change', () => {
  const check = (roles: readonly (readonly string[])[], settings = {}, more = {}) => {
    const hosts = roles.map((some, i) => hostOf({ name: `h${i}`, roles: some, ...more }))
    return hosts.flatMap((host) => commandsOf(rails(settings), 'check', { hosts, host }))
  }
  assert.deepEqual(check([['all']]), [])
  assert.deepEqual(check([['web'], ['db']]), [])
  const [both, ...rest] = check([['app'], ['app']])
  assert.deepEqual(rest, [])
  const [ran] = runSteps(shells[0]!.argv, [both!])
  assert.equal(ran!.code, 1)
  assert.match(ran!.stderr, /^rails: no server of production has the role db, so the database would not be migrated$/m)
  assert.match(ran!.stderr, /^rails: no server of production has the role web, so no assets would be compiled$/m)
  assert.match(hintOf(both!, {})!, /migrationRole: 'app'.*migrate: false\n.*assetsRoles.*assets: false/)
  assert.deepEqual(check([['app']], { assets: false, migrate: false }), [])
  assert.match(runSteps(shells[0]!.argv, check([['db', 'web']], {}, { release: false }))[0]!.stderr, /role db and gets releases/)
})

test('a path that leads out of the release is refused', () => {
  for (const bad of ['/assets', '../assets', 'a/../b', 'assets/', '~/assets', '.'])
    assert.throws(() => stepsOf(rails({ assetsPrefix: bad }), ':deploy:assets:precompile', { release }), bad)
})

for (const { name, argv } of shells) {
  /** Folders as on a host; `bundle` runs the given text. */
  const place = (t: { after(fn: () => void): void }, bundle: string) => {
    const made = stubs({ bundle })
    t.after(made.remove)
    const at = (path: string) => join(made.dir, path)
    const write = (path: string, text: string) => {
      mkdirSync(dirname(at(path)), { recursive: true })
      writeFileSync(at(path), text)
    }
    const live = (files: Readonly<Record<string, string>>) => {
      for (const [file, text] of Object.entries(files)) write(`releases/1/${file}`, text)
      symlinkSync(at('releases/1'), at('current'))
    }
    const run = (task: string, settings = {}, given: Given = {}) => {
      const commands = commandsOf(rails(settings), task, { release, deployTo: made.dir, ...given })
      return runSteps(argv, commands, { PATH: made.path }).map((ran, i) => ({ ...ran, command: commands[i]! }))
    }
    mkdirSync(at(`releases/${release}`), { recursive: true })
    return { at, write, live, run, calls: made.calls, read: (path: string) => readFileSync(at(path), 'utf8') }
  }
  const COMPILES = 'echo new > public/assets/.manifest.json'
  const here = `releases/${release}`

  test(`conditionallyMigrate migrates if db/ differs, and in the first release (${name})`, (t) => {
    const first = place(t, '')
    first.write(`${here}/db/migrate/1.rb`, 'one')
    assert.deepEqual(first.run(':deploy:migrate', { conditionallyMigrate: true })[0]!.status, 'ok')
    assert.deepEqual(first.calls(), ['bundle exec rake db:migrate'])
    const later = place(t, '')
    later.live({ 'db/migrate/1.rb': 'one' })
    later.write(`${here}/db/migrate/1.rb`, 'one')
    assert.equal(later.run(':deploy:migrate', { conditionallyMigrate: true })[0]!.status, 'skipped')
    later.write(`${here}/db/animals_migrate/2.rb`, 'two')
    assert.equal(later.run(':deploy:migrate', { conditionallyMigrate: true })[0]!.status, 'ok')
    assert.deepEqual(later.calls(), ['bundle exec rake db:migrate'])
  })

  test(`a failed migration has a hint (${name})`, (t) => {
    const p = place(t, `echo "rake aborted!\nDon't know how to build task 'db:migrate' (see --tasks)" >&2; exit 1`)
    const [ran] = p.run(':deploy:migrate')
    assert.equal(ran!.code, 1)
    assert.match(hintOf(ran!.command, ran!)!, /no rake task db:migrate.*migrate: false/)
  })

  test(`the assets folder is linked in place of the repository's, and the manifest is kept (${name})`, (t) => {
    const p = place(t, COMPILES)
    p.write(`${here}/public/assets/old.css`, 'old')
    assert.deepEqual(
      p.run(':deploy:assets:precompile').map(({ status }) => status),
      ['ok', 'ok', 'ok'],
    )
    assert.equal(readlinkSync(p.at(`${here}/public/assets`)), p.at('shared/public/assets'))
    assert.equal(p.run(':deploy:assets:backup_manifest')[0]!.status, 'ok')
    assert.equal(p.read(`${here}/assets_manifest_backup/.manifest.json`), 'new\n')
    assert.deepEqual(
      p.run(':deploy:assets:precompile').map(({ status }) => status),
      ['skipped', 'ok', 'ok'],
    )
  })

  test(`a compilation without a manifest is an error (${name})`, (t) => {
    const p = place(t, '')
    p.run(':deploy:assets:precompile')
    const [ran] = p.run(':deploy:assets:backup_manifest')
    assert.equal(ran!.code, 1)
    assert.match(ran!.stderr, /no manifest in public\/assets/)
    assert.match(hintOf(ran!.command, ran!)!, /assets: false/)
  })

  test(`unchanged assets are not compiled, and the live manifest counts instead of a failed release's (${name})`, (t) => {
    const p = place(t, COMPILES)
    p.live({ 'app/assets/a.css': 'a', 'assets_manifest_backup/.manifest.json': 'live' })
    p.write(`${here}/app/assets/a.css`, 'a')
    p.write('shared/public/assets/.manifest.json', 'of a failed one')
    const settings = { skipUnchangedAssets: ['app/assets', 'yarn.lock'] }
    assert.match(p.run(':deploy:assets:precompile', settings)[2]!.stdout, /nothing changed/)
    assert.deepEqual(p.calls(), [])
    assert.equal(p.read('shared/public/assets/.manifest.json'), 'live')
    p.write(`${here}/yarn.lock`, 'new')
    assert.equal(p.run(':deploy:assets:precompile', settings)[2]!.status, 'ok')
    assert.deepEqual(p.calls(), ['bundle exec rake assets:precompile'])
    p.run(':deploy:assets:precompile', settings, { release: undefined as never })
    assert.equal(p.calls().length, 2, 'asked for by itself it compiles')
  })

  test(`a rollback restores its release's manifest, or compiles without one (${name})`, (t) => {
    const p = place(t, COMPILES)
    mkdirSync(p.at('shared/public/assets'), { recursive: true })
    mkdirSync(p.at(`${here}/public`))
    symlinkSync(p.at('shared/public/assets'), p.at(`${here}/public/assets`))
    p.write(`${here}/assets_manifest_backup/.sprockets-manifest-1.json`, 'theirs')
    assert.deepEqual(
      p.run(':deploy:assets:restore_manifest').map(({ status }) => status),
      ['ok', 'skipped', 'skipped'],
    )
    assert.equal(p.read('shared/public/assets/.sprockets-manifest-1.json'), 'theirs')
    rmSync(p.at(`${here}/assets_manifest_backup`), { recursive: true })
    assert.deepEqual(
      p.run(':deploy:assets:restore_manifest').map(({ status }) => status),
      ['skipped', 'ok', 'ok'],
    )
    assert.equal(p.read(`${here}/assets_manifest_backup/.manifest.json`), 'new\n')
  })

  test(`a failure restores the live release's manifest (${name})`, (t) => {
    const p = place(t, COMPILES)
    p.live({ 'assets_manifest_backup/.manifest.json': 'live' })
    p.write('shared/public/assets/.manifest.json', 'of the failed one')
    mkdirSync(p.at('current/public'))
    symlinkSync(p.at('shared/public/assets'), p.at('current/public/assets'))
    const ran = { 'deploy:assets:precompile': 'started' } as const
    assert.deepEqual(
      p.run(':deploy:assets:recover_manifest', {}, { ran }).map(({ status }) => status),
      ['skipped', 'ok'],
    )
    assert.equal(p.read('shared/public/assets/.manifest.json'), 'live')
    assert.equal(existsSync(p.at('shared/public/assets/.shipit-manifest')), false)
  })

  test(`a failed compilation leaves the shared assets as they were, whatever it wrote and removed (${name})`, (t) => {
    const p = place(
      t,
      `cd public/assets && echo new > app-0123456789abcdef.css && mkdir deep && echo new > deep/x.js && ln -s x.js deep/link
      echo longer > application.js && echo of-the-failed-one > .manifest.json && rm old-fedcba9876543210.css && rm -r gone && exit 1`,
    )
    const shared = 'shared/public/assets'
    p.write(`${here}/public/index.html`, '')
    for (const file of ['application.js', '.manifest.json', 'old-fedcba9876543210.css', 'gone/a.png', "it's a\nname"])
      p.write(`${shared}/${file}`, file)
    symlinkSync('nowhere', p.at(`${shared}/dangling`))
    mkdirSync(p.at(`${shared}/empty`))
    const before = tree(p.at(shared))
    assert.equal(p.run(':deploy:assets:precompile').at(-1)!.status, 'failed')
    assert.notDeepEqual(tree(p.at(shared)), before)
    const ran = { 'deploy:assets:precompile': 'started' } as const
    assert.equal(p.run(':deploy:assets:recover_manifest', {}, { ran })[0]!.status, 'ok')
    assert.deepEqual(tree(p.at(shared)), before)
    assert.equal(p.run(':deploy:assets:recover_manifest', {}, { ran })[0]!.status, 'skipped', 'it is forgotten')
    p.run(':deploy:assets:precompile')
    p.run(':deploy:assets:clean')
    assert.deepEqual(readdirSync(p.at('.shipit')), [])
  })

  test(`assets are neither linked nor kept through a link of the repository (${name})`, (t) => {
    const p = place(t, COMPILES)
    p.write('shared/public/static/assets/live.css', 'live')
    p.write(`${here}/index`, '')
    symlinkSync(p.at('shared/public'), p.at(`${here}/public`))
    for (const settings of [{}, { assetsPrefix: 'static/assets' }]) {
      const [linked] = p.run(':deploy:assets:precompile', settings)
      assert.equal(linked!.status, 'failed')
      assert.match(linked!.stderr, /^public is a link to .*shared\/public, and rails\(\) links public\/(static\/)?assets to the assets/)
      assert.match(hintOf(linked!.command, linked!)!, /git rm public/)
    }
    symlinkSync(p.at('shared'), p.at(`${here}/assets_manifest_backup`))
    assert.match(p.run(':deploy:assets:backup_manifest')[0]!.stderr, /^assets_manifest_backup is a link/)
    assert.deepEqual(tree(p.at('shared')), {
      public: '/',
      'public/static': '/',
      'public/static/assets': '/',
      'public/static/assets/live.css': 'live',
    })

    test(`the manifest is not written through a link in its folder (${name})`, (t) => {
      const p = place(t, COMPILES)
      p.write('shared/precious', 'precious')
      p.write(`${here}/public/assets/.manifest.json`, 'new')
      p.write(`${here}/assets_manifest_backup/other`, '')
      symlinkSync(p.at('shared/precious'), p.at(`${here}/assets_manifest_backup/.manifest.json`))
      p.run(':deploy:assets:backup_manifest')
      assert.equal(p.read('shared/precious'), 'precious')
      assert.equal(p.read(`${here}/assets_manifest_backup/.manifest.json`), 'new')
    })
  })
}

test('an assetsPrefix inside a linked directory is a config error, and all of public may be linked', () => {
  const problems = (settings: object, linkedDirs: string[], linkedFiles: string[] = []) => {
    const { definition } = rails(settings)
    return definition.problems!({ settings: definition.settings!.parse(settings), stage: 'production', linkedDirs, linkedFiles })
  }
  assert.deepEqual(problems({ assetsPrefix: 'static/assets' }, ['public/static']), [
    'assetsPrefix is "static/assets": public/static/assets is inside "public/static", which linkedDirs links as a whole; ' +
      'link the other directories in public/static one by one instead',
  ])
  assert.deepEqual(problems({ assetsPrefix: 'static/assets', assets: false }, ['public/static']), [])
  assert.equal(problems({}, [], ['public/assets']).length, 1)
  for (const dirs of [['public'], ['public/assets'], ['public/assets/fonts'], ['log']]) assert.deepEqual(problems({}, dirs), [])
  for (const dir of ['public', 'public/assets'])
    assert.equal(commandsOf(rails(), ':deploy:assets:precompile', { release, linkedDirs: [dir] }).length, 2, 'linked already')
})

test('messages of Rails, databases and builders have hints', () => {
  const hints = (task: string, stderr: string, code = 1) =>
    hintOf(commandsOf(rails({ railsEnv: 'live' }), task, { release }).at(-1)!, { code, stderr }) ?? ''
  const cases: readonly (readonly [string, RegExp])[] = [
    ['rake aborted!\nNo Rakefile found (looking for: rakefile, Rakefile', /repoTree/],
    ['bundler: command not found: rake', /Gemfile has no rake/],
    ['Could not find rake-13.2.1 in locally installed gems (Bundler::GemNotFound)', /bundler\(\) before rails\(\)/],
    ['Missing encryption key to decrypt file with. Ask your team for your master key', /config\/master\.key.*linkedFiles/],
    ['Could not load database configuration. No such file - ["config/database.yml"]', /config\/database\.yml.*linkedFiles/],
    ['ActiveRecord::AdapterNotSpecified: The `live` database is not configured for the `live` environment.', /no entry for "live"/],
    ['PG::ConnectionBad: connection to server at "db" failed: FATAL:  database "shop" does not exist', /db:prepare/],
    ['connection to server at "10.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "x"', /refuses the user/],
    ['connection to server at "10.0.0.1", port 5432 failed: Connection refused', /w1 cannot reach the database/],
    ["Can't connect to MySQL server on 'db' (111)", /cannot reach/],
    ['ActiveRecord::ConcurrentMigrationError:', /wait/],
    ['StandardError: An error has occurred, this and all later migrations canceled:', /must work with the live release/],
  ]
  for (const [stderr, hint] of cases) assert.match(hints(':deploy:migrate', stderr), hint)
  assert.match(hints(':deploy:assets:precompile', "Don't know how to build task 'assets:precompile'"), /assets: false/)
  assert.match(hints(':deploy:assets:precompile', 'sh: 1: yarn: not found'), /Node\.js, yarn/)
  assert.match(hints(':deploy:assets:precompile', 'FATAL ERROR: JavaScript heap out of memory'), /NODE_OPTIONS/)
  assert.match(hints(':deploy:assets:precompile', '', 137), /memory/)
  assert.equal(hints(':deploy:assets:precompile', 'something else'), '')
})

test('a deploy checks Ruby first, installs gems before assets, and migrates last before the switch', async () => {
  const use = [rbenv(), bundler(), rails(), sidekiq()]
  const config = { application: 'shop', repoUrl: 'r', deployTo: '/srv/shop', use, stages: { production: { servers: ['w1'] } } }
  const stage = await resolveStage({ file: '/nowhere/deploy.config.ts', text: '', config: config as never }, 'production')
  const names = (task: string) =>
    orderTasks(createRegistry(stage), [task])
      .map((entry) => (entry.kind === 'barrier' ? entry.barrier : entry.task.name))
      .filter((one) => /^\||^(rbenv|rails|bundler):|^sidekiq:(quiet|stop)|assets|migrate|symlink:release/.test(one))
  assert.equal(
    names('deploy').join(' '),
    'rbenv:validate rails:check |checked sidekiq:quiet rbenv:check_release bundler:install ' +
      'deploy:assets:precompile deploy:assets:backup_manifest deploy:migrate |ready sidekiq:stop ' +
      'deploy:symlink:release |live deploy:assets:clean',
  )
  assert.deepEqual(
    names('deploy:rollback').filter((one) => /rbenv:check|bundler|assets|migrate/.test(one)),
    ['rbenv:check_release', 'bundler:install', 'deploy:assets:restore_manifest'],
  )
})
