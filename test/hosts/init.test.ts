import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, test } from 'node:test'
import {
  cannot,
  cap,
  deployed,
  enqueue,
  exits,
  hosts,
  installUnit,
  jobs,
  labFile,
  must,
  noCapistrano,
  shipit,
  sidekiqState,
  until,
  wipe,
} from './harness.ts'
import type { Project } from './harness.ts'

/** A checkout of the lab's application, whose remote is what the hosts deploy from; and a home whose ssh knows the hosts. */
const checkout = async (): Promise<Project> => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-init-'))
  const home = mkdtempSync(join(tmpdir(), 'shipit-home-'))
  await must('git', ['clone', '-q', '-b', 'main', labFile('repo.git'), dir])
  await must('git', ['-C', dir, 'remote', 'set-url', 'origin', 'file:///srv/repo.git'])
  mkdirSync(join(home, '.ssh'), { mode: 0o700 })
  copyFileSync(labFile('ssh_config'), join(home, '.ssh/config'))
  return { dir, home, remove: () => [dir, home].forEach((one) => rmSync(one, { recursive: true, force: true })) }
}
const configOf = (p: Project): string => readFileSync(join(p.dir, 'deploy.config.ts'), 'utf8')
const init = (p: Project, ...words: string[]) => shipit(p, ['init', '--yes', '--server', 'deploy@h1', ...words], { output: 'none' })
const plain = (p: Project, ...words: string[]) => shipit(p, words, { output: 'none' })

describe('shipit init with a server that Capistrano has deployed to', { skip: cannot() || noCapistrano() }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  beforeEach(() => wipe(h1, h2))

  test('init --yes writes a config that deploys over what Capistrano left, and restarts its Sidekiq in place', async (t) => {
    const p = await checkout()
    t.after(p.remove)
    await installUnit(h1, 'system')
    exits(await cap(['deploy'], { WITH: 'bundler,sidekiq' }), 0)
    const before = await deployed(h1)
    const wrote = await init(p)
    exits(wrote, 0)
    assert.match(wrote.stderr, /found on h1, in \/var\/www\/app:\n/)
    assert.match(wrote.stderr, new RegExp(`live +${before.live}, commit ${before.revision.slice(0, 7)}`))
    assert.match(wrote.stderr, /service +sidekiq\.service, Sidekiq$/m)
    const config = configOf(p)
    for (const line of [
      "repoUrl: 'file:///srv/repo.git',",
      "branch: 'main',",
      "deployTo: '/var/www/app',",
      "linkedDirs: ['log'],",
      "sidekiq({ serviceUnitUser: 'system' }),",
      "production: { servers: ['deploy@h1'] },",
    ])
      assert.ok(config.includes(line), `${line} is not in\n${config}`)
    exits(await plain(p, 'production', 'check'), 0)
    const plan = await shipit(p, ['production', 'plan', 'deploy'], { output: 'none' })
    exits(plan, 0)
    assert.match(plan.stdout, /sidekiq\.service/)
    exits(await shipit(p, ['production', 'deploy']), 0)
    const now = await deployed(h1)
    assert.deepEqual(now.releases, [before.live, now.live])
    assert.equal((await sidekiqState(h1, 'system')).release, now.live)
    await enqueue(h1, 'after', 0)
    await until('the job is done', async () => (await jobs(h1)).some((line) => line.startsWith(`end after ${now.live} `)))
    assert.equal((await h1.sh('ls /etc/systemd/system | grep -c sidekiq')).trim(), '1')
    exits(await cap(['deploy'], { WITH: 'bundler,sidekiq' }), 0)
  })

  test('init takes services, their instances, sockets, linked files and the number of releases from what is live', async (t) => {
    const p = await checkout()
    t.after(p.remove)
    t.after(() => h1.root(REMOVE_UNITS))
    for (let i = 0; i < 2; i++) exits(await cap(['deploy']), 0)
    await h1.root(INSTALL_UNITS)
    await h1.sh(`cd /var/www/app && mkdir -p shared/config shared/public/uploads current/public && echo k > shared/config/master.key
ln -s /var/www/app/shared/config/master.key current/config/master.key
ln -s ../../../shared/public/uploads current/public/uploads
ln -s /var/www/app/shared/log current/other-log
ln -s /var/www/app/shared/gone.yml current/gone.yml
for n in 1 2 3 4 5; do cp -r releases/$(readlink current | sed 's|.*/||') releases/2025010100000$n; done`)
    const wrote = await init(p)
    exits(wrote, 0)
    const text = configOf(p)
    for (const line of [
      'keepReleases: 7,',
      "linkedFiles: ['config/master.key'],",
      "linkedDirs: ['log', 'public/uploads'],",
      "sidekiq({ serviceUnitUser: 'system', processes: 2 }),",
      "sidekiq({ serviceUnitName: 'mailer', serviceUnitUser: 'user' }, { name: 'mailer' }),",
      "puma({ serviceUnitName: 'shop-web', serviceUnitUser: 'system', socket: true }),",
      "clock: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
    ])
      assert.ok(text.includes(line), `${line} is not in\n${text}\n${wrote.stderr}`)
    assert.doesNotMatch(text, /backup|pinned|stopped|blog/)
    assert.match(wrote.stderr, /left out +backup\.service: backup\.timer starts it/)
    assert.match(wrote.stderr, /left out +pinned\.service: it runs in \/var\/www\/app\/releases\/\d{14}, which is one release/)
    assert.match(wrote.stderr, /left out +stopped\.service: it does not run, and nothing starts it at boot/)
    assert.match(wrote.stdout, /⚠ h1: other-log in the live release leads elsewhere in shared/)
    assert.match(wrote.stdout, /⚠ h1: gone\.yml in the live release leads to a file that is missing/)
    exits(await plain(p, 'production', 'check'), 0)
    const plan = await plain(p, 'production', 'plan', 'deploy')
    exits(plan, 0)
    for (const unit of ['sidekiq@1.service', 'sidekiq@2.service', 'mailer.service', 'shop-web.service', 'clock.service'])
      assert.ok(plan.stdout.includes(unit), `${unit} is not in\n${plan.stdout}`)
    exits(await plain(p, 'production', 'doctor'), 0)
  })

  test('servers with different services have the roles of these, and rbenv is where it is on the servers', async (t) => {
    const p = await checkout()
    t.after(p.remove)
    t.after(() =>
      h1.root(
        `systemctl -q disable --now clock; rm /etc/systemd/system/clock.service; systemctl daemon-reload; rm -rf /home/deploy/.rbenv/versions`,
      ),
    )
    await h1.root(`${unit('clock.service', CURRENT, run('bundle exec clockwork'))}systemctl daemon-reload; systemctl -q enable clock`)
    await h1.sh('mkdir -p ~/.rbenv/versions')
    await installUnit(h2, 'system')
    exits(await cap(['deploy'], { SERVERS: [h1, h2].map((host) => host.address).join(',') }), 0)
    await h1.sh('echo 3.1.2 > /var/www/app/current/.ruby-version')
    const wrote = await shipit(p, ['init', '--yes', '--server', 'deploy@h1,deploy@h2'], { output: 'none' })
    exits(wrote, 0)
    const text = configOf(p)
    for (const line of [
      "rbenv({ ruby: '3.1.2' }),",
      "sidekiq({ serviceUnitUser: 'system' }),",
      "clock: { on: 'clock', serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } },",
      "{ host: 'deploy@h1', roles: ['app', 'clock', 'db', 'web'] },",
      "{ host: 'deploy@h2', roles: ['app', 'worker', 'web'] },",
    ])
      assert.ok(text.includes(line), `${line} is not in\n${text}\n${wrote.stderr}`)
    const plan = await plain(p, 'production', 'plan', 'deploy')
    exits(plan, 0)
    assert.match(wrote.stderr, /service +sidekiq\.service, Sidekiq \(h2\)/)
  })
})

const unit = (name: string, dir: string, more = '', folder = '/etc/systemd/system'): string => `cat > ${folder}/${name} <<'END'
[Service]
WorkingDirectory=${dir}
${more}
END
`
const run = (command: string): string =>
  `User=deploy\nExecStart=/bin/bash -c 'exec -a "${command}" sleep infinity'\nExecReload=/bin/kill -TSTP $MAINPID\n[Install]\nWantedBy=multi-user.target`
const CURRENT = '/var/www/app/current'
const USER_UNITS = '/home/deploy/.config/systemd/user'

/** Units as people write them; what they run is a sleep with the words of the program. */
const INSTALL_UNITS = `cd /
${unit('sidekiq@.service', CURRENT, run('/usr/bin/bundle exec sidekiq -e production'))}
${unit('shop-web.service', CURRENT, run('bundle exec puma -C config/puma.rb'))}
printf '[Socket]\nListenStream=127.0.0.1:9393\n[Install]\nWantedBy=sockets.target\n' > /etc/systemd/system/shop-web.socket
${unit('clock.service', CURRENT, run('bundle exec clockwork'))}
${unit('stopped.service', CURRENT, run('bin/old').replace(/\[Install\][^]*/, ''))}
${unit('backup.service', CURRENT, 'Type=oneshot\nExecStart=/bin/true')}
printf '[Timer]\nOnCalendar=daily\n[Install]\nWantedBy=timers.target\n' > /etc/systemd/system/backup.timer
${unit('pinned.service', '$PINNED', run('bin/pinned'))}
sed -i "s|[$]PINNED|$(readlink ${CURRENT})|" /etc/systemd/system/pinned.service
mkdir -p /srv/blog/current
${unit('blog.service', '/srv/blog/current', run('bundle exec sidekiq'))}
systemctl daemon-reload
systemctl -q enable --now sidekiq@1 sidekiq@2 shop-web.socket clock pinned blog backup.timer
loginctl enable-linger deploy
install -d -o deploy -g deploy /home/deploy/.config ${USER_UNITS.replace('/user', '')} ${USER_UNITS}
${unit('mailer.service', CURRENT, run('bundle exec sidekiq -q mailers').replace('User=deploy\n', '').replace('multi-user', 'default'), USER_UNITS)}
chown deploy:deploy ${USER_UNITS}/mailer.service
until [ -S /run/user/1000/systemd/private ]; do sleep 0.1; done
runuser -u deploy -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user daemon-reload
runuser -u deploy -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user -q enable --now mailer`

const REMOVE_UNITS = `cd /etc/systemd/system
systemctl -q disable --now sidekiq@1 sidekiq@2 shop-web.socket shop-web clock pinned blog backup.timer || true
rm -f sidekiq@.service shop-web.* clock.service stopped.service backup.* pinned.service blog.service
runuser -u deploy -- env XDG_RUNTIME_DIR=/run/user/1000 systemctl --user -q disable --now mailer || true
rm -rf ${USER_UNITS}/mailer.service /srv/blog
systemctl daemon-reload`
