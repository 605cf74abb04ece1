import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../../recipes/sidekiq/systemd/files.ts'
import { host } from '../golden/sidekiq-units.ts'
import {
  commandsOf,
  contextOf,
  factsOf,
  goodRelease,
  hintOf,
  hostOf,
  stepsOf,
  textOf,
  type Answers,
  type Given,
} from '../support/context.ts'

const system = { serviceUnitUser: 'system' }
const shown = (...states: readonly string[]) =>
  states
    .map(
      (state, i) => `Id=u${i}.service\nLoadState=${state === '' ? 'not-found' : 'loaded'}\nUnitFileState=${state}\nNeedDaemonReload=no\n`,
    )
    .join('\n')

/** A host on which the units are as they should be. */
const settled = (settings: Record<string, unknown>, more: Answers = {}): Given => {
  const base = { host: host(), linger: '', ours: '' }
  const files = unitFiles(contextOf(sidekiq(), { settings, facts: base }) as unknown as Context)
  const texts = Object.fromEntries(files.map(({ text }, i) => [`file${i}`, text]))
  return {
    settings,
    facts: {
      ...base,
      ...texts,
      shown: shown(...files.flatMap(() => Array.from({ length: Number(settings.processes ?? 1) }, () => 'enabled'))),
      ...more,
    },
  }
}
const install = (given: Given): string[] => stepsOf(sidekiq(), 'install', given)
/** The steps, a written file by its name alone. */
const short = (steps: readonly string[]): string[] => steps.map((text) => /^mv -f .* (\S+)$/m.exec(text)?.[1] ?? text)

const nothing = (units = 'sidekiq.service is') => `printf '%s\\n' 'nothing to write: ${units} as the config says'`

test('a unit that is as the config says is left alone, and install says so', () => {
  assert.deepEqual(install(settled(system)), [nothing()])
  assert.deepEqual(install(settled({})), [nothing()])
})

test('install names each unit that does not run, with the command that starts it', () => {
  const units = 'MainPID=0\nLoadState=loaded\nActiveState=inactive\nType=notify\n'
  const given = { ...settled(system, { units }), layout: { releases: [goodRelease()] } }
  assert.match(install(given).join(), /sidekiq\.service does not run: shipit production sidekiq:start/)
})

test('a host with nothing: written, read by systemd, enabled in one call', () => {
  const given = {
    settings: { ...system, configFiles: ['a.yml', 'b.yml'] },
    facts: { host: host(), file0: '', file1: '', shown: shown('', '') },
  }
  assert.deepEqual(short(install(given)), [
    '/etc/systemd/system/sidekiq.a.service',
    '/etc/systemd/system/sidekiq.b.service',
    'sudo systemctl daemon-reload',
    'sudo systemctl enable sidekiq.a.service sidekiq.b.service',
  ])
})

test('only the file that differs is written; who runs is told to restart', () => {
  const settings = { ...system, configFiles: ['a.yml', 'b.yml'] }
  const units =
    'MainPID=7\nLoadState=loaded\nActiveState=active\nType=notify\n\nMainPID=8\nLoadState=loaded\nActiveState=active\nType=notify\n'
  const steps = short(install(settled(settings, { file1: '# Written by shipit for shop (production): sidekiq:install …\n', units })))
  assert.deepEqual(steps, [
    '/etc/systemd/system/sidekiq.b.service',
    'sudo systemctl daemon-reload',
    "printf '%s\\n' 'Sidekiq runs as before until it is restarted: shipit production sidekiq:restart'",
  ])
})

test('a file that systemd has not read yet is read, one that is not enabled is enabled', () => {
  const unread = shown('enabled').replace('Reload=no', 'Reload=yes')
  assert.deepEqual(install(settled(system, { shown: unread })), ['sudo systemctl daemon-reload', nothing()])
  assert.deepEqual(install(settled(system, { shown: shown('disabled') })), ['sudo systemctl enable sidekiq.service', nothing()])
})

test('a unit that somebody else wrote stays, but for --force, which keeps it beside', () => {
  const given = settled(system, { file0: '[Service]\nExecStart=/usr/local/bin/mine\n' })
  assert.match(install(given).join('\n'), /^printf '%s\\n' 'sidekiq.service is there and was not written by shipit.* >&2; exit 1$/)
  const forced = install({ ...given, args: { force: true } })[0]!
  assert.match(
    forced,
    /^cp -p --backup=numbered \/etc\/systemd\/system\/sidekiq.service \/etc\/systemd\/system\/sidekiq.service.before-shipit$/m,
  )
})

test('a unit of another application, stage or use of the recipe is not ours: it is not replaced, removed or taken for a leftover', () => {
  for (const whose of ['for other (production): sidekiq', 'for shop (staging): sidekiq', 'for shop (production): search']) {
    const given = settled(system, { file0: `# Written by shipit ${whose}:install writes it anew from the config\n` })
    const remedy = whose.endsWith('search') ? /--force keeps it as/ : /a unit of its own: sidekiq\(\{ serviceUnitName:/
    assert.match(install(given).join('\n'), /sidekiq.service is there and was written by shipit for .* >&2; exit 1$/)
    assert.match(install(given).join('\n'), remedy)
    // what another application has is not taken from it, whatever is asked for
    assert.equal(
      install({ ...given, args: { force: true } })
        .join('\n')
        .endsWith('exit 1'),
      !whose.endsWith('search'),
    )
    assert.deepEqual(stepsOf(sidekiq(), 'uninstall', given), [
      `printf '%s\\n' 'sidekiq.service was written by shipit ${whose}:install, and so is left as it is'`,
    ])
  }
  const { ours } = factsOf(sidekiq({}, { name: 'search' }), { runs: ['sidekiq:install'] })
  assert.match(textOf(ours!), /-e '# Written by shipit for shop \(production\): search:install '/)
})

const refusals: readonly [title: string, Record<string, unknown>, Answers, Given, RegExp][] = [
  ['root who only logged in', system, {}, { layout: { user: 'root' } }, /as root.*--set sidekiq.user=deploy/],
  ['log files of an old systemd', { log: 'log/s.log' }, { host: host({ systemd: '232' }) }, {}, /systemd 232 cannot append/],
  ['a stop before its time', { timeout: 30, directives: { Service: { TimeoutStopSec: 20 } } }, {}, {}, /TimeoutStopSec=20 is less/],
  ['a masked unit', system, { shown: 'Id=sidekiq.service\nLoadState=masked\n' }, {}, /systemctl unmask sidekiq.service/],
  ['a template that is not there', { unitTemplate: '/nowhere/x' }, {}, {}, /unitTemplate: ENOENT/],
  [
    'a user who cannot be asked',
    { user: 'svc' },
    { host: { code: 1, stderr: 'sudo: unknown user svc' } },
    {},
    /asked as svc: sudo: unknown user/,
  ],
]
for (const [title, settings, facts, more, why] of refusals) {
  test(`nothing is written for ${title}`, () => {
    const [only, ...rest] = install({ settings, ...more, facts: { host: host(), file0: '', shown: shown(''), linger: '', ...facts } })
    assert.deepEqual(rest, [])
    assert.match(only!, why)
    assert.match(only!, /exit 1$/)
  })
}

test('what the host did not say, and what Sidekiq will not heed, is noted', () => {
  const notes = (more: Readonly<Record<string, string>>) =>
    install({ settings: system, facts: { host: host(more), file0: '', shown: shown('enabled') } }).at(-1)
  assert.match(notes({ bundle: '' })!, /no bundle on this host yet/)
  assert.match(notes({ sidekiq: '' })!, /version of Sidekiq is not known/)
  assert.match(notes({ sidekiq: '5.2.9' })!, /Sidekiq 5.2.9 does not tell systemd/)
  assert.match(notes({ 'timeout sidekiq.yml': '60' })!, /config\/sidekiq.yml says :timeout: 60, and -t 25 of the unit wins/)
  assert.equal(notes({ 'timeout sidekiq.yml': '25' }), 'sudo systemctl daemon-reload')
})

test('folders of log files are made by whoever deploys, elsewhere by root', () => {
  const first = (settings: Record<string, unknown>) =>
    install({ settings: { ...system, ...settings }, facts: { host: host(), file0: '', shown: shown('') } })[0]
  assert.equal(first({ log: 'log/sidekiq.log' }), 'unless test -d /srv/shop/shared/log\nmkdir -p /srv/shop/shared/log')
  assert.equal(first({ log: '/var/log/shop/s.log' }), 'unless test -d /var/log/shop\nsudo install -d -o deploy /var/log/shop')
})

test('a user who does not linger is made to, before its systemd is spoken to', () => {
  const first = (settings: Record<string, unknown>) => install(settled(settings, { linger: { code: 1 } }))[0]!.split('\n')[0]
  assert.equal(first({}), 'loginctl enable-linger deploy 2>/dev/null || sudo -n loginctl enable-linger deploy')
  assert.equal(first({ user: 'svc' }), 'sudo -n loginctl enable-linger svc')
})

test('units under older settings are named, and with --prune stopped and removed', () => {
  const given = settled(
    { ...system, processes: 2 },
    { ours: 'sidekiq@.service\nsidekiq.low.service\ngetty@tty1.service\nsidekiq@1.service\nsidekiq@3.service\n' },
  )
  assert.match(install(given).join(), /no longer in the config: sidekiq.low.service sidekiq@3.service\. .*install --prune/)
  const steps = install({ ...given, args: { prune: true } })
  assert.equal(steps[0], 'sudo systemctl stop sidekiq.low.service sidekiq@3.service')
  assert.deepEqual(steps.slice(2), [
    'sudo systemctl disable sidekiq.low.service sidekiq@3.service',
    'onlyIf systemctl is-failed --quiet sidekiq.low.service sidekiq@3.service\nsudo systemctl reset-failed sidekiq.low.service sidekiq@3.service',
    'sudo rm -f /etc/systemd/system/sidekiq.low.service',
    'sudo systemctl daemon-reload',
    nothing('sidekiq@1.service, sidekiq@2.service are'),
  ])
})

test('uninstall stops, disables and removes what is ours, and leaves what is not', () => {
  const units = 'MainPID=7\nLoadState=loaded\nActiveState=active\nType=notify\n'
  const ours = stepsOf(sidekiq(), 'uninstall', settled(system, { units }))
  assert.deepEqual(
    [ours[0], ...ours.slice(2)],
    [
      'sudo systemctl stop sidekiq.service',
      'sudo systemctl disable sidekiq.service',
      'onlyIf systemctl is-failed --quiet sidekiq.service\nsudo systemctl reset-failed sidekiq.service',
      'sudo rm -f /etc/systemd/system/sidekiq.service',
      'sudo systemctl daemon-reload',
    ],
  )
  assert.deepEqual(stepsOf(sidekiq(), 'uninstall', settled(system, { units, file0: '[Service]\n' })), [
    "printf '%s\\n' 'sidekiq.service was not written by shipit, and so is left as it is'",
  ])
})

test('uninstall fails where a unit file cannot be read, and touches nothing', () => {
  const stderr = 'cat: sidekiq.service: Permission denied'
  const commands = commandsOf(sidekiq(), 'uninstall', settled(system, { file0: { code: 1, stderr } }))
  assert.deepEqual(commands.map(textOf), [`printf '%s\\n' 'sidekiq.service cannot be read: ${stderr}' >&2; exit 1`])
  assert.match(hintOf(commands[0]!, { code: 1 }) ?? '', /shipit production sidekiq:uninstall --set ssh\.user=root/)
})

test('a unit that may be one of older settings, and cannot be read, is named by an uninstall and by a pruning install', () => {
  const ours = { code: 0, stdout: '', stderr: 'grep: closed.service: Permission denied\ngrep: gone.service: No such file or directory\n' }
  const warned = "printf '%s\\n' 'cannot be read, and may be ours: closed.service' >&2; exit 1"
  const told = (task: 'install' | 'uninstall', args = {}) => {
    const commands = commandsOf(sidekiq(), task, { ...settled(system, { ours }), args })
    return commands.filter(({ spec }) => spec.title === 'look for units of older settings')
  }
  for (const commands of [told('uninstall'), told('install', { prune: true })]) {
    assert.deepEqual(commands.map(textOf), [warned])
    assert.ok(commands[0]!.spec.allow)
  }
  assert.deepEqual(told('install'), [])
})

test('enable and disable are one call for all; units that are missing are all told first', () => {
  const units = 'MainPID=0\nLoadState=not-found\n\nMainPID=0\nLoadState=loaded\n\nMainPID=0\nLoadState=not-found\n'
  const given = { settings: { ...system, processes: 3 }, facts: { units } }
  const [look, enable] = commandsOf(sidekiq(), 'enable', given)
  assert.equal(textOf(look!), 'systemctl cat sidekiq@1.service sidekiq@3.service')
  assert.match(hintOf(look!, { stderr: 'No files found for sidekiq@1.service.' })!, /shipit production sidekiq:install/)
  assert.equal(textOf(enable!), 'sudo systemctl enable sidekiq@1.service sidekiq@2.service sidekiq@3.service')
})

test('the log is the journal, or the files', () => {
  assert.deepEqual(stepsOf(sidekiq(), 'log', { settings: system }), ['journalctl --no-pager -n 100 -f -u sidekiq.service'])
  assert.deepEqual(stepsOf(sidekiq(), 'log', { settings: { log: 'log/s.log' }, args: { lines: 5 } }), [
    'tail -n 5 -F /srv/shop/shared/log/s.log',
  ])
})

test('the files are read only where they are written or removed', () => {
  const names = (...runs: string[]) =>
    Object.keys(factsOf(sidekiq(system as never), { runs, host: hostOf(), layout: { releases: [goodRelease()] } }))
  assert.deepEqual(names('sidekiq:stop'), ['units', 'owner'])
  assert.deepEqual(names('sidekiq:restart'), ['units', 'owner', 'file0', 'ours', 'host'])
  assert.deepEqual(names('sidekiq:check'), ['units', 'owner', 'rights'])
  assert.deepEqual(names('sidekiq:install'), ['units', 'owner', 'shown', 'file0', 'ours', 'host'])
  assert.deepEqual(names('sidekiq:uninstall'), ['units', 'owner', 'file0', 'ours'])
})

test('a sudo that would ask for a password later is told before anything is touched', () => {
  const units = 'MainPID=7\nLoadState=loaded\nActiveState=active\nType=notify\nExecReload={ argv[]=/bin/kill -TSTP $MAINPID ; }\n'
  const rights =
    'User deploy may run the following commands on w1:\n    (ALL : ALL) ALL\n    (root) NOPASSWD: /usr/bin/systemctl reload sidekiq.service\n'
  const steps = stepsOf(sidekiq(), 'check', { settings: system, facts: { units, rights } })
  assert.equal(steps[0], 'sudo -n -l systemctl reload sidekiq.service')
  assert.equal(steps[1], "printf '%s\\n' 'sudo asks deploy for a password' >&2; exit 1")
})
