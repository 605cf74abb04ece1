import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { puma } from '../../recipes/index.ts'
import { golden, pumaHost } from '../golden/puma-units.ts'
import { commandsOf, contextOf, factsOf, goodRelease, stepsOf, textOf, type Answers, type Given } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

const running = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n'
const absent = 'LoadState=not-found\nActiveState=inactive\nMainPID=0\nType=\n'
const given = (facts: Answers = {}, more: Given = {}): Given => ({
  layout: { releases: [goodRelease()] },
  args: {},
  ...more,
  facts: { 'files.0': '', host: pumaHost(), ...facts },
})
const unitsOf = (settings: object, one = running): string => ('socket' in settings ? `${one}\n${one}` : one)

/** The texts of the files that an installation writes, by name. */
const written = (settings: object, one: Given = given({ units: unitsOf(settings, absent) })): Readonly<Record<string, string>> =>
  Object.fromEntries(
    commandsOf(puma(settings), 'install', one).flatMap((step) => {
      const name = /^write .*\/(.+)$/.exec(step.spec.title ?? '')?.[1]
      const text = /printf '%s' '([^]*?)' > "\$work\/\$unit"/.exec(textOf(step))?.[1]?.replaceAll(`'\\''`, "'")
      return name === undefined || text === undefined ? [] : [[name, text]]
    }),
  )
const header = (name: string) =>
  `# Written by shipit for shop (production): puma:install writes ${name} anew from the config. Deployed to /srv/shop\n`

for (const { title, settings, host, files, lines = [], without = [] } of golden)
  test(`puma:install writes ${title}`, () => {
    const texts = written(settings, given({ units: unitsOf(settings, 'bind' in settings ? absent : running), host: pumaHost(host) }))
    if (files !== undefined)
      assert.deepEqual(texts, Object.fromEntries(Object.entries(files).map(([name, text]) => [name, header(name) + text])))
    const service = (Object.entries(texts).find(([name]) => name.endsWith('.service'))?.[1] ?? '').split('\n')
    assert.deepEqual(
      service.filter((line) => lines.includes(line)),
      lines,
    )
    for (const begin of without) assert.ok(!service.some((line) => line.startsWith(begin)), begin)
  })

const system = { serviceUnitUser: 'system', socket: true, bind: 'tcp://0.0.0.0:9292' } as const

test('puma:install writes the service, then the socket, reads both, and enables them in one call', () => {
  const steps = commandsOf(puma(system), 'install', given({ units: `${absent}\n${absent}` }))
  assert.deepEqual(
    steps.map((step) => step.spec.title ?? textOf(step)),
    [
      'write /etc/systemd/system/puma.service',
      'write /etc/systemd/system/puma.socket',
      'sudo systemctl daemon-reload',
      'sudo systemctl enable puma.socket puma.service',
      'notes',
    ],
  )
})

test('puma:install lets systemd verify each file beside the other', () => {
  const [service, socket] = stepsOf(puma(system), 'install', given({ units: `${absent}\n${absent}` }))
  assert.match(socket!, /' > "\$work"\/puma\.service\n/)
  assert.match(service!, /' > "\$work"\/puma\.socket\n/)
})

test('puma:install makes the folder of a socket in the file system as the user who deploys', () => {
  const [folder] = commandsOf(
    puma({ ...system, bind: 'unix://tmp/sockets/puma.sock' }),
    'install',
    given({ units: unitsOf(system, absent) }),
  )
  assert.equal(textOf(folder!), 'unless test -d /srv/shop/shared/tmp/sockets\nmkdir -p /srv/shop/shared/tmp/sockets')
})

test('a second puma:install writes nothing', () => {
  const texts = written(system)
  const shown = `${running}UnitFileState=enabled\n\n${running}UnitFileState=enabled\n`
  const again = given({ units: unitsOf(system), shown, 'files.0': texts['puma.socket']!, 'files.1': texts['puma.service']! })
  const steps = stepsOf(puma(system), 'install', again)
  assert.deepEqual(steps, ["printf '%s\\n' 'nothing to write: puma.socket, puma.service are as the config says'"])
})

const refusals: readonly (readonly [string, object, string, RegExp])[] = [
  ['an instance', { serviceUnitName: 'puma@1' }, running, /puma@1\.service is an instance, and shipit writes no template for it/],
  ['a socket that nobody wrote', { socket: true }, `${absent}\n${running}`, /puma\.socket is missing; .*puma\(\{ bind: /],
]
for (const [what, settings, units, says] of refusals)
  test(`puma:install refuses ${what}, and says what to set`, () => {
    const [step, ...more] = commandsOf(puma(settings), 'install', { layout: { releases: [goodRelease()] }, args: {}, facts: { units } })
    assert.match(step!.spec.message!.text, says)
    assert.deepEqual(more, [])
  })

test('puma:install as root needs the account that Puma runs as', () => {
  const [step] = commandsOf(puma(system), 'install', given({ units: unitsOf(system) }, { layout: { user: 'root' } }))
  assert.match(step!.spec.message!.text, /Puma would run as root, because you logged in as root\. Set its user.*--set puma\.user=deploy/)
})

test('puma:install refuses to change a socket while Puma runs, and says how to do it', () => {
  const [step, ...more] = commandsOf(puma(system), 'install', given({ units: unitsOf(system) }))
  assert.equal(
    step!.spec.message!.text,
    'puma.socket would change while puma.socket, puma.service run, and the service would lose its connections for good. Stop it for the change: shipit production puma:stop; then shipit production puma:install --set ssh.user=root --set puma.user=deploy; then shipit production puma:start',
  )
  assert.deepEqual(more, [])
})

const notes: readonly (readonly [string, Readonly<Record<string, string>>, RegExp | undefined])[] = [
  ['a version that is not known', { puma: '' }, /the version of Puma is not known before the first deploy/],
  ['a Puma that does not notify', { puma: '5.6.5' }, /Puma 5\.6\.5 does not notify systemd when it is up .*: the unit has Type=simple/],
  ['a missing bundle', { bundle: '' }, /there is no bundle on this host yet.*puma:install/],
]
for (const [what, host, says] of notes)
  test(`puma:install says of ${what} what follows from it`, () => {
    const last = commandsOf(puma(), 'install', given({ units: running, host: pumaHost(host) })).at(-1)!
    assert.match(last.spec.message!.text, says!)
  })

test('puma:uninstall stops both units, and removes both files', () => {
  const texts = written(system)
  const facts = { units: unitsOf(system), 'files.0': texts['puma.socket']!, 'files.1': texts['puma.service']! }
  const steps = stepsOf(puma(system), 'uninstall', given(facts))
  assert.equal(steps[0], 'sudo systemctl stop puma.socket puma.service')
  assert.ok(steps.includes('sudo rm -f /etc/systemd/system/puma.socket /etc/systemd/system/puma.service'), steps.join('\n'))
})

test('puma:uninstall leaves units of another application', () => {
  const steps = stepsOf(puma(system), 'uninstall', given({ units: unitsOf(system), 'files.0': '[Socket]\n', 'files.1': '[Service]\n' }))
  assert.deepEqual(steps, [
    `printf '%s\\n' 'puma.socket was not written by shipit, and so is left as it is' 'puma.service was not written by shipit, and so is left as it is'`,
  ])
})

test('a socket that the settings no longer have is an old unit of this use', () => {
  const list = `file puma.socket\n${header('puma.socket')}== owners\n/srv/shop\npuma.socket\nId=puma.socket\nLoadState=loaded\nFragmentPath=/etc/systemd/system/puma.socket\nMark=${header('puma.socket')}`
  const without = { serviceUnitUser: 'system' } as const
  const steps = stepsOf(puma(without), 'install', given({ units: running, ours: list }))
  assert.match(steps.join('\n'), /no longer in the config: puma\.socket\. To stop and remove: .*puma:install --prune/)
})

test('systemd reads the service without its socket before the socket is stopped, for Puma would stop with it', () => {
  const mark = header('puma.socket').trimEnd()
  const list = `file puma.socket\n${mark}\n== owners\n/srv/shop\npuma.socket\nId=puma.socket\nLoadState=loaded\nFragmentPath=/etc/systemd/system/puma.socket\nMark=${mark}\n`
  const one = given(
    { units: running, ours: list, 'files.0': `${header('puma.service')}[Unit]\nRequires=puma.socket\n` },
    { args: { prune: true } },
  )
  const steps = stepsOf(puma({ serviceUnitUser: 'system' }), 'install', one)
  const [reload, stop] = ['sudo systemctl daemon-reload', 'sudo systemctl stop puma.socket'].map((text) => steps.indexOf(text))
  assert.ok(reload! > 0 && stop! > reload!, steps.join('\n'))
})

test('the doctor and a restart tell of a unit that differs, and what to run so that a socket moves to its new address', () => {
  const texts = written(system)
  const moved = { ...system, bind: 'tcp://0.0.0.0:8080' }
  const facts = { units: unitsOf(system), 'files.0': texts['puma.socket']!, 'files.1': texts['puma.service']! }
  const found = puma(moved)
    .definition.doctor!.findings(contextOf(puma(moved), given(facts)))
    .filter(({ message }) => message.includes('not as the config says now'))
  assert.deepEqual(
    found.map(({ message }) => message),
    ['puma.socket is not as the config says now', 'puma.service is not as the config says now'],
  )
  assert.match(
    found[0]!.remedy,
    /then shipit production puma:stop; then shipit production puma:install .*; then shipit production puma:start$/,
  )
  const warned = commandsOf(puma(moved), 'restart', given(facts)).find(({ spec }) => spec.message?.level === 'warning')
  assert.match(warned!.spec.message!.text, /puma\.socket is not as the config says now/)
})

test('units of another application are compared with nothing', () => {
  const facts = { units: unitsOf(system), 'files.0': '[Socket]\n', 'files.1': '[Service]\n' }
  const steps = commandsOf(puma(system), 'restart', given(facts))
  assert.ok(!steps.some(({ spec }) => spec.message !== undefined))
})

for (const { name, argv } of shells)
  test(`${name}: the versions of Puma and sd_notify are those of the live release, or of the newest`, (t) => {
    const deployTo = mkdtempSync(join(tmpdir(), 'shipit-puma-'))
    t.after(() => rmSync(deployTo, { recursive: true }))
    const asked = factsOf(puma(), { runs: ['puma:install'], deployTo })['host']!
    const says = () =>
      runSteps(argv, [asked])[0]!
        .stdout.split('\n')
        .filter((row) => /^(puma|sd_notify) /.test(row))
    assert.deepEqual(says(), ['puma ', 'sd_notify '])
    for (const [release, puma] of [
      ['20261122141200', '5.6.5'],
      ['20261123141200', '6.4.2'],
    ] as const) {
      mkdirSync(join(deployTo, 'releases', release), { recursive: true })
      writeFileSync(
        join(deployTo, 'releases', release, 'Gemfile.lock'),
        `GEM\n  specs:\n    puma (${puma})\n      nio4r (~> 2.0)\n    sd_notify (0.1.1)\n\nDEPENDENCIES\n  puma (~> 5)\n`,
      )
    }
    assert.deepEqual(says(), ['puma 6.4.2', 'sd_notify 0.1.1'])
  })
