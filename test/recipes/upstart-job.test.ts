import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { files } from '../../recipes/sidekiq/upstart/files.ts'
import { assignment, quoteWord } from '../../recipes/sidekiq/upstart/job-text.ts'
import { sidekiq } from '../../recipes/index.ts'
import { contextOf, stepsOf, type Given } from '../support/context.ts'

const host = 'user deploy\ngroup deploy\nbundle /usr/bin/bundle\npath /usr/bin:/bin\nsidekiq 6.4.1\n'
/** The files that install writes, by name. */
const written = (settings: Record<string, unknown> = {}, facts: Given['facts'] = {}): Record<string, string> => {
  const recipe = sidekiq({ manager: 'upstart', ...settings } as Parameters<typeof sidekiq>[0])
  const given = { facts: { host, home: 'deploy:x:1000:1000::/home/deploy:/bin/sh\n', ...facts } }
  return Object.fromEntries(files(contextOf(recipe, given) as unknown as Context).map(({ name, text }) => [name, text]))
}

test('G115: the job file has what Sidekiq needs, and no expect', () => {
  assert.equal(
    written()['sidekiq.conf'],
    `# Written by shipit for shop (production): sidekiq:install writes sidekiq.conf anew from the config. Deployed to /srv/shop
description "Sidekiq of shop (production)"

start on runlevel [2345]
stop on runlevel [!2345]

respawn
respawn limit 3 30
normal exit 0 TERM
kill timeout 35
reload signal TSTP

setuid deploy
setgid deploy
umask 0002
limit nofile 65536 65536
chdir /srv/shop/current
console log

env HOME=/home/deploy
env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
env RAILS_ENV=production
env MALLOC_ARENA_MAX=2

exec /usr/bin/bundle exec sidekiq -e production -t 25
`,
  )
})

test('the job file has each setting', () => {
  const text = written({
    timeout: 60,
    railsEnv: 'staging',
    user: 'svc',
    concurrency: 7,
    queues: ['high', "it's $HOME"],
    configFiles: ['high.yml'],
    command: 'sidekiqswarm',
    commandArgs: ['-r', './app.rb'],
    umask: '027',
    serviceUnitEnvVars: { NOTE: 'a "b" \\ $c' },
    upstart: { respawnLimit: 'unlimited', startOn: 'started redis', group: 'www', limitNofile: null, stanzas: ['nice 5'] },
  })['sidekiq.high.conf']!
  for (const line of [
    'start on started redis',
    'respawn limit unlimited',
    'kill timeout 70',
    'setuid svc',
    'setgid www',
    'umask 0027',
    'nice 5',
    'env NOTE="a \\"b\\" \\\\ $c"',
    'exec /usr/bin/bundle exec sidekiqswarm -e staging -C config/high.yml -c 7 -q high -q "it\'s \\$HOME" -t 60 -r ./app.rb',
  ])
    assert.ok(text.includes(`\n${line}\n`), `${line}\n${text}`)
  assert.doesNotMatch(text, /limit nofile/)
})

test('the quiet signal depends on the Sidekiq version, unless it is set', () => {
  const signal = (version: string, upstart = {}) =>
    /reload signal (.*)/.exec(written({ upstart }, { host: host.replace('6.4.1', version) })['sidekiq.conf']!)![1]
  assert.deepEqual(
    ['4.2.8', '3.5.4', '4.2.9', '4.2.10', '5.2.7', '7.3.2', ''].map((version) => signal(version)),
    ['USR1', 'USR1', 'TSTP', 'TSTP', 'TSTP', 'TSTP', 'TSTP'],
  )
  assert.equal(signal('6.4.1', { quietSignal: 'USR1' }), 'USR1')
})

test('several processes are instances, and their own job starts them at boot', () => {
  const files = written({ processes: 3 })
  assert.deepEqual(Object.keys(files), ['sidekiq.conf', 'sidekiq-workers.conf'])
  assert.match(files['sidekiq.conf']!, /^stop on runlevel \[!2345\]\n\ninstance \$index\nexport index$/m)
  assert.doesNotMatch(files['sidekiq.conf']!, /^start on/m)
  assert.match(files['sidekiq-workers.conf']!, /^start on runlevel \[2345\]$/m)
  assert.match(files['sidekiq-workers.conf']!, /for index in 1 2 3; do initctl start sidekiq index=\$index/)
})

test('env files are read by a shell, which then becomes Sidekiq', (t) => {
  const text = written({ serviceUnitEnvFiles: ['app.env', '-/etc/none.env'] })['sidekiq.conf']!
  const script = /^script\n([\s\S]*)^end script$/m.exec(text)![1]!
  assert.match(script, /^ {2}read_env \/srv\/shop\/shared\/app\.env$/m)
  assert.match(script, /if \[ -r \/etc\/none\.env \]; then/)
  const dir = mkdtempSync(join(tmpdir(), 'shipit-env-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'app.env')
  writeFileSync(file, `# no\nA=one two\nB="with quotes"\nC='single'\nD=$HOME "x\n\n=bad\nE=last`)
  const body = script
    .replace('/srv/shop/shared/app.env', file)
    .replace(/exec \/usr.*/, `exec /bin/sh -c 'printf "%s|" "$A" "$B" "$C" "$D" "$E"'`)
  const { stdout } = spawnSync('/bin/sh', ['-e', '-c', body], { encoding: 'utf8' })
  assert.equal(stdout, 'one two|with quotes|single|$HOME "x|last|')
})

test("arguments in exec reach the program unchanged through Upstart's shell", () => {
  const hostile = ['plain', 'a b', "it's", '$HOME', '`id`', '"x"', 'end\\', '*', '#no', 'k=v', '$(id)', ';']
  const line = ['printf', '%s|', ...hostile].map(quoteWord).join(' ')
  const { stdout } = spawnSync('/bin/sh', ['-e', '-c', `exec ${line}`], { encoding: 'utf8' })
  assert.equal(stdout, hostile.map((word) => `${word}|`).join(''))
  // Upstart's own reader counts a backslash as an escape in any quotes, and wants them balanced
  assert.equal(line.replaceAll(/\\./g, '').split('"').length % 2, 1)
  assert.equal(assignment('A', 'b c'), 'A="b c"')
})

test('settings that cannot be right are refused, and nothing is written', () => {
  const refused = (settings: Record<string, unknown>, given: Given = {}) =>
    stepsOf(sidekiq({ manager: 'upstart', ...settings } as Parameters<typeof sidekiq>[0]), 'install', { facts: { host }, ...given }).join(
      '\n',
    )
  assert.match(refused({}, { layout: { user: 'root' } }), /would run as root.*exit 1/s)
  assert.match(refused({ upstart: { killTimeout: 20 } }), /killTimeout, 20 s, is less than the timeout of Sidekiq/)
  assert.match(refused({ upstart: { stanzas: ['expect fork'] } }), /expect from upstart\.stanzas/)
  const foreign = { host, 'jobFiles.0': 'description "mine"\n' }
  assert.match(refused({}, { facts: foreign }), /not written by shipit.*--force/s)
  const forced = stepsOf(sidekiq({ manager: 'upstart' }), 'install', { facts: foreign, args: { force: true } })
  assert.ok(forced.includes('sudo cp -p --backup=numbered /etc/init/sidekiq.conf /etc/init/sidekiq.before-shipit'))
})
