import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, deployTo, exits, hosts, project, root, shipit, text } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** The recipe of the page, as somebody would copy it. */
const recipe = /```ts\n(\/\/ deploy\/mill\.ts[^]*?)```/.exec(readFileSync(join(root, 'docs/recipes.md'), 'utf8'))![1]!

/** A worker that says when it is up, takes no new work after USR1, and does not start while the file `broken` is in shared. */
const worker = `#!/usr/bin/env ruby
require 'socket'
STDOUT.sync = true
exit 3 if File.exist?('${deployTo}/shared/broken')
quiet = false
trap('USR1') { quiet = true }
trap('TERM') { puts 'done'; exit!(0) }
s = Socket.new(:UNIX, :DGRAM)
s.connect(Socket.sockaddr_un(ENV['NOTIFY_SOCKET'].sub(/^@/, "\\0")))
s.send('READY=1', 0)
loop do
  sleep 0.1
  puts 'takes no new work' if quiet
end
`

const scopes = {
  system: {
    ctl: 'systemctl',
    folder: '/etc/systemd/system',
    more: `serviceUnitUser: 'system', user: 'deploy'`,
    asRoot: ['--set', 'ssh.user=root'],
  },
  user: { ctl: 'systemctl --user', folder: '/home/deploy/.config/systemd/user', more: `log: 'log/mill.log'`, asRoot: [] },
} as const

describe('a recipe of your own with a service', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(() => commit('A worker', { 'bin/mill': worker }))
  under('system', h1)
  under('user', h2)
})

function under(scope: keyof typeof scopes, host: LabHost): void {
  const { ctl, folder, more, asRoot } = scopes[scope]
  describe(`${scope} units`, { concurrency: 1 }, () => {
    const made: Project[] = []
    // the tests start it more often than systemd's limit of five times in ten seconds
    const make = (settings = ''): Project => {
      const p = project({
        servers: { [host.name]: ['worker'] },
        use: `[(await import('./mill.ts')).mill({ command: ['ruby', 'bin/mill'], timeout: 5, ${more},
          directives: { Unit: { StartLimitIntervalSec: 0 } }, ${settings} })]`,
        more: `tasks: { breaks: { steps: () => [sh\`test ! -e /tmp/break\`] } }, hooks: { before: { 'deploy:publishing': 'breaks' } },`,
      })
      writeFileSync(join(p.dir, 'mill.ts'), recipe)
      made.push(p)
      return p
    }
    let p: Project
    before(() => {
      p = make()
    })
    after(() => made.forEach((one) => one.remove()))
    const run = async (words: readonly string[], code = 0, by = p): Promise<string> => {
      const outcome = await shipit(by, ['production', ...words])
      exits(outcome, code)
      return text(outcome)
    }
    const show = (property: string): Promise<string> => host.sh(`${ctl} show -P ${property} mill.service`)

    test('it is installed, enabled, and started by a deploy', async () => {
      await run(['deploy'])
      await run(['mill:install', ...asRoot])
      assert.equal(await show('UnitFileState'), 'enabled')
      await run(['deploy'])
      assert.equal(await show('ActiveState'), 'active')
      assert.equal(await host.root(`readlink /proc/${await show('MainPID')}/cwd`), await host.sh(`readlink -f ${deployTo}/current`))
      assert.equal(await show('TimeoutStopUSec'), '15s')
      assert.doesNotMatch(await run(['doctor']), /mill\.service/)
    })

    test('it is quieted, stopped, started and restarted', async () => {
      const pid = await show('MainPID')
      await run(['mill:quiet'])
      assert.equal(await show('MainPID'), pid)
      await run(['mill:restart'])
      assert.notEqual(await show('MainPID'), pid)
      await run(['mill:stop'])
      assert.equal(await show('ActiveState'), 'inactive')
      await run(['mill:start'])
      assert.equal(await show('ActiveState'), 'active')
    })

    test('a deploy replaces its process, and one that fails before the switch puts it back to work', async () => {
      const pid = await show('MainPID')
      await run(['deploy'])
      const next = await show('MainPID')
      assert.notEqual(next, pid)
      await host.sh('touch /tmp/break')
      await run(['deploy'], 1)
      await host.sh('rm /tmp/break')
      assert.equal(await show('ActiveState'), 'active')
      assert.notEqual(await show('MainPID'), next)
    })

    test('a process that the quiet signal ends is reported', async () => {
      const other = make()
      writeFileSync(join(other.dir, 'mill.ts'), recipe.replace("quiet: 'USR1'", "quiet: 'USR2'"))
      assert.match(await run(['mill:quiet'], 1, other), /ended after USR2, which should only have stopped it/)
      await run(['mill:start'])
    })

    test('a service that does not come up is reported, and the doctor finds a changed config', async () => {
      await host.sh(`touch ${deployTo}/shared/broken`)
      assert.match(await run(['mill:restart'], 1), /Mill ended while it came up \(exit code 3\)/)
      await host.sh(`rm ${deployTo}/shared/broken`)
      await run(['mill:restart'])
      const other = make(`timeout: 7`)
      assert.match(await run(['doctor'], 0, other), /mill\.service is not as the config says now/)
      assert.match(await run(['mill:restart'], 0, other), /not as the config says now/)
    })

    if (scope === 'system')
      test('its sudo rules are enough', async (t) => {
        await host.root('cp -p /etc/sudoers.d/deploy /tmp/deploy; rm /etc/sudoers.d/deploy')
        t.after(() => host.root('cp -p /tmp/deploy /etc/sudoers.d/deploy'))
        assert.match(await run(['deploy'], 1), /see the rules: shipit production mill:sudoers/)
        await run(['mill:sudoers', '--install', ...asRoot])
        await run(['deploy'])
        for (const task of ['quiet', 'restart', 'stop', 'start', 'disable', 'enable']) await run([`mill:${task}`])
      })

    test('its uninstallation leaves nothing', async () => {
      await run(['mill:uninstall', ...asRoot])
      assert.equal(await show('LoadState'), 'not-found')
      assert.equal(await host.root(`find ${folder} -name '*mill*' | wc -l`), '0')
      assert.equal(await host.root('pgrep -fc bin/mill || true'), '0')
    })
  })
}
