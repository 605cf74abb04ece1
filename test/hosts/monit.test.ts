import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, hosts, project, shipit, text, until } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'

/** Grows to the size in /srv/hog, in MB, with a title like Sidekiq's; this takes a second. */
const hog = `#!/usr/bin/ruby
sleep 1
Process.setproctitle("hog 1.0 app [0 of 5 busy]")
held = "a" * (File.read('/srv/hog').to_i * 1_000_000)
trap('HUP') { held << 'a' * 100_000_000 }
loop { sleep 1 }`

const use = (rule: string, more = '') => `await import('shipit-ts/recipes').then(({ monit }) => [
  monit({ httpd: true, ${more} services: { hog: { rules: ['${rule}'], matching: '^hog [0-9.]+ app ', timeout: 20 } } }),
])`
const RULE = 'memory:total_rss > 200m for 2 cycles then restart'

describe('Monit', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await h1.root(`cat > /usr/local/bin/hog <<'END'\n${hog}\nEND
chmod 755 /usr/local/bin/hog; echo 20 > /srv/hog
printf '[Service]\\nExecStart=/usr/local/bin/hog\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/hog.service
systemctl daemon-reload; systemctl start hog.service
sed -i 's/^set daemon .*/set daemon 1/' /etc/monit/monitrc
rm -f /etc/monit/conf.d/*; systemctl start monit`)
    p = project({
      use: use(RULE),
      more: `tasks: {
        'hog:stop': { description: 'Stop', steps: () => [sh\`systemctl stop hog.service\`.sudo(), sh\`sleep 3; ! systemctl -q is-active hog.service\`] },
        'hog:start': { description: 'Start', steps: () => [sh\`systemctl start hog.service\`.sudo()] },
      },
      hooks: { before: { 'deploy:publishing': 'hog:stop' }, after: { 'deploy:published': 'hog:start' } },`,
    })
  })
  after(() => p?.remove())

  const run = (...words: string[]): Promise<CliOutcome> => shipit(p, ['production', ...words])
  const main = () => h1.sh('systemctl show -P MainPID hog.service')
  const state = () => h1.root('monit -B status hog_app_production')
  const file = '/etc/monit/conf.d/hog_app_production'

  test('a disabled HTTP interface and an unknown service are reported before a deploy touches anything', async () => {
    const check = await run('monit:check')
    exits(check, 1)
    assert.match(text(check), /HTTP interface is not enabled/)
    assert.match(text(check), /monit\(\{ httpd: true \}\)/)
  })

  test('monit:install writes a file that Monit reads, and writes nothing the second time', async () => {
    exits(await run('monit:install'), 0)
    assert.equal(await h1.root(`stat -c '%a %U' ${file}`), '600 root')
    assert.match(await h1.root(`cat ${file}`), /^ {2}if total memory > 200 MB for 2 cycles then restart$/m)
    await until('Monit sees it', async () => /^ *status +OK$/m.test(await state()))
    const before = await h1.root(`stat -c '%i %Y' ${file}`)
    const again = await run('monit:install')
    exits(again, 0)
    assert.equal(await h1.root(`stat -c '%i %Y' ${file}`), before)
    assert.doesNotMatch(text(again), /Reinitializing/)
    assert.match(text(await run('monit:status')), /pid +\d+/)
  })

  test('a file that Monit rejects leaves the old one in place', async (t) => {
    const old = await h1.root(`cat ${file}`)
    const bad = project({
      use: use('memory:total_rss > 300m then restart', `systemctlBin: '/usr/bin/systemctl',`).replace(
        'timeout: 20',
        `timeout: 20, as: { uid: 'nosuch' }`,
      ),
    })
    t.after(() => bad.remove())
    const outcome = await shipit(bad, ['production', 'monit:install'])
    exits(outcome, 1)
    assert.match(text(outcome), /conf\.d\/hog_app_production:\d+: Requested user not found on the system/)
    assert.match(text(outcome), /nothing was changed/)
    assert.equal(await h1.root(`cat ${file}`), old)
    await h1.root(`printf 'check process hog_app_production matching "x"\\n' > /etc/monit/conf.d/theirs`)
    t.after(() => h1.root('rm -f /etc/monit/conf.d/theirs'))
    const twice = await run('monit:install')
    exits(twice, 1)
    assert.match(text(twice), /Service name conflict/)
  })

  test('a memory rule restarts the service through its manager', async () => {
    const pid = await main()
    await h1.root('systemctl kill -s HUP hog.service; systemctl kill -s HUP hog.service; systemctl kill -s HUP hog.service')
    await until('it is another process', async () => !['0', pid].includes(await main()))
    await until('Monit sees it', async () => (await state()).includes(`pid                          ${await main()}\n`))
    assert.match(await h1.root('cat /var/log/monit.log'), /total mem.* matches resource limit/)
  })

  test('Monit does not watch a service during a deploy, and watches it again when it is up', async () => {
    await h1.root(': > /var/log/monit.log')
    const outcome = await run('deploy')
    exits(outcome, 0)
    assert.match(await state(), /^ *status +OK$/m)
    assert.match(await state(), /^ *monitoring status +Monitored$/m)
    // watching it during its start would restart it
    assert.doesNotMatch(await h1.root('cat /var/log/monit.log'), /process is not running|trying to restart/)
  })

  test("another application's check with the same name is left alone, whoever owns its process", async (t) => {
    const dropIn = '/run/systemd/system/hog.service.d'
    await h1.root(`mkdir -p /srv/blog/releases/20260101000000 ${dropIn}; ln -sfn releases/20260101000000 /srv/blog/current
printf '[Service]\\nWorkingDirectory=/srv/blog/current\\n' > ${dropIn}/blog.conf; systemctl daemon-reload; systemctl restart hog
printf 'check process hog matching "^hog [0-9.]+ app "\\n' > /etc/monit/conf.d/blog; mv ${file} /root/hog; monit reload`)
    t.after(() =>
      h1.root(
        `rm -rf ${dropIn} /etc/monit/conf.d/blog; mv /root/hog ${file}; systemctl daemon-reload; systemctl restart hog; monit reload`,
      ),
    )
    const watches = async () => /^ *monitoring status +Monitored$/m.test(await h1.root('monit -B status hog || :'))
    await until('it is watched', async () => (await watches()) && /^ *pid +\d/m.test(await h1.root('monit -B status hog')))
    const named = project({ use: use(RULE).replace('hog: {', "hog: { name: 'hog',") })
    t.after(() => named.remove())
    for (const task of ['monit:unmonitor', 'monit:monitor', 'deploy']) {
      const ran = await shipit(named, ['production', task])
      exits(ran, 1)
      assert.match(
        text(ran),
        /the check hog of Monit watches a process that runs in \/srv\/blog\/releases\/20260101000000: it does not belong to app \(production\)/,
      )
    }
    assert.ok(await watches())
  })

  test('a failed deploy leaves the service monitored, and doctor reports an unmonitored one', async (t) => {
    const failing = project({
      use: use(RULE),
      more: `hooks: { before: { 'deploy:publishing': { steps: () => [sh\`exit 7\`] } } },`,
    })
    t.after(() => failing.remove())
    exits(await shipit(failing, ['production', 'deploy']), 1)
    await until('it is watched', async () => /^ *monitoring status +Monitored$/m.test(await state()))
    assert.doesNotMatch(text(await run('doctor')), /Monit/)
    exits(await run('monit:unmonitor'), 0)
    assert.match(text(await run('doctor')), /Monit does not monitor hog_app_production/)
    exits(await run('monit:monitor', 'monit:uninstall'), 0)
    assert.equal(await h1.root(`ls /etc/monit/conf.d`), 'shipit-httpd')
    assert.match(
      text(await run('doctor')),
      /hog_app_production is missing or cannot be read|Monit does not report the status of hog_app_production/,
    )
  })

  test('the sudoers line in a failure is enough for a deploy', async (t) => {
    exits(await run('monit:install'), 0)
    const poor = project({ use: use(RULE), user: 'nosudo' })
    t.after(async () => {
      poor.remove()
      await h1.root('rm -f /etc/sudoers.d/zz_test')
    })
    const refused = await shipit(poor, ['production', 'monit:check'])
    exits(refused, 1)
    const line = /nosudo ALL=.*?NOPASSWD: [^"\n\\]*/.exec(text(refused))?.[0] ?? assert.fail(text(refused))
    await h1.root(`echo '${line}' > /etc/sudoers.d/zz_test; chmod 440 /etc/sudoers.d/zz_test; visudo -cq`)
    exits(await shipit(poor, ['production', 'monit:check', 'monit:unmonitor', 'monit:monitor']), 0)
    exits(await shipit(poor, ['production', 'monit:uninstall']), 1)
  })
})
