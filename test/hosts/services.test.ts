import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, deployTo, exits, hosts, project, shipit, spawnShipit, text, until } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'
import { installServices } from './support/services.ts'

const use = `await import('shipit-ts/recipes').then(({ puma, systemd }) => [
  systemd({ services: {
    system: { serviceUnitUser: 'system', units: ['web', 'web.socket'], after: { 'deploy:published': 'restart' } },
    own: { unit: 'web', after: { 'deploy:published': 'reload' } },
    other: { unit: 'web', user: 'svc', after: { 'deploy:published': 'reload' } },
    plain: { serviceUnitUser: 'system' },
    nobody: { unit: 'web', user: 'nosuch' },
  } }),
  puma({ serviceUnitUser: 'system', phased: true, phasedTimeout: 4, defaultHooks: false }),
])`

describe('services under systemd', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await installServices(h1)
    p = project({ servers: { h1: ['web'] }, use })
  })
  after(() => p?.remove())

  const run = (...tasks: string[]): Promise<CliOutcome> => shipit(p, ['production', ...tasks])
  const ctl = {
    system: 'sudo systemctl',
    own: 'systemctl --user',
    other: 'sudo -u svc XDG_RUNTIME_DIR=/run/user/$(id -u svc) systemctl --user',
  }
  type Scope = keyof typeof ctl
  const show = (scope: Scope, property: string, unit = 'web.service'): Promise<string> => h1.sh(`${ctl[scope]} show -P ${property} ${unit}`)
  const journal = (pid: string) => h1.root(`journalctl -q -o cat _PID=${pid}`)

  for (const scope of ['system', 'own', 'other'] as const) {
    test(`${scope}: start, restart, reload, status and stop work`, async () => {
      exits(await run(`systemd:${scope}:start`), 0)
      const first = await show(scope, 'MainPID')
      assert.notEqual(first, '0')
      assert.equal(await h1.sh(`ps -o user= -p ${first}`), scope === 'other' ? 'svc' : 'deploy')

      exits(await run(`systemd:${scope}:restart`), 0)
      const second = await show(scope, 'MainPID')
      assert.ok(second !== '0' && second !== first)

      exits(await run(`systemd:${scope}:reload`), 0)
      assert.equal(await show(scope, 'MainPID'), second)
      await until('the service has read its files again', async () => (await journal(second)).includes('reloaded'))

      const up = await run(`systemd:${scope}:status`)
      exits(up, 0)
      assert.match(text(up), /Active: active \(running\)/)
      exits(await run(`systemd:${scope}:stop`), 0)
      assert.equal(await show(scope, 'ActiveState'), 'inactive')
      const dead = await run(`systemd:${scope}:status`)
      exits(dead, 0)
      assert.match(text(dead), /Active: inactive \(dead\)/)
    })

    test(`${scope}: a service that crashes during its start is a failure that says where to look`, async (t) => {
      t.after(() => h1.root(`rm -f /srv/services/crash`))
      await h1.root('touch /srv/services/crash')
      const outcome = await run(`systemd:${scope}:start`)
      exits(outcome, 1)
      assert.match(text(outcome), new RegExp(`${scope} ended while it came up \\(exit code 3\\): see journalctl .*web\\.service`))
      await h1.sh(`${ctl[scope]} stop web.service; ${ctl[scope]} reset-failed web.service || :`)
    })
  }

  test('a socket stays up when its service restarts, and starts first if it was down', async () => {
    await h1.root('systemctl stop web.service web.socket')
    exits(await run('systemd:system:restart'), 0)
    const since = await show('system', 'ActiveEnterTimestampMonotonic', 'web.socket')
    assert.equal(await show('system', 'ActiveState', 'web.socket'), 'active')
    exits(await run('systemd:system:restart'), 0)
    assert.equal(await show('system', 'ActiveEnterTimestampMonotonic', 'web.socket'), since)
  })

  test('a missing ExecReload, an unknown user and a service without its socket are errors with a remedy', async () => {
    exits(await run('systemd:plain:start'), 0)
    const reload = await run('systemd:plain:reload')
    exits(reload, 1)
    assert.match(text(reload), /no ExecReload.*reloadOrRestart: true for plain/)
    const nobody = await run('systemd:nobody:start')
    exits(nobody, 1)
    assert.match(text(nobody), /there is no user nosuch on this host/)
    await h1.root('systemctl stop web.service web.socket; systemctl start web.service')
    const socket = await run('systemd:system:restart')
    exits(socket, 1)
    assert.match(text(socket), /systemd:system:stop systemd:system:start/)
    await h1.root('systemctl stop web.service')
  })

  test('the sudoers line in a failure is enough, and allows nothing else', async (t) => {
    const poor = project({ servers: { h1: ['web'] }, use, user: 'nosudo' })
    t.after(async () => {
      poor.remove()
      await h1.root('rm -f /etc/sudoers.d/zz_test')
    })
    const refused = async (task: string): Promise<string> => {
      const outcome = await shipit(poor, ['production', task])
      exits(outcome, 1)
      // from a JSON event, in which quotes are escaped
      const line = /nosudo ALL=.*?NOPASSWD: (?:[^"\n\\]|\\")*/.exec(text(outcome))?.[0] ?? assert.fail(text(outcome))
      return line.replaceAll('\\"', '"')
    }
    await h1.root('systemctl start plain.service')
    const lines = [await refused('systemd:plain:restart'), await refused('systemd:other:stop')]
    assert.deepEqual(lines, [
      'nosudo ALL=(root) NOPASSWD: /usr/bin/systemctl restart plain.service',
      'nosudo ALL=(svc) NOPASSWD: /bin/sh ""',
    ])
    await h1.root(`cat > /etc/sudoers.d/zz_test <<'END'\n${lines.join('\n')}\nEND\nchmod 440 /etc/sudoers.d/zz_test; visudo -cq`)
    exits(await shipit(poor, ['production', 'systemd:plain:restart', 'systemd:other:start']), 0)
    await refused('systemd:plain:stop')
  })

  test('a phased restart of puma replaces the workers under the same main process, and fails if it does not', async (t) => {
    exits(await run('puma:start'), 0)
    const main = await show('system', 'MainPID', 'puma.service')
    const workers = () => h1.sh(`pgrep -P ${main} | sort | xargs`)
    await until('there are two workers', async () => (await workers()).split(' ').length === 2)
    const old = (await workers()).split(' ')
    exits(await run('puma:phased_restart'), 0)
    assert.equal(await show('system', 'MainPID', 'puma.service'), main)
    const fresh = (await workers()).split(' ')
    assert.equal(fresh.length, 2)
    assert.ok(fresh.every((pid) => !old.includes(pid)))

    t.after(() => h1.root('rm -f /srv/services/stuck; systemctl stop puma.service'))
    await h1.root('touch /srv/services/stuck')
    const stuck = await run('puma:phased_restart')
    exits(stuck, 1)
    assert.match(text(stuck), /old workers are left.*no preload_app!/s)
  })

  test('a log follows until Ctrl-C, and leaves nothing on the host', async () => {
    await h1.sh(`${ctl.own} start web.service`)
    const log = spawnShipit(p, ['production', 'systemd:own:log'])
    await log.event((event) => event.type === 'step:output' && event.line.includes('up in'))
    await h1.sh(`${ctl.own} reload web.service`)
    await log.event((event) => event.type === 'step:output' && event.line.includes('reloaded'))
    log.child.kill('SIGINT')
    await log.done
    await until('no journalctl is left', async () => (await h1.sh('pgrep -x journalctl || echo none')) === 'none')
  })

  test('a first deploy starts services that a deploy reloads or restarts, and the next one reloads them', async () => {
    await h1.root(
      `systemctl stop web.service web.socket; rm -rf ${deployTo}; sed -i 's|^User=deploy|&\\nWorkingDirectory=${deployTo}/current|' /etc/systemd/system/web.service; systemctl daemon-reload`,
    )
    await h1.sh(`${ctl.own} stop web.service; ${ctl.other} stop web.service`)
    exits(await run('deploy'), 0)
    const pids = () => Promise.all((['system', 'own', 'other'] as const).map((scope) => show(scope, 'MainPID')))
    const first = await pids()
    assert.ok(first.every((pid) => pid !== '0'))
    exits(await run('deploy'), 0)
    const [system, own, other] = await pids()
    assert.deepEqual([own, other], first.slice(1))
    assert.notEqual(system, first[0])
    assert.equal(await h1.sh(`readlink /proc/${system}/cwd`), await h1.sh(`readlink ${deployTo}/current`))
  })
})
