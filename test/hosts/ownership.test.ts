import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, exits, hosts, project, shipit, text } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'
import type { ProjectOptions } from './support/project.ts'

/** A service that runs in its unit's folder and reports when it is up. */
const serve = `#!/bin/bash
trap 'exit 0' TERM
trap : HUP TSTP
[ -z "\${NOTIFY_SOCKET:-}" ] || systemd-notify --ready
while :; do sleep 60 & wait $!; done`

const unit = (dir: string, target = 'multi-user.target', more = 'User=deploy') => `[Service]
Type=notify
NotifyAccess=all
${more}
WorkingDirectory=${dir}
ExecStart=/usr/local/bin/serve
ExecReload=/bin/kill -TSTP $MAINPID
TimeoutStopSec=40
Restart=always
[Install]
WantedBy=${target}`

const SHOP = '/srv/shop'
/** The second application: it has its own folder and names that are taken. */
const second = (use: string, more: Partial<ProjectOptions> = {}): Project =>
  project({
    servers: { h1: ['app', 'worker', 'web'] },
    deployTo: '/srv/blog',
    use: `await import('shipit-ts/recipes').then(({ bundler, sidekiq, puma, systemd }) => [${use}])`,
    ...more,
  })

describe('two applications, two stages and two users on one host', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  const file = (path: string, content: string) => `mkdir -p "$(dirname ${path})"\ncat > ${path} <<'END'\n${content}\nEND`
  before(async () => {
    const own = `${SHOP}/current`
    await h1.root(`id anna >/dev/null 2>&1 || useradd -m -d /var/lib/anna -s /bin/bash anna
${file('/usr/local/bin/serve', serve)}
chmod 755 /usr/local/bin/serve
for app in shop shop_staging; do
  mkdir -p /srv/$app/releases/20260101000000 /srv/$app/shared/log
  ln -sfn /srv/$app/releases/20260101000000 /srv/$app/current
done
install -d -o deploy /srv/blog /srv/blog_staging
chown -R deploy: /srv/shop /srv/shop_staging
${['sidekiq', 'puma', 'web'].map((name) => file(`/etc/systemd/system/${name}.service`, unit(own))).join('\n')}
${file('/etc/systemd/system/jobs@.service', unit(own))}
${file('/etc/systemd/system/web.socket', '[Socket]\nListenStream=/run/web.sock\n[Install]\nWantedBy=sockets.target')}
${file('/home/deploy/.config/systemd/user/sidekiq.service', unit('/srv/shop_staging/current', 'default.target', ''))}
${file('/var/lib/anna/.config/systemd/user/sidekiq.service', unit(own, 'default.target', ''))}
chown -R deploy: /home/deploy/.config; chown -R anna: /var/lib/anna/.config
systemctl daemon-reload
systemctl enable -q --now sidekiq puma jobs@1 jobs@2 web.socket web.service
for user in deploy anna; do
  loginctl enable-linger $user
  until [ -S /run/user/$(id -u $user)/systemd/private ]; do sleep 0.1; done
  runuser -u $user -- env XDG_RUNTIME_DIR=/run/user/$(id -u $user) systemctl --user daemon-reload
  runuser -u $user -- env XDG_RUNTIME_DIR=/run/user/$(id -u $user) systemctl --user enable -q --now sidekiq
done`)
  })

  /** The state of the others: processes with their start time, units with their properties, files with their checksums. */
  const others = () =>
    h1.root(`pgrep -x serve | while read -r pid; do echo "$pid $(cut -d' ' -f22 /proc/$pid/stat) $(readlink /proc/$pid/cwd) $(sed -n 's/^SigPnd.//p' /proc/$pid/status)"; done
systemctl show -p Id,ActiveState,MainPID,UnitFileState,NRestarts,ActiveEnterTimestampMonotonic sidekiq puma web.socket web jobs@1 jobs@2
for user in deploy anna; do runuser -u $user -- env XDG_RUNTIME_DIR=/run/user/$(id -u $user) systemctl --user show -p Id,ActiveState,MainPID,UnitFileState,NRestarts sidekiq; done
find /srv/shop /srv/shop_staging /etc/sudoers.d /etc/systemd/system /home/*/.config /var/lib/anna/.config -type f -exec md5sum {} + | sort`)

  const untouched = async (p: Project, words: readonly string[], code: number): Promise<string> => {
    const before = await others()
    const outcome: CliOutcome = await shipit(p, ['production', ...words])
    exits(outcome, code)
    assert.equal(await others(), before)
    return text(outcome)
  }

  const taken: readonly { what: string; use: string; more?: Partial<ProjectOptions>; names: RegExp; tasks: readonly string[] }[] = [
    {
      what: 'sidekiq() with a system unit',
      use: `sidekiq({ serviceUnitUser: 'system' })`,
      names: /sidekiq\.service runs in \/srv\/shop\/current: it does not belong to app \(production\), which is deployed to \/srv\/blog/,
      tasks: ['quiet', 'stop', 'start', 'restart', 'disable', 'install', 'install --force'].map((task) => `sidekiq:${task}`),
    },
    {
      what: 'sidekiq() with instances',
      use: `sidekiq({ serviceUnitUser: 'system', serviceUnitName: 'jobs', processes: 2 })`,
      names: /jobs@1\.service runs in \/srv\/shop\/current[^]*jobs@2\.service runs in/,
      tasks: ['sidekiq:restart'],
    },
    {
      what: "sidekiq() with a unit of the deploy user's systemd, of another stage",
      use: 'sidekiq()',
      names: /sidekiq\.service runs in \/srv\/shop_staging\/current/,
      tasks: ['sidekiq:restart', 'sidekiq:stop'],
    },
    {
      what: "sidekiq() with a unit of another user's systemd",
      use: `sidekiq({ user: 'anna' })`,
      names: /sidekiq\.service runs in \/srv\/shop\/current/,
      tasks: ['sidekiq:restart'],
    },
    {
      what: 'puma()',
      use: `puma({ serviceUnitUser: 'system' })`,
      names: /puma\.service runs in \/srv\/shop\/current/,
      tasks: ['restart', 'stop', 'start', 'reload', 'disable'].map((task) => `puma:${task}`),
    },
    {
      what: 'a service of systemd()',
      use: `systemd({ services: { web: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } } } })`,
      names: /web\.service runs in \/srv\/shop\/current/,
      tasks: ['restart', 'reload', 'stop', 'disable'].map((task) => `systemd:web:${task}`),
    },
    {
      what: 'a socket of systemd(), because of its service',
      use: `systemd({ services: { web: { serviceUnitUser: 'system', unit: 'web.socket', after: { 'deploy:published': 'restart' } } } })`,
      names: /web\.socket starts web\.service, which runs in \/srv\/shop\/current/,
      tasks: ['systemd:web:restart'],
    },
  ]
  for (const { what, use, more, names, tasks } of taken)
    test(`${what} is refused by every task if another application has the name, and nothing of that is touched`, async (t) => {
      const p = second(use, more)
      t.after(p.remove)
      assert.match(await untouched(p, ['deploy'], 1), names)
      assert.equal(await h1.root('ls -d /srv/blog/releases/* /srv/blog/current 2>/dev/null || true'), '')
      assert.match(await untouched(p, ['doctor'], 1), names)
      for (const task of tasks) assert.match(await untouched(p, task.split(' '), 1), names)
    })

  test("a rollback and a user's own hooks are refused before anything is touched", async (t) => {
    const own = second('')
    t.after(async () => {
      own.remove()
      await h1.root('rm -rf /srv/blog; install -d -o deploy /srv/blog')
    })
    for (let i = 0; i < 2; i++) exits(await shipit(own, ['production', 'deploy']), 0)
    const live = await h1.sh('readlink /srv/blog/current')
    for (const { use, more, names } of taken) {
      const p = second(use, more)
      t.after(p.remove)
      assert.match(await untouched(p, ['deploy:rollback'], 1), names)
    }
    for (const [use, task] of [
      [`sidekiq({ serviceUnitUser: 'system', defaultHooks: false })`, 'sidekiq:restart'],
      [`puma({ serviceUnitUser: 'system', defaultHooks: false })`, 'puma:restart'],
      [`systemd({ services: { web: { serviceUnitUser: 'system' } } })`, 'systemd:web:reload'],
    ] as const) {
      const p = second(use, { more: `hooks: { after: { 'deploy:published': '${task}' } },` })
      t.after(p.remove)
      for (const words of [['deploy'], ['deploy:check'], ['deploy:rollback']])
        assert.match(await untouched(p, words, 1), /runs in \/srv\/shop\/current/)
    }
    assert.equal(await h1.sh('readlink /srv/blog/current'), live)
  })

  test('the printed remedy gives the second application its own unit, and both run side by side', async (t) => {
    const use = `bundler(), sidekiq({ serviceUnitUser: 'system', NAME timeout: 8, commandArgs: ['-r', './worker.rb'] })`
    const refused = second(use.replace('NAME', ''))
    t.after(refused.remove)
    const said = await untouched(refused, ['deploy'], 1)
    const name = /sidekiq\(\{ (serviceUnitName: '[^']+') \}\), then shipit production sidekiq:install/.exec(said)?.[1] ?? assert.fail(said)
    const p = second(use.replace('NAME', `${name},`))
    t.after(async () => {
      p.remove()
      await h1.root(
        'systemctl disable -q --now sidekiq-app-production; rm -f /etc/systemd/system/sidekiq-app-production.service; rm -rf /srv/blog; install -d -o deploy /srv/blog; systemctl daemon-reload',
      )
    })
    const before = await others()
    exits(await shipit(p, ['production', 'sidekiq:install', '--set', 'ssh.user=root', '--set', 'sidekiq.user=deploy']), 0)
    exits(await shipit(p, ['production', 'deploy']), 0)
    assert.match(await h1.root('readlink /proc/$(systemctl show -P MainPID sidekiq-app-production)/cwd'), /^\/srv\/blog\/releases\/\d{14}$/)
    const shop = (state: string) =>
      state.split('\n').filter((line) => !line.includes('/srv/blog') && !line.includes('sidekiq-app-production'))
    assert.deepEqual(shop(await others()), shop(before))
  })

  test('drop-ins, links, homes and %h are read like systemd does', async (t) => {
    const p = second(`systemd({ services: { mine: { serviceUnitUser: 'system' } } })`)
    t.after(async () => {
      p.remove()
      await h1.root('systemctl stop mine; rm -rf /etc/systemd/system/mine.service* /srv/link; systemctl daemon-reload')
    })
    const put = (dir: string, dropIn?: string) =>
      h1.root(`install -d -o deploy /srv/blog/releases/20260101000000; ln -sfn /srv/blog/releases/20260101000000 /srv/blog/current
ln -sfn /srv/blog/current /srv/link
${file('/etc/systemd/system/mine.service', unit(dir))}
${dropIn === undefined ? 'rm -rf /etc/systemd/system/mine.service.d' : file('/etc/systemd/system/mine.service.d/dir.conf', `[Service]\nWorkingDirectory=${dropIn}`)}
systemctl daemon-reload`)
    const restart = () => shipit(p, ['production', 'systemd:mine:restart'])
    await put('/srv/link/')
    exits(await restart(), 0)
    await put('/srv/blog/current', '/srv/shop/current')
    exits(await restart(), 1)
    await put('/srv/shop/current', '-/srv/blog/current')
    exits(await restart(), 0)
    await put('~')
    exits(await restart(), 0)
    await put('/srv/blog/releases/20260101000000')
    exits(await restart(), 0)
    await h1.root('install -d -o deploy /srv/blog/releases/20260202000000; ln -sfn /srv/blog/releases/20260202000000 /srv/blog/current')
    const old = await restart()
    exits(old, 1)
    assert.match(text(old), /mine\.service runs in \/srv\/blog\/releases\/20260101000000, which is one release/)
    assert.match(text(old), /WorkingDirectory=\/srv\/blog\/current in the unit, then sudo systemctl daemon-reload/)
  })
})
