import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, deployTo, exits, hosts, project, shipit, text, until } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** A small daemon of the application that reports when it is up, which release it runs from, and when it gets TERM. */
const daemon = `#!/usr/bin/env ruby
require 'socket'
STDOUT.sync = true
puts "began in #{Dir.pwd} as #{ENV['GREETING']} with #{ARGV.inspect}"
trap('TERM') { puts 'told to end'; exit 0 }
s = Socket.new(:UNIX, :DGRAM)
s.connect(Socket.sockaddr_un(ENV['NOTIFY_SOCKET'].sub(/^@/, "\\0")))
s.send('READY=1', 0)
sleep
`
const scopes = {
  system: {
    more: `serviceUnitUser: 'system', user: 'deploy'`,
    folder: '/etc/systemd/system',
    ctl: 'systemctl',
    install: ['--set', 'ssh.user=root'],
  },
  user: { more: `log: 'log/ticker.log'`, folder: '/home/deploy/.config/systemd/user', ctl: 'systemctl --user', install: [] },
} as const

describe('a unit that shipit writes', { skip: cannot(), concurrency: 2 }, () => {
  const all = hosts('h1', 'h2')
  before(() => commit('A daemon', { 'ticker.rb': daemon }))
  under('system', all.h1)
  under('user', all.h2)
})

function under(scope: keyof typeof scopes, host: LabHost): void {
  const { more, folder, ctl, install } = scopes[scope]
  describe(`under ${scope} units`, { concurrency: 1 }, () => {
    const made: Project[] = []
    const make = (service = `greeting`): Project => {
      const p = project({
        servers: { [host.name]: ['app'] },
        use: `[(await import('shipit-ts/recipes')).systemd({ services: { ticker: {
          exec: ['ruby', 'ticker.rb', '50%', '$HOME', "it's"], env: { GREETING: '${service} 100%' }, notify: true, ${more},
          directives: { Service: { MemoryMax: '200M' } }, after: { 'deploy:published': 'restart' } } } })]`,
      })
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
    const show = (property: string): Promise<string> => host.sh(`${ctl} show -P ${property} ticker.service`)
    const file = `${folder}/ticker.service`

    test('is not required by a first deploy, and the install task writes and enables it after systemd verified it', async () => {
      await host.root('loginctl disable-linger deploy')
      await run(['deploy'])
      assert.match(await run(['doctor'], 1), /ticker\.service is not installed.*systemd:ticker:install/s)
      assert.match(await run(['plan', 'systemd:ticker:install', '--full']), /ExecStart=/)
      assert.equal(await host.root(`test -e ${file} && echo there || echo none`), 'none')
      await run(['systemd:ticker:install', ...install])
      assert.match(
        await host.root(`sed -n 1p ${file}`),
        /^# Written by shipit for app \(production\): systemd:ticker:install writes ticker\.service anew/,
      )
      assert.equal(await show('UnitFileState'), 'enabled')
    })

    test('is started by a deploy from the new release, with its arguments and environment unchanged', async () => {
      await run(['deploy'])
      const pid = await show('MainPID')
      const release = await host.sh(`readlink -f ${deployTo}/current`)
      assert.equal(await host.root(`readlink /proc/${pid}/cwd`), release)
      assert.equal(await host.root(`ps -o user= -p ${pid}`), 'deploy')
      const said =
        scope === 'system' ? () => host.root(`journalctl -q -o cat _PID=${pid}`) : () => host.sh(`cat ${deployTo}/shared/log/ticker.log`)
      await until('it has said what it was given', async () => (await said()).includes('began in'))
      assert.ok((await said()).includes(`as greeting 100% with ["50%", "$HOME", "it's"]`), await said())
      assert.equal(await show('MemoryMax'), String(200 * 1024 * 1024))
      assert.doesNotMatch(await run(['doctor']), /ticker\.service/)
    })

    test('is not written again if unchanged, and a change is reported by doctor and restart until it is installed', async () => {
      const before = await host.root(`stat -c %i ${file}`)
      assert.match(await run(['systemd:ticker:install', ...install]), /nothing to write: ticker\.service is as the config says/)
      assert.equal(await host.root(`stat -c %i ${file}`), before)
      const other = make('hello')
      assert.match(await run(['doctor'], 0, other), /ticker\.service is not as the config says now/)
      assert.match(await run(['systemd:ticker:restart'], 0, other), /ticker\.service is not as the config says now/)
      await run(['systemd:ticker:install', ...install], 0, other)
      assert.match(await host.root(`cat ${file}`), /GREETING=hello 100%%/)
      assert.doesNotMatch(await run(['doctor'], 0, other), /not as the config says/)
    })

    test('is not written if systemd rejects it, and the old one stays', async () => {
      const wrong = project({
        servers: { [host.name]: ['app'] },
        use: `[(await import('shipit-ts/recipes')).systemd({ services: { ticker: { exec: '/nowhere/ticker', ${more} } } })]`,
      })
      made.push(wrong)
      const before = await host.root(`md5sum ${file}`)
      assert.match(await run(['systemd:ticker:install', ...install], 1, wrong), /systemd rejected this unit/)
      assert.equal(await host.root(`md5sum ${file}`), before)
    })

    test("is removed by uninstall with its service, and a renamed service's unit only by --prune", async () => {
      const two = (unit: string): Project => {
        return project({
          servers: { [host.name]: ['app'] },
          use: `[(await import('shipit-ts/recipes')).systemd({ services: {
            ticker: { exec: ['ruby', 'ticker.rb'], notify: true, ${more} },
            naps: { unit: '${unit}', exec: ['/bin/sleep', '1000'], ${more} }, extra: { exec: ['/bin/sleep', '1000'], ${more} } } })]`,
        })
      }
      const [before, after] = [two('naps'), two('rests')]
      made.push(before, after)
      const is = (unit: string): Promise<string> => host.sh(`${ctl} is-active ${unit}.service || true`)
      await run(['systemd:naps:install', 'systemd:extra:install', ...install], 0, before)
      await host.sh(`${scope === 'system' ? 'sudo ' : ''}${ctl} start naps extra`)
      const said = await run(['systemd:extra:uninstall', ...install], 0, after)
      assert.match(said, /no longer in the config: naps\.service\. To stop and remove: .*systemd:extra:uninstall --prune/)
      assert.deepEqual([await is('naps'), await is('extra')], ['active', 'inactive'])
      await run(['systemd:extra:uninstall', '--prune', ...install], 0, after)
      assert.deepEqual([await is('naps'), await host.root(`ls ${folder} | grep -c naps || true`)], ['inactive', '0'])
    })

    test('is found where a change of user left it behind, and the printed remedy removes it', async () => {
      const other = scope === 'system' ? scopes.user : scopes.system
      const moved = project({
        servers: { [host.name]: ['app'] },
        use: `[(await import('shipit-ts/recipes')).systemd({ services: { ticker: {
          exec: ['ruby', 'ticker.rb'], notify: true, ${other.more.replace("user: 'deploy'", 'user: null')} } } })]`,
      })
      made.push(moved)
      const is = (by: string): Promise<string> => host.sh(`${by} is-active ticker.service || true`)
      await run(
        ['systemd:ticker:install', ...other.install, ...(scope === 'user' ? ['--set', 'systemd.services.ticker.user=deploy'] : [])],
        0,
        moved,
      )
      const warned = await run(['systemd:ticker:start'], 0, moved)
      assert.match(warned, /ticker\.service is still installed under/)
      assert.deepEqual([await is(ctl), await is(other.ctl)], ['active', 'active'])
      const [, words = ''] = /remove it under the old settings: shipit production ([^"\n]*)/.exec(await run(['doctor'], 1, moved)) ?? []
      await run(words.trim().split(' '), 0, moved)
      assert.deepEqual([await is(ctl), await is(other.ctl)], ['inactive', 'active'])
      assert.doesNotMatch(await run(['doctor'], 0, moved), /still installed/)
      // back to what the next test begins with
      await run(['systemd:ticker:uninstall', ...other.install], 0, moved)
      await run(['systemd:ticker:install', 'systemd:ticker:start', ...install])
    })

    test('is refused to another application with the same name, and uninstall removes only the unit', async () => {
      const theirs = project({
        deployTo: '/var/www/other',
        servers: { [host.name]: ['app'] },
        use: `[(await import('shipit-ts/recipes')).systemd({ services: { ticker: { exec: ['ruby', 'ticker.rb'], ${more} } } })]`,
        more: `application: 'other',`,
      })
      made.push(theirs)
      assert.match(await run(['systemd:ticker:install', ...install], 1, theirs), /ticker\.service/)
      assert.match(await host.root(`sed -n 1p ${file}`), /for app \(production\)/)
      await run(['systemd:ticker:uninstall', ...install])
      assert.equal(await host.root(`test -e ${file} && echo there || echo none`), 'none')
      assert.equal(await show('LoadState'), 'not-found')
      assert.equal(await host.root('pgrep -fc "ruby ticker.rb" || true'), '0')
    })
  })
}
