import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, beforeEach, describe, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { cannot, exits, hosts, project, said, shipit, spawnShipit, text, until } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'

const behind = ['--set', 'ssh.proxyJump=h1']

describe('rsync() to and from a real server behind a jump host', { skip: cannot() || needs('rsync') }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  let p: Project
  const large = randomBytes(60_000_000)
  before(() => {
    p = project({
      servers: { h2: ['app'] },
      more: `tasks: {
        send: { steps: () => [rsync('site/', { remote: '/var/www/site' }, { delete: true, exclude: ['*.map'] })] },
        other: { steps: () => [rsync('site/page.html', { remote: '/tmp/site/' }).as('cindy')] },
        fetch: { steps: () => [rsync({ remote: '/var/www/site/' }, 'back', { delete: true })] },
        own: { run: async ({ hosts, local }) => {
          for (const host of hosts('app')) await local.run(sh\`\${[...host.sshCommand, host.address, 'hostname']}\`)
        } },
      },`,
    })
    mkdirSync(join(p.dir, 'site/deep'), { recursive: true })
    writeFileSync(join(p.dir, 'site/large'), large)
    writeFileSync(join(p.dir, 'site/page.html'), 'page')
    writeFileSync(join(p.dir, 'site/deep/x.map'), 'map')
  })
  after(() => p?.remove())
  beforeEach(() => h2.root('rm -rf /var/www/site /tmp/site'))

  const run = (task: string, ...more: readonly string[]) => shipit(p, ['production', task, ...behind, ...more])
  /** Starts a task on a slow line, and resolves once its progress is shown. */
  const midway = async (task: string) => {
    const running = spawnShipit(p, ['production', task, ...behind])
    await running.event((event) => event.type === 'step:progress')
    return running
  }
  /** The processes of rsync here that have to do with this project, by their words. */
  const here = () =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
          return words.startsWith('rsync') && words.includes(p.dir) ? [words] : []
        } catch {
          return []
        }
      })
  const there = () => h2.root('pgrep -a rsync || :')
  const gone = (outcome: CliOutcome) =>
    until(`no rsync is left\n${said(outcome)}`, async () => here().length === 0 && (await there()) === '', 60_000)

  test('sends and fetches over one login', async () => {
    await h2.root('install -d -o deploy /var/www/site; echo x > /var/www/site/old')
    const logins = () => h2.root('journalctl -u ssh -o cat --no-pager | grep -c Accepted || :').then(Number)
    const before = await logins()
    const sent = await run('send')
    exits(sent, 0)
    assert.match(text(sent), /2 files sent, 60 MB; 1 removed/)
    assert.equal(await logins(), before + 1)
    assert.equal(await h2.root('cd /var/www/site; find . -type f -printf "%p %u\\n" | sort'), './large deploy\n./page.html deploy')
    exits(await run('fetch'), 0)
    assert.ok(readFileSync(join(p.dir, 'back/large')).equals(large))
  })

  test('writes as another account, with .as()', async () => {
    exits(await run('other'), 0)
    assert.equal(await h2.root('stat -c %U /tmp/site/page.html'), 'cindy')
  })

  test('Ctrl-C in the middle ends both sides, and leaves nothing', async () => {
    await h2.rtt(200)
    try {
      const running = await midway('send')
      running.child.kill('SIGINT')
      const outcome = await running.done
      exits(outcome, 130)
      assert.deepEqual(here(), [])
      assert.equal(await there(), '')
      assert.equal(await h2.root('find /var/www/site -type f'), '')
    } finally {
      await h2.rtt(0)
    }
  })

  test('kill -9 in the middle ends both sides', async () => {
    await h2.rtt(200)
    try {
      const running = await midway('send')
      running.child.kill('SIGKILL')
      await gone(await running.done)
    } finally {
      await h2.rtt(0)
    }
  })

  test('a cable that is cut in the middle fails the host with exit 3, and ends both sides', async () => {
    await h2.rtt(200)
    try {
      const running = spawnShipit(p, ['production', 'send', ...behind], { deadline: 180_000 })
      await running.event((event) => event.type === 'step:progress')
      await h2.fault('cut')
      const outcome = await running.done
      exits(outcome, 3)
      assert.match(text(outcome), /connection lost/)
      assert.deepEqual(here(), [])
      await h2.fault('heal')
      await gone(outcome)
      await h2.rtt(0)
      exits(await run('send'), 0)
    } finally {
      await h2.fault('heal')
      await h2.rtt(0)
    }
  })

  test('without rsync on the host, the error has the command that installs it', async (t) => {
    await h2.root('mv /usr/bin/rsync /usr/bin/rsync.off')
    t.after(() => h2.root('mv /usr/bin/rsync.off /usr/bin/rsync'))
    const outcome = await run('send')
    exits(outcome, 1)
    assert.match(text(outcome), /rsync is not installed/)
    assert.match(text(outcome), /ssh .*-J h1 .*deploy@h2 'sudo apt-get install rsync'/)
  })

  test('sshCommand reaches the host behind the jump host', async () => {
    const outcome = await run('own')
    exits(outcome, 0)
    assert.match(text(outcome), /"line":"h2"/)
    assert.equal(await h1.sh('hostname'), 'h1')
  })
})
