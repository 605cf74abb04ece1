import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, deployTo, deployed, exits, hosts, project, shipit, text, until } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

const odd = `it's "50%" of $HOME \\ ;`
const scopes = {
  system: {
    settings: `serviceUnitUser: 'system', processes: 2, configFiles: ['sidekiq.yml', 'high.yml'], wants: ['redis-server.service']`,
    units: ['sidekiq@1', 'sidekiq@2', 'sidekiq.high@1', 'sidekiq.high@2'],
    folder: '/etc/systemd/system',
    ctl: 'systemctl',
    owner: 'deploy',
  },
  user: {
    settings: `log: 'log/sidekiq/out.log', errorLog: 'log/sidekiq/errors.log', useLoginShell: true`,
    units: ['sidekiq'],
    folder: '/home/deploy/.config/systemd/user',
    ctl: 'systemctl --user',
    owner: 'deploy',
  },
  other: {
    settings: `user: 'svc', configFiles: ['sidekiq.yml', 'high.yml'], serviceUnitEnvFiles: ['-sidekiq.env']`,
    units: ['sidekiq', 'sidekiq.high'],
    folder: '/home/svc/.config/systemd/user',
    ctl: 'sudo -H -u svc XDG_RUNTIME_DIR=/run/user/$(id -u svc) systemctl --user',
    owner: 'svc',
  },
} as const

describe('units installed by shipit', { skip: cannot(), concurrency: 3 }, () => {
  const all = hosts('h1', 'h2', 'h3')
  before(() => commit('A second config file', { 'config/high.yml': ':concurrency: 2\n:queues:\n  - high\n' }))
  under('system', all.h1)
  under('user', all.h2)
  under('other', all.h3)
})

function under(scope: keyof typeof scopes, host: LabHost): void {
  const { settings, units, folder, ctl, owner } = scopes[scope]
  describe(`under ${scope} units`, { concurrency: 1 }, () => {
    const made: Project[] = []
    const make = (more = ''): Project => {
      const given = `${settings}, timeout: 8, systemdWatchdogSec: 3, commandArgs: ['-r', './worker.rb', '-g', ${JSON.stringify(odd)}], serviceUnitEnvVars: { ODD: ${JSON.stringify(odd)} }`
      const p = project({ servers: { [host.name]: ['worker'] }, use: `[bundler(), sidekiq({ ${given}, ${more} })]` })
      made.push(p)
      return p
    }
    let p: Project
    before(async () => {
      if (owner === 'svc') await host.root('useradd -m -s /bin/bash svc')
      p = make()
    })
    after(() => made.forEach((one) => one.remove()))

    const task = async (name: string, code = 0, by = p): Promise<string> => {
      const outcome = await shipit(by, ['production', name])
      exits(outcome, code)
      return text(outcome)
    }
    const pids = async (): Promise<number[]> =>
      (await host.sh(`for unit in ${units.join(' ')}; do ${ctl} show --value -p MainPID "$unit"; done`)).split('\n').map(Number)
    const up = async (): Promise<boolean> => (await pids()).every((pid) => pid > 0)
    const files = (): Promise<string> => host.root(`stat -c '%n %Y %i' ${folder}/sidekiq*.service`)

    test('are written and enabled before the first deploy, which starts them', async () => {
      await task('sidekiq:install')
      assert.deepEqual(
        await pids(),
        units.map(() => 0),
      )
      assert.deepEqual(await host.sh(`${ctl} is-enabled ${units.join(' ')}`), units.map(() => 'enabled').join('\n'))
      await task('deploy')
      const { live } = await deployed(host)
      for (const pid of await pids()) {
        assert.equal(await host.root(`basename "$(readlink /proc/${pid}/cwd)"; stat -c %U /proc/${pid}`), `${live}\n${owner}`)
        const environ = await host.root(`tr '\\0' '\\n' < /proc/${pid}/environ`)
        for (const line of [`ODD=${odd}`, 'RAILS_ENV=production', 'MALLOC_ARENA_MAX=2'])
          assert.ok(environ.split('\n').includes(line), environ)
        assert.ok((await host.root(`cat /proc/${pid}/cmdline`)).includes(`${odd} [`), 'the tag is one word')
      }
      await until('Redis knows all of them', async () => Number(await host.sh('redis-cli --raw scard processes')) === units.length)
    })

    test('are left alone if unchanged, and written and reloaded if changed', async () => {
      await task('sidekiq:install')
      const before = await files()
      const running = await pids()
      await task('sidekiq:install')
      assert.equal(await files(), before)

      const said = await task('sidekiq:install', 0, make(`directives: { Service: { LimitNOFILE: 4096 } }`))
      assert.notEqual(await files(), before)
      assert.match(said, /until it is restarted: shipit production sidekiq:restart/)
      assert.equal(await host.sh(`${ctl} show --value -p NeedDaemonReload ${units[0]}`), 'no')
      assert.deepEqual(await pids(), running)
      await task('sidekiq:restart')
      assert.match(await host.root(`cat /proc/${(await pids())[0]}/limits`), /Max open files +4096 /)
    })

    test('are left unchanged if systemd rejects the new ones or another program wrote them', async () => {
      const before = await files()
      assert.match(await task('sidekiq:install', 1, make(`directives: { Service: { MemoryMax: 'much' } }`)), /Invalid memory limit 'much'/)
      assert.match(
        await task('sidekiq:install', 1, make(`directives: { Service: { ExecStartPre: '/no/such' } }`)),
        /\/no\/such is not executable/,
      )
      assert.match(
        await task('sidekiq:install', 1, make(`directives: { Service: { MemroyMax: '1G' } }`)),
        /Unknown key name 'MemroyMax'|Unknown key 'MemroyMax'/,
      )
      assert.equal(await files(), before)
      const name = `${folder}/sidekiq${scope === 'system' ? '@' : ''}.service`
      await host.root(`sed -i '1s/.*/# mine/' ${name}`)
      const mine = await files()
      assert.match(await task('sidekiq:install', 1), /was not written by shipit/)
      assert.equal(await files(), mine)
      await host.root(`sed -i '1s/.*/# Written by shipit for app (production): sidekiq:install x/' ${name}`)
      await task('sidekiq:install')
    })

    test('come back after being killed, hanging and a loss of power', { timeout: 240_000 }, async () => {
      await task('sidekiq:restart')
      for (const signal of ['KILL', 'STOP']) {
        const [pid = 0] = await pids()
        await host.root(`kill -${signal} ${pid}`)
        // a booting process is not watched yet
        await until(
          `another process is up after ${signal}`,
          async () => {
            const [now = 0] = await pids()
            return (
              now > 0 && now !== pid && (await host.try(`${ctl} is-active ${units.join(' ')}`)).stdout === 'active\n'.repeat(units.length)
            )
          },
          60_000,
        )
      }
      await until('all are up', up)
      await host.fault('crash')
      await host.boot()
      await until('all are up after the boot', up)
    })

    test('leave nothing behind when they are uninstalled', async () => {
      await task('sidekiq:uninstall')
      assert.equal(await host.root(`ls -A ${folder} ${folder}/*.wants | grep sidekiq || true`), '')
      assert.equal(await host.sh(`${ctl} list-units --all --no-legend 'sidekiq*'`), '')
      if (scope === 'user') assert.match(await host.sh(`cat ${deployTo}/shared/log/sidekiq/*.log`), /Booted Rails|Running in ruby/)
    })
  })
}
