import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, exits, hosts, project, shipit, text } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

const asRoot = ['--set', 'ssh.user=root']
/** A server that takes its connections from systemd, and reloads at a HUP. */
const server = `require 'socket'
trap('HUP') {}
trap('TERM') { exit!(0) }
server = TCPServer.for_fd(3)
loop { server.accept.close }
`
const rack = {
  Gemfile: "source 'file:///srv/gems'\n\ngem 'puma'\ngem 'sd_notify'\n",
  'config.ru': "run ->(_) { [200, {}, ['up']] }\n",
  'config/puma.rb': 'threads 1, 1\n',
}

describe('the least that sudo has to allow for Puma and for services', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(async () => {
    const lock = await h1.sh(`mkdir /tmp/lock; cd /tmp/lock; cat > Gemfile <<'END'
${rack.Gemfile}END
bundle lock --local >/dev/null; cat Gemfile.lock`)
    await commit('Servers', { ...rack, 'server.rb': server, 'Gemfile.lock': `${lock}\n` })
  })
  whole(h1, {
    tasks: 'puma',
    file: 'zz_app_production_puma',
    unit: 'puma',
    use: `puma({ serviceUnitUser: 'system', user: 'deploy', roles: ['app'], socket: true, bind: 'tcp://127.0.0.1:9292' })`,
  })
  whole(h2, {
    tasks: 'systemd:web',
    file: 'zz_app_production_systemd_web',
    unit: 'web',
    use: `systemd({ services: { web: { serviceUnitUser: 'system', user: 'deploy', exec: 'ruby server.rb', listen: '127.0.0.1:9400',
      directives: { Service: { ExecReload: '/bin/kill -HUP $MAINPID' } } } } })`,
  })
})

interface Kind {
  readonly tasks: string
  readonly file: string
  readonly unit: string
  readonly use: string
}

/** deploy may no more than the rules say. */
function whole(host: LabHost, { tasks, file, unit, use }: Kind): void {
  describe(tasks, { concurrency: 1 }, () => {
    let p: Project
    before(async () => {
      await host.root(
        `rm /etc/sudoers.d/deploy; install -d -o deploy /var/www/app; printf '[Service]\nExecStart=/bin/sleep 1d\n' > /etc/systemd/system/other.service`,
      )
      p = project({
        servers: { [host.name]: ['app'] },
        use: `await import('shipit-ts/recipes').then(({ puma, systemd }) => [${use}].filter(() => puma && systemd))`,
      })
    })
    after(() => p.remove())
    const run = async (words: readonly string[], code = 0): Promise<string> => {
      const outcome = await shipit(p, ['production', ...words])
      exits(outcome, code)
      return text(outcome)
    }

    test('without a rule a deploy is stopped before anything is touched, and names the task that prints the rules', async () => {
      assert.match(await run([`${tasks}:install`], 1), new RegExp(`${tasks}:install --set ssh\\.user=root`))
      await run([`${tasks}:install`, ...asRoot])
      assert.match(await run(['deploy'], 1), new RegExp(`see the rules: shipit production ${tasks}:sudoers`))
      assert.match(await run(['doctor'], 1), new RegExp(`${tasks}:sudoers --install --set ssh\\.user=root`))
      assert.equal(await host.root('ls /var/www/app/releases 2>/dev/null || true'), '')
    })

    test('the printed rules, put in place by root once, are read by sudo', async () => {
      const printed = await shipit(p, ['production', `${tasks}:sudoers`], { output: 'plain' })
      exits(printed, 0)
      const lines = printed.stdout
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line.startsWith('deploy '))
      assert.equal(lines.length, 9)
      await run([`${tasks}:sudoers`, '--install', ...asRoot])
      const written = await host.root(`stat -c "%a %U %G" /etc/sudoers.d/${file}; grep -v "^#" /etc/sudoers.d/${file}`)
      assert.deepEqual(written.split('\n'), ['440 root root', ...lines])
      assert.equal(await host.root('ls -A /etc/sudoers.d'), `README\nnosudo\n${file}`)
      await run([`${tasks}:sudoers`, '--install', ...asRoot])
    })

    test('with them every task works', async () => {
      await run(['deploy'])
      for (const task of ['restart', 'reload', 'stop', 'start', 'disable', 'enable', 'install']) await run([`${tasks}:${task}`])
      await host.root(`systemctl stop ${unit}.service`)
      await run(['deploy'])
      await host.root(`systemctl stop ${unit}.socket ${unit}.service`)
      await run([`${tasks}:restart`])
      assert.equal(await host.sh(`systemctl is-active ${unit}.socket ${unit}.service | xargs`), 'active active')
      assert.doesNotMatch(await run(['doctor']), /sudo/)
    })

    test('and nothing else does', async () => {
      const refused = [
        'systemctl start other.service',
        `systemctl restart ${unit}`,
        `systemctl restart ${unit}.socket`,
        `systemctl restart ${unit}.service other.service`,
        `systemctl restart ${unit}.service --root=/tmp/x`,
        `systemctl --root=/tmp/x restart ${unit}.service`,
        `systemctl stop ${unit}.service ${unit}.socket`,
        `systemctl edit ${unit}.service`,
        'systemctl enable /tmp/evil.service',
        `systemctl kill --kill-who=main -s USR1 ${unit}.service`,
        'systemctl daemon-reload',
        `systemctl status ${unit}.service`,
        'systemctl',
        `/usr/bin/env systemctl restart ${unit}.service`,
        `-u nosudo systemctl restart ${unit}.service`,
        'sh -c id',
        `rm -f /etc/systemd/system/${unit}.service`,
      ]
      for (const words of refused) {
        const { code, stderr } = await host.try(`sudo -n ${words} </dev/null`)
        assert.equal(code, 1, words)
        assert.match(stderr, /sudo: a password is required|not allowed/, words)
      }
      assert.match(await run([`${tasks}:uninstall`], 1), new RegExp(`${tasks}:uninstall .*--set ssh\\.user=root`))
      assert.equal(await host.root(`ls /etc/systemd/system | grep -cF ${unit}.`), '2')
    })

    test('a file of another application is left as it is', async () => {
      await host.root(`sed -i '1s/(production)/(staging)/' /etc/sudoers.d/${file}`)
      const before = await host.root(`cat /etc/sudoers.d/${file}`)
      assert.match(await run([`${tasks}:sudoers`, '--install', ...asRoot], 1), /exists and does not belong to app \(production\)/)
      assert.equal(await host.root(`cat /etc/sudoers.d/${file}`), before)
    })
  })
}
