import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, exits, hosts, project, shipit, text } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

const use = (more: string) => `[bundler(), sidekiq({ user: 'deploy', timeout: 8, commandArgs: ['-r', './worker.rb'], ${more} })]`
const asRoot = ['--set', 'ssh.user=root']

describe('the rules of sidekiq:sudoers', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(() => commit('A second config file', { 'config/high.yml': ':concurrency: 2\n' }))
  one(h1)
  other(h2)
})

/** Tests with a deploy user who has only these rights. */
function one(host: LabHost): void {
  describe('for system units', { concurrency: 1 }, () => {
    let p: Project
    before(async () => {
      await host.root(
        `rm /etc/sudoers.d/deploy; install -d -o deploy /var/www/app; printf '[Service]\nExecStart=/bin/sleep 1d\n' > /etc/systemd/system/other.service`,
      )
      p = project({ servers: { [host.name]: ['worker'] }, use: use(`serviceUnitUser: 'system', configFiles: ['sidekiq.yml', 'high.yml']`) })
    })
    after(() => p.remove())
    const run = async (words: readonly string[], code = 0): Promise<string> => {
      const outcome = await shipit(p, ['production', ...words])
      exits(outcome, code)
      return text(outcome)
    }

    test('are asked for by a deploy before anything is touched, and sidekiq:install needs root', async () => {
      assert.match(await run(['sidekiq:install'], 1), /sidekiq:install --set ssh\.user=root/)
      assert.equal(await host.root('ls /etc/systemd/system | grep sidekiq || true'), '')
      await run(['sidekiq:install', ...asRoot])
      assert.match(await run(['deploy'], 1), /NOPASSWD: \/usr\/bin\/systemctl/)
      assert.match(await run(['doctor'], 1), /deploy may not run through sudo/)
      assert.match(await run(['plan', 'deploy'], 1), /deploy may not run through sudo/)
      assert.equal(await host.root('ls /var/www/app/releases 2>/dev/null || true'), '')
    })

    test('are read by sudo when root installs them as printed', async () => {
      const printed = await shipit(p, ['production', 'sidekiq:sudoers'], { output: 'plain' })
      exits(printed, 0)
      const lines = printed.stdout
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('deploy '))
      await run(['sidekiq:sudoers', '--install', ...asRoot])
      const file = await host.root(
        'stat -c "%a %U %G" /etc/sudoers.d/zz_app_production_sidekiq; grep -v "^#" /etc/sudoers.d/zz_app_production_sidekiq',
      )
      assert.deepEqual(file.split('\n'), ['440 root root', ...lines])
      assert.equal(await host.root('ls -A /etc/sudoers.d'), 'README\nnosudo\nzz_app_production_sidekiq')
      await run(['sidekiq:sudoers', '--install', ...asRoot])
    })

    test('are installed by an admin with sudo for the deploy user, and replace no file of another application', async () => {
      await host.root(`id ubuntu 2>/dev/null || useradd -m -s /bin/bash ubuntu
echo 'ubuntu ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/zz_ubuntu; chmod 440 /etc/sudoers.d/zz_ubuntu
cp -r ~deploy/.ssh ~ubuntu/; chown -R ubuntu: ~ubuntu/.ssh`)
      const file = '/etc/sudoers.d/zz_app_production_sidekiq'
      const before = await host.root(`cat ${file}`)
      const said = await run(['sidekiq:sudoers', '--install', '--set', 'ssh.user=ubuntu'])
      assert.match(said, /wrote \/etc\/sudoers\.d\/zz_app_production_sidekiq, for deploy/)
      assert.equal(await host.root(`cat ${file}`), before)
      await host.root(`cp -p ${file} /tmp/mine; sed -i '1s/(production)/(staging)/' ${file}`)
      const foreign = await host.root(`cat ${file}`)
      assert.match(await run(['sidekiq:sudoers', '--install', ...asRoot], 1), /exists and does not belong to app \(production\)/)
      assert.equal(await host.root(`cat ${file}`), foreign)
      await host.root(`cp -p /tmp/mine ${file}; rm /etc/sudoers.d/zz_ubuntu`)
    })

    test("are enough for every task, next to an admin's rule that asks for a password", async () => {
      await host.root(`echo 'deploy ALL=(ALL) ALL' > /etc/sudoers.d/deploy; chmod 440 /etc/sudoers.d/deploy`)
      await run(['deploy'])
      await host.root('rm /etc/sudoers.d/deploy')
      for (const task of ['quiet', 'restart', 'stop', 'start', 'disable', 'enable', 'install']) await run([`sidekiq:${task}`])
      await host.root('systemctl stop sidekiq.high')
      await run(['sidekiq:quiet'])
      await run(['deploy'])
      assert.equal(await host.sh('systemctl is-active sidekiq sidekiq.high'), 'active\nactive')
      assert.doesNotMatch(await run(['doctor']), /sudo/)
    })

    const refused = [
      'systemctl start other.service',
      'systemctl restart sidekiq',
      'systemctl restart sidekiq.service other.service',
      'systemctl restart sidekiq.service --root=/tmp/x',
      'systemctl --root=/tmp/x restart sidekiq.service',
      'systemctl restart sidekiq.high.service sidekiq.service',
      'systemctl edit sidekiq.service',
      'systemctl enable /tmp/evil.service',
      'systemctl kill --kill-who=main -s KILL sidekiq.service',
      'systemctl kill -s TSTP sidekiq.service',
      'systemctl daemon-reload',
      'systemctl status sidekiq.service',
      'systemctl',
      '/tmp/bin/systemctl restart sidekiq.service',
      '/usr/bin/env systemctl restart sidekiq.service',
      '-u nosudo systemctl restart sidekiq.service',
      'sh -c id',
      'loginctl enable-linger nosudo',
    ]
    test('allow nothing else', async () => {
      await host.sh('mkdir -p /tmp/bin; printf "#!/bin/sh\\nid\\n" > /tmp/bin/systemctl; chmod +x /tmp/bin/systemctl')
      for (const words of refused) {
        const { code, stderr } = await host.try(`sudo -n ${words} </dev/null`)
        assert.equal(code, 1, words)
        assert.match(stderr, /sudo: a password is required|not allowed/, words)
      }
      assert.equal(await host.sh('systemctl is-active other.service || true'), 'inactive')
      // the allowed commands, with the same words
      await host.sh('sudo -n systemctl restart sidekiq.service sidekiq.high.service')
    })

    test('are reported by doctor if they are too wide', async () => {
      await host.root(`echo 'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart sidekiq*' > /etc/sudoers.d/zz_wide`)
      assert.match(await run(['doctor']), /without a password: \/usr\/bin\/systemctl restart sidekiq\*/)
      await host.root(`echo 'deploy ALL=(ALL) ALL' > /etc/sudoers.d/zz_wide`)
      assert.match(await run(['doctor'], 1), /sudo asks deploy for a password before: systemctl reload sidekiq\.service/)
      assert.match(await run(['deploy'], 1), /sudo asks deploy for a password/)
      await host.root('rm /etc/sudoers.d/zz_wide')
    })
  })
}

/** Tests with the systemd of svc, where deploy logs in. */
function other(host: LabHost): void {
  test("allow a shell of the service's user, and of no other user", async (t) => {
    await host.root('rm /etc/sudoers.d/deploy; useradd -m -s /bin/bash svc; install -d -o deploy /var/www/app; loginctl enable-linger svc')
    const p = project({ servers: { [host.name]: ['worker'] }, use: use(`user: 'svc'`).replace("user: 'deploy', ", '') })
    t.after(p.remove)
    const run = async (words: readonly string[], code = 0): Promise<string> => {
      const outcome = await shipit(p, ['production', ...words])
      exits(outcome, code)
      return text(outcome)
    }
    await run(['doctor'], 1)
    await run(['sidekiq:sudoers', '--install', ...asRoot])
    assert.equal(await host.root('tail -n 1 /etc/sudoers.d/zz_app_production_sidekiq'), 'deploy ALL=(svc) NOPASSWD: /bin/sh ""')
    for (const words of [['sidekiq:install'], ['deploy'], ['sidekiq:restart'], ['doctor'], ['sidekiq:uninstall']]) await run(words)
    for (const words of ['-u svc id', '-u svc /bin/sh -c id', '/bin/sh', '-u nosudo /bin/sh'])
      assert.equal((await host.try(`sudo -n ${words} </dev/null`)).code, 1, words)
  })
}
