import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, hosts, project, shipit } from './harness.ts'
import type { CliOutcome, LabHost, Project } from './harness.ts'

const asRoot = ['--set', 'ssh.user=root']

describe('the findings of doctor', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  system(h1)
  user(h2)
})

const found = ({ events }: CliOutcome): string[] =>
  events.flatMap((event) => (event.type === 'finding' ? [`${event.level}: ${event.message} -> ${event.remedy}`] : []))

function system(host: LabHost): void {
  describe('for system units', { concurrency: 1 }, () => {
    let p: Project
    before(async () => {
      const use = `[bundler(), sidekiq({ serviceUnitUser: 'system', user: 'deploy', timeout: 8, commandArgs: ['-r', './worker.rb'] })]`
      p = project({ servers: { [host.name]: ['worker'] }, use })
      await host.root('rm /etc/sudoers.d/deploy; install -d -o deploy /var/www/app')
      for (const words of [['sidekiq:install', ...asRoot], ['sidekiq:sudoers', '--install', ...asRoot], ['deploy']])
        exits(await shipit(p, ['production', ...words]), 0)
    })
    after(() => p.remove())
    const doctor = async (code: number): Promise<string[]> => {
      const outcome = await shipit(p, ['production', 'doctor'])
      exits(outcome, code)
      return found(outcome)
    }

    test('are empty on a healthy host', async () => assert.deepEqual(await doctor(0), []))

    const file = '/etc/systemd/system/sidekiq.service'
    const provoked: readonly [title: string, change: string, code: number, RegExp][] = [
      ['report a masked unit', `mv ${file} /root/; systemctl mask sidekiq`, 1, /^error: sidekiq\.service is masked -> .*unmask/],
      ['report a unit that is not installed', `rm ${file}`, 1, /^error: sidekiq\.service is not installed -> .*sidekiq:install/],
      ['report a unit that is not enabled', 'systemctl disable sidekiq', 0, /^warning: sidekiq\.service is not enabled/],
      ['report a unit that does not run', 'systemctl stop sidekiq', 0, /^warning: sidekiq\.service does not run/],
      [
        'report a changed file that systemd has not read',
        `touch -d '+1 minute' ${file}; echo '#' >> ${file}`,
        0,
        /^warning: the unit file of sidekiq\.service has changed/,
      ],
      [
        'report a file that install would change',
        `sed -i s/Sec=30/Sec=20/ ${file}`,
        0,
        /^warning: sidekiq\.service is not as the config says now -> .*plan sidekiq:install/,
      ],
      ['report a reload that ends Sidekiq', `sed -i s/TSTP/USR1/ ${file}`, 1, /^error: sidekiq\.service: a reload ends Sidekiq 6\.4\.1/],
      ['report a reload that does not quiet', `sed -i s/TSTP/HUP/ ${file}`, 0, /^warning: sidekiq\.service: a reload does not quiet/],
      [
        'report too little time to stop',
        `sed -i s/StopSec=18/StopSec=8/ ${file}`,
        1,
        /^error: .*kills Sidekiq after 8 s .*gives its jobs 8 s.* -> set TimeoutStopSec=18/,
      ],
      ['report little time to stop', `sed -i s/StopSec=18/StopSec=12/ ${file}`, 0, /^warning: .*kills Sidekiq after 12 s/],
      [
        'use the timeout of the config file of Sidekiq',
        `sed -i 's/ -t 8//;s/StopSec=18/StopSec=7/' ${file}`,
        1,
        /^error: .*gives its jobs 8 s/,
      ],
      [
        'report a unit without User=',
        `sed -i '/^User=/d;/^Group=/d' ${file}`,
        0,
        /^warning: sidekiq\.service: Sidekiq runs as root, because the unit has no User= -> set User=deploy/,
      ],
      [
        'report another WorkingDirectory',
        `sed -i 's#^WorkingDirectory=.*#WorkingDirectory=/srv#' ${file}`,
        1,
        /^error: sidekiq\.service runs in \/srv: it does not belong to app \(production\), which is deployed to \/var\/www\/app -> if app was deployed there before: /,
      ],
      [
        'report a missing log folder',
        `sed -i 's#^UMask#StandardOutput=append:/var/log/no/x.log\\nUMask#' ${file}`,
        1,
        /^error: .*folder of its log, \/var\/log\/no/,
      ],
      [
        'report a missing environment file',
        `sed -i 's#^UMask#EnvironmentFile=/etc/no.env\\nUMask#' ${file}`,
        1,
        /^error: .*EnvironmentFile \/etc\/no\.env does not exist/,
      ],
      [
        'report a watchdog with a short interval',
        `sed -i 's/^WatchdogSec=.*/WatchdogSec=4/' ${file}; systemctl daemon-reload; systemctl restart sidekiq`,
        0,
        /^warning: .*WatchdogSec=4/,
      ],
      ['Restart=no', `sed -i 's/^Restart=.*/Restart=no/' ${file}`, 0, /^warning: .*Restart=no/],
      [
        'report a shell as the main process',
        `sed -i "s#^ExecStart=.*#ExecStart=/bin/sh -c 'cd /; cd - >/dev/null; bundle exec sidekiq -e production -r ./worker.rb; true'#;s/^Type=.*/Type=simple/;/Watchdog/d" ${file}; systemctl daemon-reload; systemctl restart sidekiq; sleep 3`,
        1,
        /^error: sidekiq\.service: sh stays in front of Sidekiq/,
      ],
      [
        'report a failed start',
        `sed -i 's#^ExecStart=.*#ExecStart=/bin/false#;s/^Restart=.*/Restart=no/' ${file}; systemctl daemon-reload; systemctl restart sidekiq || true`,
        1,
        /^error: sidekiq\.service has failed \(exit-code\)/,
      ],
      [
        'report units of older settings',
        `sed 's/writes sidekiq\\.service/writes sidekiq.old.service/' ${file} > /etc/systemd/system/sidekiq.old.service`,
        0,
        /^warning: no longer in the config: sidekiq\.old\.service -> .*--prune/,
      ],
    ]
    for (const [title, change, code, wanted] of provoked) {
      test(title, async () => {
        const reload = title.includes('not read') ? '' : 'systemctl daemon-reload'
        await host.root(`cp ${file} /root/good; ${change}; ${reload}`)
        try {
          const all = await doctor(code)
          assert.ok(
            all.some((one) => wanted.test(one)),
            all.join('\n'),
          )
        } finally {
          await host.root(
            `systemctl unmask sidekiq 2>/dev/null; rm -f /etc/systemd/system/sidekiq.old.service; cp /root/good ${file}; systemctl daemon-reload; systemctl reset-failed; systemctl -q enable sidekiq; systemctl ${change.includes('restart') ? 'restart' : 'start'} sidekiq`,
          )
        }
      })
    }

    test('report Type=notify with a Sidekiq that is too old', async () => {
      await host.sh(
        `cd /var/www/app; cp current/Gemfile.lock /tmp/lock; sed -i 's/^    sidekiq (.*)/    sidekiq (6.0.4)/' current/Gemfile.lock`,
      )
      const all = await doctor(1)
      assert.ok(
        all.some((one) => /^error: .*Type=notify, but Sidekiq 6\.0\.4 does not notify systemd/.test(one)),
        all.join('\n'),
      )
      await host.sh('cp /tmp/lock /var/www/app/current/Gemfile.lock')
      assert.deepEqual(await doctor(0), [])
    })
  })
}

function user(host: LabHost): void {
  test("report missing lingering and a User= in a unit of the user's own systemd", async (t) => {
    const p = project({
      servers: { [host.name]: ['worker'] },
      use: `[bundler(), sidekiq({ timeout: 8, commandArgs: ['-r', './worker.rb'] })]`,
    })
    t.after(p.remove)
    for (const task of ['sidekiq:install', 'deploy']) exits(await shipit(p, ['production', task]), 0)
    const doctor = async (): Promise<string[]> => found(await shipit(p, ['production', 'doctor']))
    assert.deepEqual(await doctor(), [])
    await host.sh(`sed -i 's/^UMask/User=deploy\\nUMask/' ~/.config/systemd/user/sidekiq.service; systemctl --user daemon-reload`)
    assert.match((await doctor()).join('\n'), /^error: sidekiq\.service: User=deploy in a unit of a user's own systemd/m)
    await host.root('loginctl disable-linger deploy')
    assert.match((await doctor()).join('\n'), /^error: deploy does not linger/m)
  })
}
