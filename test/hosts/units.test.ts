import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { cannot, deployTo, deployed, exits, hosts, installUnit, phases, project, shipit, text, until, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

const units = ['sidekiq.service', 'sidekiq.high.service']

describe('several Sidekiq units on one host', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  under('system', h1)
  under('user', h2)
})

function under(scope: 'system' | 'user', host: LabHost): void {
  describe(`under ${scope} units`, { concurrency: 1 }, () => {
    const ctl = scope === 'system' ? 'sudo systemctl' : 'systemctl --user'
    let p: Project
    before(async () => {
      await wipe(host)
      await phases.install(host)
      await installUnit(host, scope)
      const folder = scope === 'system' ? '/etc/systemd/system' : '/home/deploy/.config/systemd/user'
      // copied with its links, so that it is enabled
      await host.sh(`sudo cp ${folder}/sidekiq.service ${folder}/sidekiq.high.service; ${ctl} daemon-reload; ${ctl} -q enable sidekiq.high`)
      p = project({
        servers: { [host.name]: ['worker'] },
        use: `[bundler(), sidekiq({ serviceUnitUser: '${scope}', configFiles: ['sidekiq.yml', 'high.yml'] })]`,
        phases: true,
      })
      exits(await shipit(p, ['production', 'deploy']), 0)
    })

    /** Process ids of the units; 0: not running. */
    const pids = async (): Promise<number[]> =>
      (await host.sh(`systemctl ${scope === 'user' ? '--user ' : ''}show -P MainPID ${units.join(' ')}`))
        .split('\n')
        .filter(Boolean)
        .map(Number)
    const folders = async (): Promise<string[]> =>
      Promise.all((await pids()).map(async (pid) => host.sh(`basename "$(readlink /proc/${pid}/cwd)"`)))
    const quiet = async (): Promise<number> =>
      Number(
        await host.sh(`for id in $(redis-cli --raw smembers processes); do redis-cli --raw hget $id quiet; done | grep -c true || true`),
      )
    /** Runs a single task. Resolves to the commands that it ran on the host. */
    const alone = async (task: string): Promise<string[]> => {
      const outcome = await shipit(p, ['production', task])
      exits(outcome, 0)
      return outcome.events.flatMap((event) =>
        event.type === 'step:start' && event.task === task ? (event.script ?? event.command).split('\n') : [],
      )
    }

    test('are restarted, stopped and started by one systemctl call for all, and quieted one by one', async () => {
      const first = await pids()
      assert.ok(first.every((pid) => pid > 0))
      assert.ok((await alone('sidekiq:restart')).includes(`${ctl} restart ${units.join(' ')}`))
      const second = await pids()
      assert.ok(
        second.every((pid, i) => pid > 0 && pid !== first[i]),
        `${second.join(' ')} after ${first.join(' ')}`,
      )

      const quieted = await alone('sidekiq:quiet')
      for (const unit of units) assert.ok(quieted.includes(`${ctl} reload ${unit}`))
      await until('Redis says that both are quiet', async () => (await quiet()) === 2)
      assert.deepEqual(await pids(), second)

      assert.ok((await alone('sidekiq:stop')).includes(`${ctl} stop ${units.join(' ')}`))
      assert.deepEqual(await pids(), [0, 0])
      assert.ok((await alone('sidekiq:start')).includes(`${ctl} start ${units.join(' ')}`))
      assert.ok((await pids()).every((pid) => pid > 0))
    })

    test('are quieted before the switch and started in the new release, by a deploy and by a rollback', async () => {
      for (const task of ['deploy', 'deploy:rollback']) {
        const outcome = await shipit(p, ['production', task])
        exits(outcome, 0)
        const { live = '' } = await deployed(host)
        assert.deepEqual(await folders(), [live, live])
        const order = outcome.events.flatMap((event) => (event.type === 'task:start' ? [event.task] : []))
        const wanted = ['sidekiq:quiet', 'sidekiq:stop', 'deploy:symlink:release', 'sidekiq:start']
        assert.deepEqual(
          order.filter((name) => wanted.includes(name)),
          wanted,
          task,
        )
        // a wave ends at each barrier: before the switch, after it
        const wave = (name: string): number => {
          const start = outcome.events.find((event) => event.type === 'task:start' && event.task === name)
          assert.ok(start?.type === 'task:start')
          return start.wave
        }
        assert.ok(wave('sidekiq:quiet') < wave('sidekiq:stop'))
        assert.ok(wave('deploy:symlink:release') < wave('sidekiq:start'))
      }
    })

    test('run again in the old release after a failure if they ran before, and stay stopped if they were stopped', async () => {
      await host.sh(`${ctl} stop ${units[1]}`)
      const [pid] = await pids()
      const { live } = await deployed(host)
      await phases.fail(host, 'updating')
      const outcome = await shipit(p, ['production', 'deploy'])
      exits(outcome, 1)
      await phases.clear(host)
      const [after = 0, other] = await pids()
      assert.equal(other, 0, text(outcome))
      assert.ok(after > 0 && after !== pid)
      assert.equal(await host.sh(`basename "$(readlink /proc/${after}/cwd)"`), live)
      assert.equal((await deployed(host)).live, live)
    })

    test("can be left to another user: .as() applies inside that user's folder, environment and files", async (t) => {
      const other = project({
        servers: { [host.name]: ['worker'] },
        more: `env: { COLOUR: 'red' }, tasks: { look: { steps: () => [
          sh\`id -un; pwd; cat private; echo "$COLOUR $TASTE $HOME"; umask\`.in('/srv/nosudo').env({ TASTE: "it's sweet" }).umask('027').as('nosudo'),
          sh\`test -r private\`.in('/srv/nosudo').as('nosudo').title('read it'),
        ] }, blind: { steps: () => [sh\`cat /srv/nosudo/private\`] } },`,
      })
      t.after(other.remove)
      await host.root(
        `install -d -m 700 -o nosudo -g nosudo /srv/nosudo; echo mine > /srv/nosudo/private; chown nosudo /srv/nosudo/private; chmod 600 /srv/nosudo/private; mkdir -p ${deployTo}`,
      )
      const outcome = await shipit(other, ['production', 'look'])
      exits(outcome, 0)
      const lines = outcome.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))
      assert.deepEqual(lines, ['nosudo', '/srv/nosudo', 'mine', "red it's sweet /home/nosudo", '0027'])
      exits(await shipit(other, ['production', 'blind']), 1)
    })
  })
}
