import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, commit, deployTo, exits, hosts, project, shipit, text, until, wipe } from './harness.ts'
import type { LabHost, Project } from './harness.ts'

/** An application for Debian's Puma, which answers with its release and its process, and takes half a second to boot. */
const app = {
  Gemfile: "source 'file:///srv/gems'\n\ngem 'puma'\ngem 'sd_notify'\n",
  'config.ru': `sleep 0.5
RELEASE = File.basename(Dir.pwd)
run ->(env) { [200, { 'content-type' => 'text/plain' }, ["#{RELEASE} #{Process.pid} #{ENV['RAILS_ENV']} #{ENV['GREETING']}\\n"]] }
`,
  'config/puma.rb': 'threads 1, 2\nport 1234\n',
  // a server that takes its connections from systemd, or opens a port
  'server.rb': `require 'socket'
STDOUT.sync = true
trap('TERM') { exit!(0) }
sleep 0.5
server = ENV['LISTEN_FDS'] ? TCPServer.for_fd(3) : TCPServer.new('127.0.0.1', 9400)
loop do
  client = server.accept
  client.gets
  client.print "HTTP/1.0 200 OK\\r\\n\\r\\n#{File.basename(Dir.pwd)} #{Process.pid} plain #{ENV['GREETING']}\\n"
  client.close
end
`,
}

const scopes = {
  system: { folder: '/etc/systemd/system', ctl: 'systemctl', root: ['--set', 'ssh.user=root'] },
  user: { folder: '/home/deploy/.config/systemd/user', ctl: 'systemctl --user', root: [] },
} as const
type Scope = keyof typeof scopes

interface Kind {
  /** the prefix of its tasks */
  readonly tasks: string
  readonly unit: string
  readonly port: number
  readonly use: (scope: Scope, greeting: string) => string
  /** lines of its units */
  readonly lines: readonly string[]
}
const kinds: readonly Kind[] = [
  {
    tasks: 'puma',
    unit: 'puma',
    port: 9292,
    use: (scope, greeting) =>
      `puma({ serviceUnitUser: '${scope}', ${scope === 'system' ? "user: 'deploy'," : ''} roles: ['app'], socket: true,
        bind: ['tcp://127.0.0.1:9292', 'unix://tmp/sockets/puma.sock'], serviceUnitEnvVars: { GREETING: '${greeting}' } })`,
    lines: ['Type=notify', 'Requires=puma.socket', 'ListenStream=127.0.0.1:9292', `ListenStream=${deployTo}/shared/tmp/sockets/puma.sock`],
  },
  {
    tasks: 'systemd:web',
    unit: 'web',
    port: 9400,
    use: (scope, greeting) =>
      `systemd({ services: { web: { exec: 'ruby server.rb', serviceUnitUser: '${scope}', ${scope === 'system' ? "user: 'deploy'," : ''}
        listen: '127.0.0.1:9400', env: { GREETING: '${greeting}' } } } })`,
    lines: ['Type=simple', 'Requires=web.socket', 'ListenStream=127.0.0.1:9400'],
  },
]

describe('Puma and a plain server behind sockets that shipit writes', { skip: cannot(), concurrency: 2 }, () => {
  const { h1, h2 } = hosts('h1', 'h2')
  before(async () => {
    const lock = await h1.sh(`mkdir /tmp/lock; cd /tmp/lock; cat > Gemfile <<'END'
${app.Gemfile}END
bundle lock --local >/dev/null; cat Gemfile.lock`)
    await commit('An application for Puma', { ...app, 'Gemfile.lock': `${lock}\n` })
  })
  under('system', h1)
  under('user', h2)
})

function under(scope: Scope, host: LabHost): void {
  describe(`${scope} units`, { concurrency: 1 }, () => {
    for (const kind of kinds) describe(kind.tasks, { concurrency: 1 }, () => whole(scope, host, kind))
  })
}

function whole(scope: Scope, host: LabHost, kind: Kind): void {
  const { folder, ctl, root } = scopes[scope]
  const made: Project[] = []
  const make = (greeting: string): Project => {
    const p = project({
      servers: { [host.name]: ['app'] },
      use: `await import('shipit-ts/recipes').then(({ puma, systemd }) => [${kind.use(scope, greeting)}])`,
    })
    made.push(p)
    return p
  }
  let p: Project
  before(async () => {
    await wipe(host)
    p = make('hello')
  })
  after(() => made.forEach((one) => one.remove()))
  const run = async (words: readonly string[], code = 0, by = p): Promise<string> => {
    const outcome = await shipit(by, ['production', ...words])
    exits(outcome, code)
    return text(outcome)
  }
  const is = (): Promise<string> => host.sh(`${ctl} is-active ${kind.unit}.socket ${kind.unit}.service | xargs`)
  const get = (): Promise<string> => host.sh(`printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc 127.0.0.1 ${kind.port} | tail -n 1`)
  const units = (): Promise<string> => host.root(`ls -A ${folder} | grep -F ${kind.unit}. || true`)

  test('a first deploy goes on without the units; the installation writes and enables both, verified by systemd', async () => {
    await run(['deploy'])
    assert.match(await run(['doctor'], 1), new RegExp(`${kind.unit}\\.service is not installed.*${kind.tasks}:install`, 's'))
    await run([`${kind.tasks}:install`, ...root])
    assert.equal(await units(), `${kind.unit}.service\n${kind.unit}.socket`)
    const written = (await host.root(`cat ${folder}/${kind.unit}.s*`)).split('\n')
    for (const line of kind.lines) assert.ok(written.includes(line), `${line} in ${written.join('\n')}`)
    assert.equal(await host.sh(`${ctl} is-enabled ${kind.unit}.socket ${kind.unit}.service | xargs`), 'enabled enabled')
    assert.match(await run([`${kind.tasks}:install`, ...root]), /nothing to write/)
  })

  test('a deploy starts the socket and the service, which answers from the new release', async () => {
    await run(['deploy'])
    assert.equal(await is(), 'active active')
    const [release, pid, , greeting] = (await get()).split(' ')
    assert.equal(release, await host.sh(`basename "$(readlink ${deployTo}/current)"`))
    assert.equal(pid, await host.sh(`${ctl} show -P MainPID ${kind.unit}`))
    assert.equal(greeting, 'hello')
    assert.doesNotMatch(await run(['doctor']), new RegExp(`${kind.unit}\\.s`))
  })

  test('no connection is refused while it restarts', async () => {
    const before = (await get()).split(' ')[1]
    // what the old process had accepted and not begun to read when it was told to end, Puma closes: that is cut, and not refused
    await host.sh(`cat > /tmp/ask.sh <<'END'
while [ ! -e /tmp/enough ]; do
  if answer=$(printf 'GET / HTTP/1.0\\r\\n\\r\\n' | timeout 20 nc 127.0.0.1 ${kind.port}); then printf '%s\\n' "$answer" | tail -n 1; else echo refused; fi
done > /tmp/answers
END
rm -f /tmp/enough /tmp/answers; setsid bash /tmp/ask.sh >/dev/null 2>&1 </dev/null &`)
    await until('there are answers', async () => (await host.sh('cat /tmp/answers 2>/dev/null | wc -l')) !== '0')
    await run([`${kind.tasks}:restart`])
    await run(['deploy'])
    await host.sh('touch /tmp/enough')
    await until('the last one has answered', async () => (await host.sh('pgrep -f /tmp/ask.sh || echo none')) === 'none')
    const answers = (await host.sh('cat /tmp/answers')).split('\n')
    const answered = answers.filter((one) => /^\d{14} \d+ \w+ hello\r?$/.test(one))
    const cut = answers.filter((one) => one === '')
    assert.deepEqual(
      [...answers].filter((one) => !answered.includes(one) && one !== ''),
      [],
    )
    assert.ok(cut.length <= 2, `${cut.length} of ${answers.length} were cut`)
    const pids = [...new Set(answered.map((one) => one.split(' ')[1]))]
    assert.equal(pids.length, 3, answered.join('\n'))
    assert.equal(pids[0], before)
  })

  test('a changed config is found by the doctor, reported by a restart, and installed', async () => {
    const other = make('goodbye')
    assert.match(await run(['doctor'], 0, other), new RegExp(`${kind.unit}\\.service is not as the config says now`))
    assert.match(await run([`${kind.tasks}:restart`], 0, other), /not as the config says now/)
    await run([`${kind.tasks}:install`, ...root], 0, other)
    await run([`${kind.tasks}:restart`], 0, other)
    assert.match(await get(), / goodbye$/)
    assert.doesNotMatch(await run(['doctor'], 0, other), new RegExp(`${kind.unit}\\.s`))
  })

  test('the other tasks work: stop and start, disable and enable, reload, status', async () => {
    await run([`${kind.tasks}:stop`])
    assert.equal(await host.sh(`${ctl} is-active ${kind.unit}.socket ${kind.unit}.service | xargs || true`), 'inactive inactive')
    await run([`${kind.tasks}:start`])
    assert.equal(await is(), 'active active')
    await run([`${kind.tasks}:disable`])
    await run([`${kind.tasks}:enable`])
    assert.match(await run([`${kind.tasks}:status`]), new RegExp(`${kind.unit}\\.socket`))
    if (kind.tasks === 'puma') {
      const pid = await host.sh(`${ctl} show -P MainPID puma`)
      await run(['puma:reload'])
      assert.equal(await host.sh(`${ctl} show -P MainPID puma`), pid)
      await until('it answers again', async () => (await get()).endsWith(' goodbye'))
    }
  })

  test('the uninstallation leaves nothing', async () => {
    await run([`${kind.tasks}:uninstall`, ...root])
    assert.equal(await units(), '')
    assert.equal(await host.sh(`${ctl} show -P LoadState ${kind.unit}.socket ${kind.unit}.service | xargs`), 'not-found not-found')
    assert.equal(await host.root(`find ${folder} -name '*${kind.unit}.*' | wc -l`), '0')
    assert.equal(await host.root(`ss -Hltn 'sport = :${kind.port}' | wc -l`), '0')
    assert.equal(await host.root(`pgrep -fc 'puma [0-9]|ruby server.rb' || true`), '0')
  })
}
