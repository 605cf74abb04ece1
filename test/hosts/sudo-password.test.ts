import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { cannot, exits, hosts, project, shipit, text } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'

const PASSWORD = 'Kra"ut & r\'üben 5'
const WRONG = 'not-the-right-one-7'
const env = { SUDO_PASSWORD: PASSWORD, SUDO_WRONG: WRONG }

const TASKS = `sudoPassword: env.secret('SUDO_PASSWORD'),
  tasks: {
    everywhere: { shows: true, steps: () => [
      sh\`id -un\`.sudo(),
      sh\`cat\`.sudo().stdin('typed\\n'),
      sh\`id -un; cat\`.as('nosudo'),
      sh\`echo piped | sudo tee /root/one | sudo cat; sudo -n -u nosudo id -un\`,
      sh.bash\`a=(x array); sudo true; echo "\\\${a[1]}"\`,
      sh\`sudo echo login\`.login(),
      sh\`echo guarded\`.onlyIf(sh\`test -d /root/.\`.sudo()),
      sh\`false\`.orElse(sh\`echo else\`.sudo()),
      write('/root/two', 'two', { sudo: true }),
      upload('up', '/root/up', { sudo: true }),
      sh\`sudo sh -c 'cat /root/one /root/two /root/up/file'\`,
    ] },
    wrong: { steps: () => [
      sh\`id\`.sudo({ password: env.secret('SUDO_WRONG') }).allowFailure(),
      sh\`id\`.sudo({ password: env.secret('SUDO_WRONG') }).retry({ every: '1s', for: '5s' }),
    ] },
    sleeps: { steps: () => [sh\`sudo sh -c 'trap "" TERM HUP; touch /root/asleep; exec sleep 300'\`.timeout('3s')] },
    plain: { steps: () => [sh\`echo nothing\`] },
  },`

describe('sudo with a password', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await h1.root(`chpasswd <<'END'\ndeploy:${PASSWORD}\nEND
cat >/etc/sudoers.d/deploy <<'END'\nDefaults timestamp_timeout=0\ndeploy ALL=(ALL) ALL\nEND\nchmod 440 /etc/sudoers.d/deploy`)
    p = project({ more: TASKS })
    mkdirSync(join(p.dir, 'up'))
    writeFileSync(join(p.dir, 'up', 'file'), 'sent\n')
    const file = join(p.dir, 'deploy.config.ts')
    writeFileSync(file, readFileSync(file, 'utf8').replace('{ defineConfig,', '{ defineConfig, env, write,'))
  })
  after(() => p?.remove())

  /** Everything that the run printed and wrote, without the passwords. */
  const clean = (outcome: CliOutcome): string => {
    const log = join(p.dir, 'log', 'shipit.log')
    const all = [text(outcome), JSON.stringify(outcome.events), ...[log].flatMap((path) => tryRead(path))].join('\n')
    for (const part of [PASSWORD, WRONG, JSON.stringify(PASSWORD).slice(1, -1), 'ut & r']) assert.ok(!all.includes(part), all)
    return all
  }
  const tryRead = (path: string): string[] => {
    try {
      return [readFileSync(path, 'utf8')]
    } catch {
      return []
    }
  }
  const failures = async (): Promise<number> =>
    Number(await h1.root(`journalctl -q --no-pager _COMM=sudo | grep -c 'incorrect password attempt' || true`))

  test('works in every kind of step, with no password in a process list or a file of the host', async () => {
    // looks at all processes, as root, until it is ended
    await h1.root(`cat >/root/watch <<'END'
while [ ! -e /root/enough ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; done 2>/dev/null | tr '\\0' '\\n' | grep -aF -e "$1" >/root/seen
END
rm -f /root/enough; cat >/root/needle <<'END'
ut & r
END
setsid sh -c 'sh /root/watch "$(cat /root/needle)"; touch /root/watched' >/dev/null 2>&1 </dev/null &`)
    const outcome = await shipit(p, ['production', 'everywhere'], { env, output: 'plain' })
    await h1.root('touch /root/enough; until [ -e /root/watched ]; do sleep 0.1; done')
    exits(outcome, 0)
    assert.deepEqual(
      outcome.stdout.split('\n').filter((line) => /^\S+$/.test(line)),
      ['root', 'typed', 'nosudo', 'piped', 'nosudo', 'array', 'login', 'guarded', 'else', 'piped', 'twosent'],
    )
    clean(outcome)
    // the watcher has its own argument, and nothing else has it
    assert.notEqual(await h1.root(`grep '^ut & r$' /root/seen || true`), '')
    assert.equal(await h1.root(`grep -v '^ut & r$' /root/seen || true`), '')
    assert.equal(await h1.root(`ls -A /tmp /var/tmp /home/deploy /run/user/* | grep shipit-ask || true`), '')
    assert.equal(await failures(), 0)
  })

  test('is named by a plan, and needed by no task without sudo', async () => {
    const plan = await shipit(p, ['production', 'plan', 'everywhere'], { env, output: 'plain' })
    exits(plan, 0)
    assert.match(clean(plan), /sudo gets a password if it asks for one, on h1/)
    exits(await shipit(p, ['production', 'plain'], { output: 'plain' }), 0)
    const missing = await shipit(p, ['production', 'everywhere'], { output: 'plain' })
    exits(missing, 2)
    assert.match(text(missing), /the environment variable SUDO_PASSWORD is not set/)
  })

  test('fails once with a wrong password, whatever is tolerated or tried again', async () => {
    const outcome = await shipit(p, ['production', 'wrong'], { env, output: 'plain' })
    exits(outcome, 1)
    assert.match(clean(outcome), /wrong on h1: sudo refused the password of deploy: it was tried once, and is not tried again on this host/)
    assert.match(text(outcome), /sudoPassword: askSecret\('sudoPassword-h1'\)/)
    assert.equal(await failures(), 1)
  })

  test('ends what runs as root', async () => {
    exits(await shipit(p, ['production', 'sleeps'], { env, output: 'plain' }), 1)
    assert.equal(await h1.root('test -e /root/asleep; pgrep -fc "^sleep 300" || true'), '0')
  })

  test('works for exec', async () => {
    const outcome = await shipit(p, ['production', 'exec', '--sudo', '--', 'id', '-un'], { env, output: 'none' })
    exits(outcome, 0)
    assert.match(clean(outcome), /root/)
  })

  test('is enough for system units, their checks and the doctor, where every rule asks for it', async () => {
    const use = `[bundler(), sidekiq({ user: 'deploy', timeout: 8, commandArgs: ['-r', './worker.rb'], serviceUnitUser: 'system' })]`
    const units = project({ use, more: `sudoPassword: env.secret('SUDO_PASSWORD'),` })
    try {
      const file = join(units.dir, 'deploy.config.ts')
      writeFileSync(file, readFileSync(file, 'utf8').replace('{ defineConfig,', '{ defineConfig, env,'))
      await h1.root('install -d -o deploy /var/www/app')
      for (const task of ['sidekiq:install', 'deploy', 'doctor']) {
        const outcome = await shipit(units, ['production', task], { env, output: 'plain' })
        exits(outcome, 0)
        assert.doesNotMatch(clean(outcome), /may not run|asks deploy|was not examined/)
      }
      assert.equal(await h1.sh('systemctl is-active sidekiq'), 'active')
      assert.match(text(await shipit(units, ['production', 'doctor'], { env: {}, output: 'plain' })), /SUDO_PASSWORD is not set/)
    } finally {
      units.remove()
    }
  })

  test('is a plain refusal for an account that may not use sudo at all', async () => {
    await h1.root('rm /etc/sudoers.d/deploy')
    const outcome = await shipit(p, ['production', 'everywhere'], { env, output: 'plain' })
    exits(outcome, 1)
    assert.match(clean(outcome), /sudo takes no password from deploy: .*(may not run sudo|not in the sudoers)/i)
  })
})
