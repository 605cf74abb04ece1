import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import type { Context } from '../../recipes/sidekiq/manager.ts'
import { unitFiles } from '../support/sidekiq-units.ts'
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
import { runSteps, shells, stubs } from '../support/script.ts'

const system = { serviceUnitUser: 'system' }
const shown = (...states: readonly string[]) =>
  states
    .map(
      (state, i) => `Id=u${i}.service\nLoadState=${state === '' ? 'not-found' : 'loaded'}\nUnitFileState=${state}\nNeedDaemonReload=no\n`,
    )
    .join('\n')

const OLDER = '# Written by shipit for shop (production): sidekiq:install writes it anew from the config'
const newer = (name: string, deployTo = '/srv/shop') =>
  `# Written by shipit for shop (production): sidekiq:install writes ${name} anew from the config. Deployed to ${deployTo}`
/** The host's answer about units that may be ours: each runs in a folder, and is ours if that is `/srv/shop`. */
const owned = (...units: readonly (readonly [name: string, dir: string, mark?: string])[]) =>
  [
    '== owners',
    '/srv/shop',
    units.map(([name]) => name).join(' '),
    ...units.map(([name, dir, mark = OLDER]) =>
      [
        ...(dir === '' ? [] : [`Within=${dir.replace('/srv/shop/', './')}`, `WorkingDirectory=${dir}`]),
        `Mark=${mark}`,
        `Id=${name}`,
        'LoadState=loaded\n',
      ].join('\n'),
    ),
  ].join('\n')

/** A host whose units match the config. */
const settled = (settings: Record<string, unknown>, more: Answers = {}): Given => {
  const base = { host: host(), linger: '', ours: '' }
  const files = unitFiles(contextOf(sidekiq(), { settings, facts: base }) as unknown as Context)
  const texts = Object.fromEntries(files.map(({ text }, i) => [`files.${i}`, text]))
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
/** The steps, with the name instead of a written file. */
const short = (steps: readonly string[]): string[] => steps.map((text) => /^mv -f .* (\S+)$/m.exec(text)?.[1] ?? text)

const nothing = (units = 'sidekiq.service is') => `printf '%s\\n' 'nothing to write: ${units} as the config says'`

test('an unchanged unit is left alone, and install says so', () => {
  assert.deepEqual(install(settled(system)), [nothing()])
  assert.deepEqual(install(settled({})), [nothing()])
})

test('install names each unit that does not run, with the command that starts it', () => {
  const units = 'MainPID=0\nLoadState=loaded\nActiveState=inactive\nType=notify\n'
  const given = { ...settled(system, { units }), layout: { releases: [goodRelease()] } }
  assert.match(install(given).join(), /sidekiq\.service does not run: shipit production sidekiq:start/)
})

test('units on a new host are written, reloaded, and enabled in one call', () => {
  const given = {
    settings: { ...system, configFiles: ['a.yml', 'b.yml'] },
    facts: { host: host(), 'files.0': '', 'files.1': '', shown: shown('', '') },
  }
  assert.deepEqual(short(install(given)), [
    '/etc/systemd/system/sidekiq.a.service',
    '/etc/systemd/system/sidekiq.b.service',
    'sudo systemctl daemon-reload',
    'sudo systemctl enable sidekiq.a.service sidekiq.b.service',
  ])
})

test('only a changed file is written, and running units have to be restarted', () => {
  const settings = { ...system, configFiles: ['a.yml', 'b.yml'] }
  const units =
    'MainPID=7\nLoadState=loaded\nActiveState=active\nType=notify\n\nMainPID=8\nLoadState=loaded\nActiveState=active\nType=notify\n'
  const steps = short(install(settled(settings, { 'files.1': '# Written by shipit for shop (production): sidekiq:install …\n', units })))
  assert.deepEqual(steps, [
    '/etc/systemd/system/sidekiq.b.service',
    'sudo systemctl daemon-reload',
    "printf '%s\\n' 'Sidekiq runs as before until it is restarted: shipit production sidekiq:restart'",
  ])
})

test('a file that systemd has not read is reloaded, and a disabled unit is enabled', () => {
  const unread = shown('enabled').replace('Reload=no', 'Reload=yes')
  assert.deepEqual(install(settled(system, { shown: unread })), ['sudo systemctl daemon-reload', nothing()])
  assert.deepEqual(install(settled(system, { shown: shown('disabled') })), ['sudo systemctl enable sidekiq.service', nothing()])
})

test('a foreign unit is kept, and --force replaces it with a backup', () => {
  const given = settled(system, { 'files.0': '[Service]\nExecStart=/usr/local/bin/mine\n' })
  assert.match(install(given).join('\n'), /^printf '%s\\n' 'sidekiq.service already exists and was not written by shipit.* >&2; exit 1$/)
  const forced = install({ ...given, args: { force: true } })[0]!
  assert.match(
    forced,
    /^cp -p --backup=numbered \/etc\/systemd\/system\/sidekiq.service \/etc\/systemd\/system\/sidekiq.service.before-shipit$/m,
  )
})

test('a unit of another application, stage or use is neither replaced, removed nor taken for a leftover', () => {
  for (const whose of ['for other (production): sidekiq', 'for shop (staging): sidekiq', 'for shop (production): search']) {
    const given = settled(system, { 'files.0': `# Written by shipit ${whose}:install writes it anew from the config\n` })
    const remedy = whose.endsWith('search') ? /--force keeps it as/ : /a unit of its own: sidekiq\(\{ serviceUnitName:/
    assert.match(install(given).join('\n'), /sidekiq.service already exists and was written by shipit for .* >&2; exit 1$/)
    assert.match(install(given).join('\n'), remedy)
    // another application's unit is not taken from it, whatever the options
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
})

const refusals: readonly [title: string, Record<string, unknown>, Answers, Given, RegExp][] = [
  ['root that is only the login', system, {}, { layout: { user: 'root' } }, /as root.*--set sidekiq.user=deploy/],
  ['log files of an old systemd', { log: 'log/s.log' }, { host: host({ systemd: '232' }) }, {}, /systemd 232 cannot append/],
  ['a short TimeoutStopSec', { timeout: 30, directives: { Service: { TimeoutStopSec: 20 } } }, {}, {}, /TimeoutStopSec=20 is less/],
  ['a masked unit', system, { shown: 'Id=sidekiq.service\nLoadState=masked\n' }, {}, /systemctl unmask sidekiq.service/],
  ['a missing template', { unitTemplate: '/nowhere/x' }, {}, {}, /unitTemplate: ENOENT/],
  [
    'a user who is unknown on the host',
    { user: 'svc' },
    { host: { code: 1, stderr: 'sudo: unknown user svc' } },
    {},
    /asked as svc: sudo: unknown user/,
  ],
]
for (const [title, settings, facts, more, why] of refusals) {
  test(`install writes nothing for ${title}`, () => {
    const [only, ...rest] = install({ settings, ...more, facts: { host: host(), 'files.0': '', shown: shown(''), linger: '', ...facts } })
    assert.deepEqual(rest, [])
    assert.match(only!, why)
    assert.match(only!, /exit 1$/)
  })
}

test('facts that the host did not give and settings that Sidekiq ignores are noted', () => {
  const notes = (more: Readonly<Record<string, string>>) =>
    install({ settings: system, facts: { host: host(more), 'files.0': '', shown: shown('enabled') } }).at(-1)
  assert.match(notes({ bundle: '' })!, /no bundle on this host yet/)
  assert.match(notes({ sidekiq: '' })!, /version of Sidekiq is not known/)
  assert.match(notes({ sidekiq: '5.2.9' })!, /Sidekiq 5.2.9 does not notify systemd/)
  assert.match(notes({ 'timeout sidekiq.yml': '60' })!, /config\/sidekiq.yml sets :timeout: 60, but -t 25 of the unit overrides it/)
  assert.equal(notes({ 'timeout sidekiq.yml': '25' }), 'sudo systemctl daemon-reload')
})

test('folders of log files are created by the deploy user, and elsewhere by root', () => {
  const first = (settings: Record<string, unknown>) =>
    install({ settings: { ...system, ...settings }, facts: { host: host(), 'files.0': '', shown: shown('') } })[0]
  assert.equal(first({ log: 'log/sidekiq.log' }), 'unless test -d /srv/shop/shared/log\nmkdir -p /srv/shop/shared/log')
  assert.equal(first({ log: '/var/log/shop/s.log' }), 'unless test -d /var/log/shop\nsudo install -d -o deploy /var/log/shop')
})

test("install enables lingering before it uses a user's systemd", () => {
  const first = (settings: Record<string, unknown>) => install(settled(settings, { linger: { code: 1 } }))[0]!.split('\n')[0]
  assert.equal(first({}), 'loginctl enable-linger deploy 2>/dev/null || sudo -n loginctl enable-linger deploy')
  assert.equal(first({ user: 'svc' }), 'sudo -n loginctl enable-linger svc')
})

test('units of older settings are named, and --prune stops and removes them', () => {
  const given = settled(
    { ...system, processes: 2 },
    {
      ours: [
        ...['sidekiq@', 'sidekiq.low'].flatMap((name) => [`file ${name}.service`, OLDER]),
        ...['getty@tty1', 'sidekiq@1', 'sidekiq@3'].map((name) => `wants ${name}.service`),
        owned(['sidekiq.low.service', '/srv/shop/current']),
      ].join('\n'),
    },
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

const leftovers: readonly { readonly what: string; readonly ours: readonly string[]; readonly says: RegExp | undefined }[] = [
  {
    what: 'of an older shipit in the same folder',
    ours: ['file old.service', OLDER, owned(['old.service', '/srv/shop/current'])],
    says: undefined,
  },
  { what: 'of ours', ours: ['file old.service', newer('old.service'), owned(['old.service', '', newer('old.service')])], says: undefined },
  {
    what: 'of an older shipit, in another folder',
    ours: ['file old.service', OLDER, owned(['old.service', '/var/www/app/current'])],
    says: /old\.service runs in \/var\/www\/app\/current, and so is left as it is/,
  },
  {
    what: 'with another folder in its header',
    ours: ['file old.service', newer('old.service', '/var/www/app'), owned(['old.service', ''])],
    says: /old\.service was written for \/var\/www\/app, and/,
  },
  {
    what: 'of an unknown deploy',
    ours: ['file old.service', OLDER, owned(['old.service', ''])],
    says: /old\.service was written by an older shipit, and it is not known for which deployment, and/,
  },
  { what: 'without an answer of systemd', ours: ['file old.service', OLDER], says: /old\.service was written by an older shipit, and/ },
  {
    what: 'copied from another name',
    ours: ['file imports.service', newer('sidekiq.service'), owned(['imports.service', '/srv/shop/current'])],
    says: /imports\.service is a copy of sidekiq\.service, and/,
  },
  {
    what: 'behind a link',
    ours: ['link old.service', newer('old.service'), owned(['old.service', '/srv/shop/current'])],
    says: /old\.service is a link, and shipit makes no links, and/,
  },
]
for (const { what, ours, says } of leftovers)
  test(`a leftover unit ${what} is ${says === undefined ? 'removed' : 'left and named'} by uninstall and install --prune`, () => {
    const given = settled(system, { ours: ours.join('\n'), units: 'LoadState=loaded\nActiveState=active\nType=notify\n' })
    for (const steps of [install({ ...given, args: { prune: true } }), stepsOf(sidekiq(), 'uninstall', given)]) {
      assert.equal(/systemctl stop .*(old|imports)\.service/.test(steps.join('\n')), says === undefined)
      assert.equal(/rm -f .*(old|imports)\.service/.test(steps.join('\n')), says === undefined)
      if (says !== undefined) assert.match(steps.join('\n'), says)
    }
    // a removal that would be refused is not recommended
    assert.equal(/install --prune/.test(install(given).join('\n')), says === undefined)
    const found = sidekiq()
      .definition.doctor!.findings(contextOf(sidekiq(), given))
      .map(({ message }) => message)
    assert.equal(found.includes('no longer in the config: old.service'), says === undefined)
  })

test("uninstall stops, disables and removes shipit's units, and leaves others", () => {
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
  assert.deepEqual(stepsOf(sidekiq(), 'uninstall', settled(system, { units, 'files.0': '[Service]\n' })), [
    "printf '%s\\n' 'sidekiq.service was not written by shipit, and so is left as it is'",
  ])
})

test('uninstall fails if a unit file cannot be read, and touches nothing', () => {
  const stderr = 'cat: sidekiq.service: Permission denied'
  const commands = commandsOf(sidekiq(), 'uninstall', settled(system, { 'files.0': { code: 1, stderr } }))
  assert.deepEqual(commands.map(textOf), [`printf '%s\\n' 'sidekiq.service cannot be read: ${stderr}' >&2; exit 1`])
  assert.match(hintOf(commands[0]!, { code: 1 }) ?? '', /shipit production sidekiq:uninstall --set ssh\.user=root/)
})

test('an unreadable unit that may be of older settings is named by uninstall and install --prune', () => {
  const ours = {
    code: 0,
    stdout: '',
    stderr: '/etc/systemd/system/closed.service: Permission denied\n/etc/systemd/system/x.conf: Permission denied\n',
  }
  const warned = "printf '%s\\n' 'cannot be read, and may be ours: closed.service' >&2; exit 1"
  const warnings = (task: 'install' | 'uninstall', args = {}) => {
    const commands = commandsOf(sidekiq(), task, { ...settled(system, { ours }), args })
    return commands.filter(({ spec }) => spec.title === 'look for units of older settings')
  }
  for (const commands of [warnings('uninstall'), warnings('install', { prune: true })]) {
    assert.deepEqual(commands.map(textOf), [warned])
    assert.ok(commands[0]!.spec.allow)
  }
  assert.deepEqual(warnings('install'), [])
})

test("a folder in a unit's place is named in the remedy, without a hint about rights", () => {
  const hint = (why: string, user: string) => {
    const given = settled(system, { 'files.0': { code: 1, stderr: `cat: sidekiq.service: ${why}` } })
    return hintOf(commandsOf(sidekiq(), 'uninstall', { ...given, layout: { user } })[0]!, { code: 1 }) ?? ''
  }
  for (const text of [hint('Is a directory', 'deploy'), hint('Is a directory', 'root'), hint('Input/output error', 'root')])
    assert.match(text, /ls -ld \/etc\/systemd\/system\/sidekiq\.service\. Move it away, then run: shipit production sidekiq:uninstall$/)
  assert.match(hint('Permission denied', 'deploy'), /--set ssh\.user=root/)
})

for (const { name: shell, argv } of shells)
  test(`${shell}: a unit that appeared after the facts is not overwritten, and an unchanged one is`, (t) => {
    const home = mkdtempSync(join(tmpdir(), 'shipit-put-'))
    const fake = stubs({ 'systemd-analyze': ':' })
    t.after(() => {
      rmSync(home, { recursive: true, force: true })
      fake.remove()
    })
    const file = join(home, '.config/systemd/user/sidekiq.service')
    const put = (read: string, args = {}) => {
      const given = { ...settled({}, { 'files.0': read }), layout: { home }, args }
      const command = commandsOf(sidekiq(), 'install', given).find(({ spec }) => spec.title === `write ${file}`)!
      return { ...runSteps(argv, [command], { PATH: fake.path })[0]!, command }
    }
    const theirs = '# Written by shipit for blog (production): sidekiq:install writes it anew from the config\n[Service]\n'
    assert.equal(put('').code, 0)
    const first = readFileSync(file, 'utf8')
    assert.match(first, /^# Written by shipit for shop \(production\)/)
    for (const read of ['', first.replace('-t 25', '-t 20')]) {
      writeFileSync(file, theirs)
      const { code, stderr, command } = put(read)
      assert.equal(code, 68)
      assert.ok(
        stderr.includes(`${file}: another program wrote it after shipit read it. It begins with "${theirs.split('\n')[0]}"`),
        stderr,
      )
      assert.match(hintOf(command, { code }) ?? '', /was not touched\. Check who wrote it, then run: shipit production sidekiq:install$/)
      assert.equal(readFileSync(file, 'utf8'), theirs)
    }
    writeFileSync(file, '[Service]\n')
    assert.equal(put('[Service]', { force: true }).code, 0)
    assert.equal(readFileSync(`${file}.before-shipit`, 'utf8'), '[Service]\n')
    assert.equal(readFileSync(file, 'utf8'), first)
    assert.deepEqual(readdirSync(join(home, '.config/systemd/user')).sort(), ['sidekiq.service', 'sidekiq.service.before-shipit'])
  })

test('enable and disable are one call for all units, and all missing units are reported first', () => {
  const units = 'MainPID=0\nLoadState=not-found\n\nMainPID=0\nLoadState=loaded\n\nMainPID=0\nLoadState=not-found\n'
  const given = { settings: { ...system, processes: 3 }, facts: { units } }
  const [look, enable] = commandsOf(sidekiq(), 'enable', given)
  assert.equal(textOf(look!), 'systemctl cat sidekiq@1.service sidekiq@3.service')
  assert.match(hintOf(look!, { stderr: 'No files found for sidekiq@1.service.' })!, /shipit production sidekiq:install/)
  assert.equal(textOf(enable!), 'sudo systemctl enable sidekiq@1.service sidekiq@2.service sidekiq@3.service')
})

test('sidekiq:log follows the journal, or the log files', () => {
  assert.deepEqual(stepsOf(sidekiq(), 'log', { settings: system }), ['journalctl --no-pager -n 100 -f -u sidekiq.service'])
  assert.deepEqual(stepsOf(sidekiq(), 'log', { settings: { log: 'log/s.log' }, args: { lines: 5 } }), [
    'tail -n 5 -F /srv/shop/shared/log/s.log',
  ])
})

test('unit files are read only by runs that write, remove or compare them', () => {
  const names = (...runs: string[]) =>
    Object.keys(factsOf(sidekiq(system as never), { runs, host: hostOf(), layout: { releases: [goodRelease()] } }))
  assert.deepEqual(names('sidekiq:stop'), ['units', 'owner'])
  assert.deepEqual(names('sidekiq:restart'), ['units', 'owner', 'files.0', 'ours', 'host', 'otherScope'])
  assert.deepEqual(names('sidekiq:check'), ['units', 'owner', 'rights', 'sudo.0', 'sudo.1', 'sudo.2', 'sudo.3'])
  assert.deepEqual(names('sidekiq:install'), ['units', 'owner', 'shown', 'files.0', 'ours', 'host', 'otherScope'])
  assert.deepEqual(names('sidekiq:uninstall'), ['units', 'owner', 'files.0', 'ours'])
})

test('a sudo that would ask for a password is reported before anything is touched', () => {
  const units = 'MainPID=7\nLoadState=loaded\nActiveState=active\nType=notify\nExecReload={ argv[]=/bin/kill -TSTP $MAINPID ; }\n'
  const rights =
    'User deploy may run the following commands on w1:\n    (ALL : ALL) ALL\n    (root) NOPASSWD: /usr/bin/systemctl reload sidekiq.service\n'
  const steps = stepsOf(sidekiq(), 'check', { settings: system, facts: { units, rights, 'sudo.0': '' } })
  const asked = ['stop', 'start', 'restart'].map((verb) => `systemctl ${verb} sidekiq.service`).join('; ')
  assert.deepEqual(steps, [`printf '%s\\n' 'sudo asks deploy for a password before: ${asked}' >&2; exit 1`])
})
