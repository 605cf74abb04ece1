import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { before, beforeEach, describe, test } from 'node:test'
import { cannot, commit, deployed, deployTo, exits, hosts, phases, project, shipit, text, until, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

const GEM = `Gem::Specification.new do |s|
  s.name = 'sidekiq'
  s.version = '5.2.7'
  s.summary = 'a stand-in'
  s.authors = ['lab']
  s.files = []
  s.bindir = 'bin'
  s.executables = ['sidekiq']
end
`
const PIDS = `${deployTo}/shared/tmp/pids`
const LOG = `${deployTo}/shared/log/sidekiq.log`

/** Creates a branch with the stand-in for Sidekiq 5.2.7 as a gem in the repository. */
const standInBranch = async (host: LabHost): Promise<void> => {
  const gem = { 'vendor/sidekiq/sidekiq.gemspec': GEM, Gemfile: "gem 'sidekiq', path: 'vendor/sidekiq'\n" }
  const lock = await host.sh(`cd "$(mktemp -d)" && mkdir -p vendor/sidekiq/bin && touch vendor/sidekiq/bin/sidekiq
cat > vendor/sidekiq/sidekiq.gemspec <<'END'
${GEM}
END
echo "gem 'sidekiq', path: 'vendor/sidekiq'" > Gemfile && bundle lock >/dev/null && cat Gemfile.lock`)
  await commit(
    'Sidekiq 5, a stand-in',
    {
      ...gem,
      'Gemfile.lock': `${lock}\n`,
      'vendor/sidekiq/bin/sidekiq': "exec '/usr/bin/perl', File.expand_path('../standin/sidekiq', __dir__), *ARGV\n",
      'vendor/sidekiq/standin/sidekiq': readFileSync(new URL('../support/sidekiq5', import.meta.url), 'utf8'),
      job: '3',
    },
    'sidekiq5',
  )
}

// Sidekiq 5 here is a stand-in (test/support/sidekiq5): the real one does not run with a current Ruby.
describe("Sidekiq 5 with manager: 'signals'", { skip: cannot() }, () => {
  const { h1 } = hosts('h1')
  const make = (more = ''): Project =>
    project({ servers: { h1: ['worker'] }, use: `[bundler(), sidekiq({ manager: 'signals', processes: 2${more} })]`, phases: true })
  const deploy = ['production', 'deploy', '--branch', 'sidekiq5']
  const pids = async () => (await h1.sh(`cat ${PIDS}/sidekiq-0.pid ${PIDS}/sidekiq-1.pid`)).split('\n')
  const log = async () => (await h1.sh(`cat ${LOG} 2>/dev/null || true`)).split('\n')
  const said = async (pid: string, words: RegExp) => (await log()).some((line) => line.startsWith(`${pid} `) && words.test(line))
  const cwd = (pid: string) => h1.root(`readlink /proc/${pid}/cwd`)
  const gone = async (pid: string) => (await h1.try(`[ ! -e /proc/${pid} ]`)).code === 0

  before(() => standInBranch(h1))
  beforeEach(async () => {
    await h1.root('pkill -KILL -f "^sidekiq 5" || true')
    await wipe(h1)
    await phases.install(h1)
  })

  test('a deploy quiets it, waits for its jobs and starts it in the new release, and a rollback in the old one', async (t) => {
    const p = make()
    t.after(p.remove)
    exits(await shipit(p, deploy), 0)
    const first = await deployed(h1)
    const old = await pids()
    for (const pid of old) assert.equal(await cwd(pid), `${deployTo}/releases/${first.live}`)
    exits(await shipit(p, deploy), 0)
    const second = await deployed(h1)
    for (const pid of old) {
      const own = (await log()).filter((line) => line.startsWith(`${pid} `)).map((line) => line.slice(pid.length + 1))
      assert.deepEqual(own.slice(1), ['quiet by TSTP', 'TERM', 'ended'])
      assert.ok(await gone(pid))
    }
    for (const pid of await pids()) assert.equal(await cwd(pid), `${deployTo}/releases/${second.live}`)
    exits(await shipit(p, ['production', 'deploy:rollback']), 0)
    for (const pid of await pids()) assert.equal(await cwd(pid), `${deployTo}/releases/${first.live}`)
  })

  test('a failed deploy starts it again in the live release', async (t) => {
    const p = make()
    t.after(p.remove)
    exits(await shipit(p, deploy), 0)
    const { live } = await deployed(h1)
    const old = await pids()
    await phases.fail(h1, 'updated')
    exits(await shipit(p, deploy), 1)
    const now = await pids()
    assert.ok(now.every((pid) => !old.includes(pid)))
    for (const pid of now) {
      assert.equal(await cwd(pid), `${deployTo}/releases/${live}`)
      assert.equal(await said(pid, /quiet/), false)
    }
  })

  test('a killed process is started again, and one without a pidfile is reported before anything is touched', async (t) => {
    const p = make()
    t.after(p.remove)
    exits(await shipit(p, deploy), 0)
    const [a = '', b = ''] = await pids()
    await h1.root(`kill -KILL ${a}`)
    exits(await shipit(p, ['production', 'sidekiq:start']), 0)
    const [other = '', same = ''] = await pids()
    assert.notEqual(other, a)
    assert.equal(same, b)
    await h1.sh(`rm ${PIDS}/sidekiq-1.pid`)
    const before = await deployed(h1)
    const outcome = await shipit(p, deploy)
    exits(outcome, 1)
    assert.match(text(outcome), new RegExp(`PID ${b}, has no pidfile.*kill -s TERM ${b}`, 's'))
    assert.deepEqual(await deployed(h1), before)
    assert.equal(await said(other, /quiet/), false)
  })

  test("user: 'svc' runs it as that user through sudo", async (t) => {
    const p = make(", user: 'svc'")
    t.after(p.remove)
    await h1.root(`id svc >/dev/null 2>&1 || useradd -m svc
install -d -o deploy -g deploy ${deployTo} ${deployTo}/shared ${deployTo}/shared/tmp
install -d -o svc -g svc ${PIDS} ${deployTo}/shared/log`)
    exits(await shipit(p, deploy), 0)
    const [pid = ''] = await pids()
    assert.equal(await h1.root(`stat -c %U /proc/${pid}`), 'svc')
    const without = make()
    t.after(without.remove)
    const refused = await shipit(without, ['production', 'sidekiq:quiet'])
    exits(refused, 1)
    assert.match(text(refused), /runs as another user than deploy: set user/)
    exits(await shipit(p, ['production', 'sidekiq:quiet']), 0)
    await until('it is quiet', () => said(pid, /quiet/))
    exits(await shipit(p, ['production', 'sidekiq:stop']), 0)
    assert.ok(await gone(pid))
  })
})
