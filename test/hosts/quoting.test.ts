import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../support/sidekiq-units.ts'
import { host as facts } from '../golden/sidekiq-units.ts'
import { contextOf } from '../support/context.ts'
import { cannot, hosts } from './harness.ts'

/** Characters that systemd, a shell or careless quoting would change. */
const parts = ['a', 'B', '1', ' ', '"', "'", '%', '%h', '$', '${HOME}', '$$', '\\', '\\n', '\\x41', '`', ';', '#', '=', ':', '@', '-']
const text = fc
  .array(fc.constantFrom(...parts, '+', '!', '|', '&', '*', '?', '[', ']', '{', '~', 'é', '日', '🚀', '\u2028', '\u00a0'), { maxLength: 8 })
  .map((all) => all.join(''))
const given = fc.record({ vars: fc.array(text, { maxLength: 4 }), commandArgs: fc.array(text, { maxLength: 4 }), log: text, queue: text })

interface Unit {
  readonly text: string
  readonly args: readonly string[]
  readonly vars: Readonly<Record<string, string>>
  readonly log: string
}

/** The units that the settings accept; instead of bundle they run a program that records what it gets. */
const unit = (
  { vars, commandArgs, log, queue }: { vars: string[]; commandArgs: string[]; log: string; queue: string },
  i: number,
): Unit[] => {
  const named = Object.fromEntries(vars.map((value, n) => [`V${n}`, value]))
  const settings = {
    serviceUnitUser: 'system',
    bundlerPath: '/usr/local/bin/tell me 100%',
    serviceUnitEnvVars: { ...named, TELL: String(i) },
    commandArgs,
    queues: [queue],
    log: `log/${log}`,
    directives: { Service: { Type: 'oneshot', Restart: 'no' } },
  }
  const parsed = sidekiq().definition.settings!.safeParse(settings)
  if (!parsed.success) return []
  const c = contextOf(sidekiq(settings as never), { facts: { host: facts() }, deployTo: '/srv/my "app" 50%' }) as unknown as Context
  const args = ['exec', 'sidekiq', '-e', 'production', '-q', queue, '-t', '25', ...commandArgs]
  return [{ text: unitFiles(c)[0]!.text, args, vars: named, log: `/srv/my "app" 50%/shared/log/${log}` }]
}

const TELL = `#!/usr/bin/ruby
require 'json'
hex = ->(s) { s.unpack1('H*') }
File.write("/tmp/told.#{ENV['TELL']}", JSON.generate([ARGV.map(&hex), ENV.to_h.select { |k| k =~ /^V\\d/ }.transform_values(&hex), hex[File.readlink('/proc/self/fd/1')], Dir.pwd]))`

describe('a generated unit', { skip: cannot() }, () => {
  const { h1 } = hosts('h1')

  test('gives the process exactly the arguments, variables and log file of the settings, whatever their characters', async () => {
    const units = fc.sample(given, { numRuns: 150, seed: 20261122 }).flatMap(unit)
    assert.ok(units.length > 60)
    const files = units.map(({ text: body }, i) => `cat > /run/systemd/system/q${i}.service <<'END-OF-UNIT'\n${body}END-OF-UNIT`)
    const out = await h1.root(`cat > '/usr/local/bin/tell me 100%' <<'END'
${TELL}
END
chmod 755 '/usr/local/bin/tell me 100%'
rm -f /tmp/told.*; mkdir -p '/srv/my "app" 50%/current' '/srv/my "app" 50%/shared/log'; chown -R deploy '/srv/my "app" 50%'
${files.join('\n')}
systemctl daemon-reload
for i in $(seq 0 ${units.length - 1}); do systemctl start q$i || journalctl -q -n 3 -o cat -u q$i; done >&2
rm -f /run/systemd/system/q*.service; systemctl daemon-reload
for f in /tmp/told.*; do echo "\${f##*.} $(cat "$f")"; done`)
    const told = new Map(out.split('\n').map((line) => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)]))
    const hex = (value: string) => Buffer.from(value).toString('hex')
    for (const { args, vars, log, text: body } of units) {
      const i = Number(/"TELL=(\d+)"/.exec(body)![1])
      const wanted = [
        args.map(hex),
        Object.fromEntries(Object.entries(vars).map(([k, v]) => [k, hex(v)])),
        hex(log),
        '/srv/my "app" 50%/current',
      ]
      assert.deepEqual(JSON.parse(told.get(i) ?? 'null'), wanted, body)
    }
  })
})
