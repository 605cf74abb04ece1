import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { cannot, deployTo, exits, hosts, phases, project, shipit, spawnShipit, text, until, wipe } from './harness.ts'
import type { CliOutcome, Project } from './harness.ts'

/**
 * A stand-in for Inspeqtor, which no distribution packages: its socket with its texts. The state of a service is systemd's, as of the last
 * start, HUP or request.
 */
const standIn = `#!/usr/bin/ruby
require 'socket'
File.write('/proc/self/comm', 'inspeqtor')
path = '/var/run/inspeqtor.sock'
File.delete(path) if File.exist?(path)
trap('HUP') { File.write('/srv/inspeqtor.log', "HUP\\n", mode: 'a') }
server = UNIXServer.new(path)
File.chmod(0600, path)
loop do
  client = server.accept
  request = client.gets.to_s.strip
  File.write('/srv/inspeqtor.log', "#{request}\\n", mode: 'a')
  client.write(
    if request.start_with?('start') then "Starting deploy, now silenced\\n"
    elsif request.start_with?('finish') then "Finished deploy, volume turned to 11\\n"
    elsif request == 'status'
      names = Dir['/etc/inspeqtor/services.d/*.inq'].map { |file| File.read(file)[/^check service (\\S+)/, 1] }
      states = names.map { |name| [name, \`systemctl show -P MainPID #{name}\`.to_i] }
      "Inspeqtor 2.0.0, uptime: 1m, pid: #{$$}\\n\\nHost: h1\\n\\n" + states.map { |name, pid| "Service: #{name} [#{pid > 0 ? 'Up' : 'Down'}/#{pid}]\\n" }.join
    else "Unknown command: #{request}\\n"
    end
  )
  client.close
end`

const config = (rule = 'memory:total_rss > 500m for 2 cycles then restart') => ({
  use: `await import('shipit-ts/recipes').then(({ inspeqtor }) => [
    inspeqtor({ deployLength: 10, upTimeout: 4, services: { plain: { rules: ['${rule}'] } } }),
  ])`,
  phases: true,
})

describe('Inspeqtor (a stand-in)', { skip: cannot(), concurrency: 1 }, () => {
  const { h1 } = hosts('h1')
  let p: Project
  before(async () => {
    await wipe(h1)
    await phases.install(h1)
    const program = (path: string, lines: string) => `cat > ${path} <<'END'\n${lines}\nEND\nchmod 755 ${path}`
    await h1.root(`mkdir -p /etc/inspeqtor/services.d
printf 'check host\\n  if load:5 > 10 then alert\\n' > /etc/inspeqtor/host.inq; : > /etc/inspeqtor/inspeqtor.conf
${program('/usr/local/bin/inspeqtor-stand-in', standIn)}
${program('/usr/bin/inspeqtor', '#!/bin/sh\ngrep -l 1234m "$2"/services.d/*.inq 2>/dev/null | sed "s/^/W Unable to parse /"\necho Configuration parsed ok.')}
${program('/usr/bin/inspeqtorctl', '#!/bin/sh\necho "$@" | nc -U /var/run/inspeqtor.sock')}
printf '[Service]\\nExecStart=/usr/local/bin/inspeqtor-stand-in\\nRestart=always\\n' > /etc/systemd/system/inspeqtor.service
printf '[Service]\\nExecStart=/bin/sleep 10000\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/plain.service
systemctl daemon-reload; systemctl start inspeqtor plain; systemctl enable -q plain
until [ -S /var/run/inspeqtor.sock ]; do sleep 0.1; done`)
    p = project(config())
  })
  after(() => p?.remove())

  const run = (...words: string[]): Promise<CliOutcome> => shipit(p, ['production', ...words])
  const log = () => h1.root('cat /srv/inspeqtor.log')
  const forget = () => h1.root(': > /srv/inspeqtor.log')
  const count = async (request: string) => (await log()).split('\n').filter((line) => line === request).length
  const loops = () => h1.root('pgrep -fc "[s]hipit-silence" || :')

  test('install writes what Inspeqtor reads and reloads it, and keeps the old file if Inspeqtor rejects the new one', async (t) => {
    const file = '/etc/inspeqtor/services.d/plain.inq'
    exits(await run('inspeqtor:install'), 0)
    assert.match(await h1.sh(`cat ${file}`), /^check service plain\n {2}if memory:total_rss > 500m for 2 cycles then restart$/m)
    assert.equal(await count('HUP'), 1)
    exits(await run('inspeqtor:install'), 0)
    assert.equal(await count('HUP'), 1)
    const bad = project(config('memory:total_rss > 1234m then restart'))
    t.after(() => bad.remove())
    const refused = await shipit(bad, ['production', 'inspeqtor:install'])
    exits(refused, 1)
    assert.match(text(refused), /Unable to parse \/etc\/inspeqtor\/services\.d\/plain\.inq/)
    assert.match(await h1.sh(`cat ${file}`), /500m/)
    assert.match(text(await run('inspeqtor:status')), /Service: plain \[Up\/\d+\]/)
    assert.doesNotMatch(text(await run('doctor')), /Inspeqtor/)
  })

  test('a deploy is silent to its end, however long it takes', async (t) => {
    t.after(() => phases.clear(h1))
    await forget()
    await phases.hold(h1, 'updated')
    const deploy = spawnShipit(p, ['production', 'deploy'])
    await until('the silence is renewed', async () => (await count('start deploy')) >= 2)
    await phases.clear(h1)
    exits(await deploy.done, 0)
    await until('the loop has ended', async () => (await loops()) === '0')
    assert.match(await log(), /start deploy\nfinish deploy\nstatus\n?$/)
  })

  test('a killed client leaves no silence behind', async (t) => {
    t.after(() => phases.clear(h1))
    await forget()
    await phases.hold(h1, 'updated')
    const deploy = spawnShipit(p, ['production', 'deploy'])
    await deploy.event((event) => event.type === 'step:start' && event.task === 'phase:updated')
    assert.equal(await loops(), '1')
    deploy.child.kill('SIGKILL')
    await deploy.done
    await until('the loop has ended', async () => (await loops()) === '0')
    assert.equal(await count('finish deploy'), 1)
    assert.equal(await h1.sh(`ls ${deployTo}/.shipit | grep -c silence || :`), '0')
  })

  test('a failed deploy ends the silence, and one with a service down afterwards warns and stays live', async (t) => {
    t.after(() => h1.root('systemctl start plain'))
    await forget()
    await phases.fail(h1, 'updated')
    exits(await run('deploy'), 1)
    await phases.clear(h1)
    assert.equal(await count('finish deploy'), 1)
    await h1.root('systemctl stop plain')
    const outcome = await run('deploy')
    exits(outcome, 7)
    assert.match(text(outcome), /plain: Service: plain \[Down\/0\]/)
    assert.match(text(outcome), /while Inspeqtor was silenced, so no alert will report it/)
    assert.match(text(await run('doctor')), /Inspeqtor reports that plain is down/)
  })

  test('the sudoers line in a failure is enough', async (t) => {
    const poor = project({ ...config(), user: 'nosudo' })
    t.after(async () => {
      poor.remove()
      await h1.root('rm -f /etc/sudoers.d/zz_test')
    })
    const refused = await shipit(poor, ['production', 'inspeqtor:check'])
    exits(refused, 1)
    const line = /nosudo ALL=.*?NOPASSWD: [^"\n\\]*/.exec(text(refused))?.[0] ?? assert.fail(text(refused))
    await h1.root(`echo '${line}' > /etc/sudoers.d/zz_test; chmod 440 /etc/sudoers.d/zz_test; visudo -cq`)
    exits(await shipit(poor, ['production', 'inspeqtor:check', 'inspeqtor:silence', 'inspeqtor:unsilence']), 0)
  })
})
