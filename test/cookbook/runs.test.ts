import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { cookbook, sectionOf } from '../house/pages.ts'
import { needs, startSshd } from '../support/sshd.ts'
import { openKitchen, type Kitchen } from './kitchen.ts'

const [app1, app2, app3, db1] = ['app1.example.com', 'app2.example.com', 'app3.example.com', 'db1.example.com'] as const
const deploy = ['production', 'deploy']
let kitchen: Kitchen

before(async () => {
  kitchen = await openKitchen([app1, app2, app3, db1])
  kitchen.commit({
    'app/index': 'one',
    'config/settings': 'one',
    'package-lock.json': '{}',
    'apps/web/page': 'web',
    'apps/admin/page': 'admin',
  })
})
after(() => kitchen?.stop())

/** The config of a recipe, with another text in it. */
const changed = (recipe: string, from: string, to: string): Record<string, string> => {
  const config = sectionOf(cookbook, recipe).files['deploy.config.ts']!
  assert.ok(config.includes(from), `${recipe} has no ${from}`)
  return { 'deploy.config.ts': config.replaceAll(from, to) }
}
const live = (host: string, file: string): string => readFileSync(kitchen.on(host, `srv/current/${file}`), 'utf8')
const restarts = (host: string): number => kitchen.calls(host).filter((line) => line === 'systemctl restart shop').length

test('the maintenance page says what was typed, and is gone after a deploy', async () => {
  kitchen.serve('A maintenance page')
  kitchen.clear()
  await kitchen.ends(0, ['production', 'maintenance:on', '--minutes', '30'])
  const page = kitchen.on(app2, 'srv/shared/maintenance.html')
  assert.match(readFileSync(page, 'utf8'), /in about 30 minutes/)
  await kitchen.ends(0, deploy)
  assert.ok(!existsSync(page))
})

test('a canary that does not answer keeps the others from a restart, and the error says how to go back', async () => {
  kitchen.serve('A canary first, then the rest', changed('A canary first, then the rest', "for: '1m'", "for: '3s'"))
  kitchen.clear()
  writeFileSync(kitchen.on(app1, 'down'), '')
  const text = await kitchen.ends(7, deploy)
  rmSync(kitchen.on(app1, 'down'))
  assert.match(text, /go back: shipit production deploy:rollback/)
  assert.deepEqual([app1, app2, app3].map(restarts), [1, 0, 0])
  await kitchen.ends(0, ['production', 'restart'])
  assert.deepEqual([app1, app2, app3].map(restarts), [1, 1, 1])
})

test('a deploy to a host that does not migrate says so', async () => {
  kitchen.serve('A migration on one host')
  kitchen.clear()
  const text = await kitchen.ends(0, [...deploy, '--hosts', app2])
  assert.match(text, /db:migrate/)
  assert.deepEqual([app1, app2].map(kitchen.calls), [[], []])
  await kitchen.ends(0, deploy)
  assert.deepEqual([app1, app2].map(kitchen.calls), [['npm run migrate'], []])
})

test('the restart is left out if nothing has changed, and happens if something has', async () => {
  kitchen.serve('Restart only if something changed')
  kitchen.clear()
  await kitchen.ends(0, deploy)
  assert.deepEqual([app1, app2].map(restarts), [1, 1])
  kitchen.commit({ README: 'changed' })
  await kitchen.ends(0, deploy)
  assert.deepEqual([app1, app2].map(restarts), [0, 0])
  // not in the last of the parts, so that each of them must count
  kitchen.commit({ 'app/index': 'two' })
  await kitchen.ends(0, deploy)
  assert.deepEqual([app1, app2].map(restarts), [1, 1])
})

test('a deploy that waits in vain for an answer ends with 7, and the rollback that it names works', async () => {
  const recipe = 'Wait until the application answers'
  kitchen.serve(recipe, changed(recipe, "patience: '2m'", "patience: '4s'"))
  kitchen.clear()
  await kitchen.ends(0, deploy)
  const good = readFileSync(kitchen.on(app1, 'srv/revisions.log'), 'utf8').match(/release (\d{14})/)![1]!
  writeFileSync(kitchen.on(app1, 'down'), '')
  assert.match(await kitchen.ends(7, deploy), /go back: shipit production deploy:rollback/)
  rmSync(kitchen.on(app1, 'down'))
  assert.match(await kitchen.ends(0, ['production', 'deploy:rollback']), new RegExp(good))
})

test('the chat learns of a deploy and of a failure, and no output and no process list has the address', async () => {
  const recipe = 'Messages in a chat'
  kitchen.serve(recipe)
  kitchen.clear()
  const env = { CHAT_WEBHOOK: 'https://chat.example.com/hooks/sesame' }
  const out = await kitchen.ends(0, deploy, { env })
  const [call, url] = kitchen.calls('here')
  assert.match(call!, /^curl .*--data \{"text":"Deployed: shop [\da-f]{7} on production, by tester"\} --config -$/)
  assert.equal(url, 'url = "https://chat.example.com/hooks/sesame"')
  kitchen.serve(recipe, changed(recipe, 'hooks: {', "hooks: { before: { 'deploy:updated': { steps: () => [sh`exit 3`] } },"))
  const failed = await kitchen.ends(1, deploy, { env })
  assert.match(kitchen.calls('here')[0]!, /"Not deployed: shop [\da-f]{7} on production, by tester: .*exit/)
  assert.doesNotMatch(out + failed, /sesame/)
})

test('assets are built from the commit that is deployed, or not at all', async () => {
  kitchen.serve('Assets that are built on your machine')
  kitchen.clear()
  await kitchen.ends(0, deploy)
  assert.equal(live(app2, 'public/dist/app.js'), 'built\n')
  kitchen.commit({ README: 'a commit that the checkout does not have' })
  const text = await kitchen.ends(1, deploy)
  assert.match(text, /check out the commit that you deploy/)
  assert.equal(readdirSync(kitchen.on(app1, 'srv/releases')).length, 1)
})

test('only a version goes to production, and an answer names it', async () => {
  kitchen.commit({ README: 'version 1' }, ['tag', 'v1.0.0'])
  kitchen.serve('Deploy a tag')
  kitchen.clear()
  assert.match(await kitchen.ends(2, deploy), /--answer tag=/)
  assert.match(await kitchen.ends(1, [...deploy, '--branch', 'main']), /main is not a version/)
  await kitchen.ends(0, [...deploy, '--answer', 'tag=v1.0.0'])
  assert.equal(live(app1, 'README'), 'version 1')
})

test('a job without its variables is refused before anything connects, and the error names them all', async () => {
  kitchen.serve('Deploy from CI')
  const text = await kitchen.ends(2, deploy, { env: { CI_COMMIT_SHA: 'main', PURGE_CDN: '1' } })
  assert.match(text, /CDN_TOKEN/)
  assert.doesNotMatch(text, /connected/)
})

test('a static site goes live without git on the hosts, and back', async () => {
  kitchen.serve('A static site')
  kitchen.clear()
  await kitchen.ends(0, deploy)
  assert.equal(live(app1, 'app.js'), 'built\n')
  await kitchen.ends(0, deploy)
  await kitchen.ends(0, ['production', 'deploy:rollback'])
  assert.ok(!existsSync(kitchen.on(app1, 'srv/repo')))
})

test('Laravel gets its directories, its caches before the switch and its reload after it', async () => {
  kitchen.serve('Laravel')
  kitchen.clear()
  for (const host of [app1, app2]) {
    mkdirSync(kitchen.on(host, 'srv/shared'), { recursive: true })
    writeFileSync(kitchen.on(host, 'srv/shared/.env'), '')
  }
  await kitchen.ends(0, deploy)
  assert.ok(statSync(kitchen.on(app1, 'srv/current/storage/framework/views')).isDirectory())
  assert.deepEqual(
    kitchen.calls(app1).filter((line) => /^(?:composer|php|systemctl)/.test(line)),
    [
      'composer install --no-dev --no-interaction --prefer-dist --optimize-autoloader',
      'php artisan storage:link',
      'php artisan config:cache',
      'php artisan route:cache',
      'php artisan view:cache',
      'php artisan event:cache',
      'php artisan migrate --force',
      'systemctl reload php8.3-fpm',
      'php artisan queue:restart',
    ],
  )
  assert.ok(!kitchen.calls(app2).includes('php artisan migrate --force'))
})

test('Docker Compose gets the commit as the tag, and its password on stdin', async () => {
  kitchen.serve('Docker Compose')
  const commit = kitchen.commit({ 'compose.yml': 'services: {}' })
  kitchen.clear()
  for (const host of [app1, app2]) {
    mkdirSync(kitchen.on(host, 'srv/shared'), { recursive: true })
    writeFileSync(kitchen.on(host, 'srv/shared/.env'), '')
  }
  await kitchen.ends(0, deploy, { env: { REGISTRY_PASSWORD: 'p4ssword-of-ci' } })
  assert.deepEqual(kitchen.calls(app1), [
    'docker login --username ci --password-stdin registry.example.com',
    'p4ssword-of-ci',
    'docker compose pull --quiet',
    `TAG=${commit}`,
    'docker compose up --detach --remove-orphans --wait',
    `TAG=${commit}`,
  ])
})

test('a directory of a monorepo becomes the release, without the rest', async () => {
  kitchen.serve('A directory of a monorepo')
  kitchen.clear()
  await kitchen.ends(0, deploy)
  assert.deepEqual(readdirSync(kitchen.on(app1, 'srv/current')).sort(), ['REVISION', 'REVISION_TIME', 'page'])
  assert.equal(live(app1, 'page'), 'web')
})

test('two applications of one repository share a mirror', async () => {
  kitchen.serve('Several applications in one repository')
  kitchen.clear()
  const own = ['--config', 'apps/admin/deploy.config.ts', '--set', 'repoPath=~/srv/git']
  await kitchen.ends(0, [...deploy, ...own])
  assert.equal(live(app1, 'page'), 'admin')
  assert.ok(existsSync(kitchen.on(app1, 'srv/git/HEAD')))
  assert.ok(!existsSync(kitchen.on(app1, 'srv/repo')))
  assert.deepEqual(kitchen.calls(app1), ['sudo systemctl restart admin', 'systemctl restart admin'])
})

test('a key reaches a host that lacks it, and never replaces another', async () => {
  kitchen.serve('A key that only your machine has', { 'config/master.key': 'the first key' })
  kitchen.clear()
  await kitchen.ends(0, deploy)
  assert.equal(live(app2, 'config/master.key'), 'the first key')
  assert.equal(statSync(kitchen.on(app2, 'srv/shared/config/master.key')).mode & 0o777, 0o600)
  writeFileSync(kitchen.here('config/master.key'), 'another key')
  await kitchen.ends(0, deploy)
  assert.equal(live(app2, 'config/master.key'), 'the first key')
})

test('the database is fetched and restored, and no dump stays on the host', async () => {
  kitchen.serve('Fetch the database')
  kitchen.clear({})
  mkdirSync(kitchen.on(db1, 'srv/shared'), { recursive: true })
  await kitchen.ends(0, ['production', 'db:pull', '--yes'])
  assert.deepEqual(kitchen.calls('here'), ['pg_restore --clean --if-exists --no-owner --dbname=shop_development tmp/db-pull.dump', 'dump'])
  assert.deepEqual(readdirSync(kitchen.on(db1, 'srv/shared')), [])
  assert.match(await kitchen.ends(1, ['production', 'db:pull']), /Replace shop_development/)
})

test('rake gets its arguments as one word, and exec does the same without a task', async () => {
  kitchen.serve('A rake task with arguments')
  kitchen.clear({})
  await kitchen.ends(0, ['production', 'orders:recount', '--year', '2026', '--region', 'us'])
  assert.deepEqual(kitchen.calls(app1), ['bundle exec rake orders:recount[2026,us]'])
  assert.match(await kitchen.ends(2, ['production', 'orders:recount', '--year', '26']), /year/)
  await kitchen.ends(0, [
    'production',
    'exec',
    '--hosts',
    app1,
    '--in',
    'current',
    '--',
    'bundle',
    'exec',
    'rake',
    'orders:recount[2026,eu]',
  ])
  assert.deepEqual([app1, app2].map(kitchen.calls), [['bundle exec rake orders:recount[2026,eu]'], []])
})

test('hosts that differ fail the comparison', async () => {
  kitchen.serve('Compare the hosts')
  kitchen.clear({ 'package-lock.json': '{}\n' })
  await kitchen.ends(0, ['production', 'hosts:compare'])
  appendFileSync(kitchen.on(app2, 'srv/current/package-lock.json'), 'changed\n')
  assert.match(await kitchen.ends(1, ['production', 'hosts:compare']), /the hosts differ/)
})

test('a jump host leads to the host that is behind it, and none to the other', { skip: needs('sshd', 'ssh') }, async () => {
  const gate = await startSshd()
  try {
    const recipe = 'Behind a jump host'
    kitchen.serve(recipe, changed(recipe, 'jump@gate.example.com', `${gate.user}@127.0.0.1:${gate.port}`))
    kitchen.clear()
    appendFileSync(kitchen.here('../known_hosts'), readFileSync(gate.knownHosts))
    appendFileSync(kitchen.here('../ssh_config'), `  IdentityFile ${gate.keyFile}\n`)
    await kitchen.ends(0, deploy)
    assert.equal(live(app1, 'app/index'), live(db1, 'app/index'))
    assert.equal(gate.log().match(/Accepted publickey/g)?.length, 1)
  } finally {
    await gate.stop()
  }
})
