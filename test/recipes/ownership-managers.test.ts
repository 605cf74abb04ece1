import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { commandsOf, contextOf, goodRelease, hintOf, stepsOf, textOf, type Given } from '../support/context.ts'
import { alive, daemons, noDaemons } from '../support/daemons.ts'
import { shells } from '../support/script.ts'

for (const { name, argv } of shells)
  test(
    `a pidfile shared by two applications by mistake leaves the first one's process and file untouched (${name})`,
    { skip: noDaemons() },
    (t) => {
      const pids = mkdtempSync(join(tmpdir(), 'shipit-pids-'))
      t.after(() => rmSync(pids, { recursive: true }))
      const settings = { signals: { pids } }
      const [shop, blog] = [daemons(argv, t), daemons(argv, t)]
      shop.release('1')
      blog.release('1')
      shop.run('start', settings)
      const file = join(pids, 'sidekiq-0.pid')
      const pid = readFileSync(file, 'utf8')
      const processes = blog.look(settings)
      assert.match(processes, new RegExp(`^foreign ${pid.trim()} `, 'm'))
      for (const task of ['check', 'quiet', 'stop', 'start', 'restart']) {
        const [ran, ...more] = blog.run(task, settings, { facts: { processes } })
        assert.equal(ran!.code, 1)
        assert.deepEqual(more, [])
        assert.match(ran!.stderr, /sidekiq-0\.pid: Sidekiq \d+ runs in .*\/releases\/1: it does not belong to shop \(production\)/)
        assert.match(ran!.hint!, /serviceUnitName: 'sidekiq-shop-production' \}\); or keep its pidfiles in shared/)
      }
      assert.deepEqual(blog.run('recover', settings, { facts: { processes }, ran: { 'sidekiq:quiet': 'started' } }), [])
      assert.equal(readFileSync(file, 'utf8'), pid)
      assert.ok(alive(Number(pid)))
      // the remedy: a different name
      const own = { ...settings, serviceUnitName: 'sidekiq-shop-production' }
      assert.ok(blog.run('start', own, { facts: { processes: blog.look(own) } }).every(({ code }) => code === 0))
      assert.ok(alive(Number(pid)))
      assert.match(shop.look(settings), /^running /m)
    },
  )

const upstart = { manager: 'upstart', upstart: { initctlBin: '/sbin/initctl' } } as const
const jobs: readonly { readonly what: string; readonly text: string; readonly says: RegExp | undefined }[] = [
  {
    what: 'its own first line',
    text: '# Written by shipit for shop (production): sidekiq:install writes it\nchdir "/srv/shop/current"\n',
    says: undefined,
  },
  { what: 'a job in its own folder, written by hand', text: 'chdir /srv/shop/current\nexec bundle exec sidekiq\n', says: undefined },
  { what: 'a job without a sign', text: 'exec /usr/local/bin/sidekiq\n', says: undefined },
  { what: 'a folder that is not a deploy', text: 'chdir /var/www/shop\nexec bundle exec sidekiq\n', says: undefined },
  {
    what: 'the first line of another application',
    text: '# Written by shipit for blog (production): sidekiq:install writes it\n',
    says: /was written for blog \(production\)/,
  },
  {
    what: 'the first line of another stage',
    text: '# Written by shipit for shop (staging): sidekiq:install writes it\n',
    says: /was written for shop \(staging\)/,
  },
  { what: 'another folder', text: "chdir '/srv/blog/current'\nexec bundle exec sidekiq\n", says: /runs in \/srv\/blog\/current/ },
  {
    what: 'a script that changes to another folder',
    text: 'script\n  cd /srv/blog/current\n  exec bundle exec sidekiq\nend script\n',
    says: /runs in \/srv\/blog\/current/,
  },
  { what: 'a comment that names another folder', text: '# as in /srv/blog/current\nchdir /srv/shop/current\n', says: undefined },
  { what: 'a release folder', text: 'chdir /srv/shop/releases/20260101000000\n', says: /which is one release/ },
]
for (const { what, text, says } of jobs)
  test(`an Upstart job is recognized by its file: ${what}`, () => {
    const given: Given = { layout: { releases: [goodRelease()] }, facts: { jobs: 'sidekiq start/running, process 7', 'jobFiles.0': text } }
    const recipe = sidekiq(upstart)
    for (const task of ['check', 'quiet', 'stop', 'start', 'restart', 'enable', 'disable']) {
      const [first] = commandsOf(recipe, task, given)
      const refused = first !== undefined && says?.test(textOf(first)) === true
      assert.equal(refused, says !== undefined)
      if (!refused) continue
      assert.match(textOf(first), says!)
      assert.match(hintOf(first, {})!, /serviceUnitName: 'sidekiq-shop-production' \}\), then shipit production sidekiq:install$/)
    }
    if (says === undefined) return
    assert.deepEqual(stepsOf(recipe, 'recover', { ...given, ran: { 'sidekiq:stop': 'started' } }), [])
    const found = recipe.definition.doctor!.findings(contextOf(recipe, given))
    assert.ok(found.some(({ level, message }) => level === 'error' && says.test(message)))
    if (!/one release/.test(says.source)) {
      const [install] = stepsOf(recipe, 'install', { ...given, args: { force: true }, facts: { ...given.facts, host: '' } })
      assert.match(install!, /exit 1$/)
    }
  })

test('a change in the config that is not installed is a warning of every start, with the commands', () => {
  const unit = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n'
  const host = 'user deploy\ngroup deploy\nbundle /usr/bin/bundle\npath /usr/bin:/bin\nkill /bin/kill\nsidekiq 6.4.1\n'
  const old = '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n[Service]\nExecStart=old\n'
  const given = (more: Record<string, string>): Given => ({ layout: { releases: [goodRelease()] }, facts: { units: unit, ...more } })
  const drift = (task: string, more: Record<string, string>) =>
    commandsOf(sidekiq({ serviceUnitUser: 'system' }), task, given(more)).find(({ spec }) => spec.title?.startsWith('compare') === true)
  for (const task of ['start', 'restart']) {
    const warned = drift(task, { 'files.0': old, host })
    assert.equal(warned?.spec.allow, true)
    const text = textOf(warned!)
    assert.match(text, /sidekiq\.service is not as the config says now/)
    assert.match(
      text,
      /shipit production sidekiq:install --set ssh\.user=root --set sidekiq\.user=deploy; then shipit production sidekiq:restart/,
    )
    // written by hand, or not read: nothing is known
    assert.equal(drift(task, { 'files.0': '[Service]\n', host }), undefined)
    assert.equal(drift(task, {}), undefined)
    // a run that installs has read the file before
    assert.equal(drift(task, { 'files.0': old, host, shown: unit }), undefined)
  }
})
