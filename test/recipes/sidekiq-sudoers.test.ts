import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { sudoersFile } from '../../src/kit/sudo/sudoers-remedy.ts'
import { hasForeignLine } from '../../src/kit/sudo/sudoers-install.ts'
import { type SudoersContext, sudoersLines, sudoersText } from '../../src/kit/sudo/sudoers-rules.ts'
import { sidekiq } from '../../recipes/index.ts'
import { sudoersRules } from '../../recipes/sidekiq/sudoers.ts'
import type { Settings } from '../../recipes/sidekiq/settings.ts'
import { commandsOf, contextOf, goodRelease, hintOf, hostOf, stepsOf, type Given } from '../support/context.ts'
import { runSteps, shells } from '../support/script.ts'

const of = (settings: Record<string, unknown>) => contextOf(sidekiq(), { settings }) as unknown as SudoersContext<Settings>
const deploy = { user: 'deploy', bin: '/usr/bin/systemctl' }
const lines = (settings: Record<string, unknown>, host = deploy) => sudoersLines(sudoersRules, of(settings).settings, host)

test('G118: a system unit has a line for each call, with whole arguments', () => {
  assert.deepEqual(lines({ serviceUnitUser: 'system', serviceUnitName: 'shop_sidekiq' }), [
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reload shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl kill --kill-who\\=main -s TSTP shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl stop shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl restart shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl reset-failed shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl enable shop_sidekiq.service',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl disable shop_sidekiq.service',
  ])
})

test("a unit of the deploy user's systemd needs no rule, and one of another user's a shell of that user", () => {
  assert.deepEqual(lines({}), [])
  assert.deepEqual(lines({ user: 'deploy' }), [])
  assert.deepEqual(lines({ user: 'svc' }), ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'])
})

test('an Upstart job has rules for itself or for each of its instances', () => {
  const initctl = { user: 'deploy', bin: '/sbin/initctl' }
  assert.deepEqual(
    lines({ manager: 'upstart', processes: 2 }, initctl).filter((line) => line.includes(' stop ')),
    [1, 2].map((n) => `deploy ALL=(root) NOPASSWD: /sbin/initctl stop sidekiq index\\=${n}`),
  )
})

test('a Sidekiq with signals needs a rule only if another user runs it', () => {
  assert.deepEqual(lines({ manager: 'signals' }), [])
  assert.deepEqual(lines({ manager: 'signals', user: 'svc' }), ['deploy ALL=(svc) NOPASSWD: /bin/sh ""'])
})

test('G118: characters that sudoers would interpret are escaped, and nothing is a wildcard', () => {
  const all = lines(
    { serviceUnitUser: 'system', serviceUnitName: 'my app', processes: 2 },
    { user: 'deploy', bin: '/opt/a:b,c=d/systemctl' },
  )
  assert.ok(
    all.includes('deploy ALL=(root) NOPASSWD: /opt/a\\:b\\,c\\=d/systemctl stop my\\\\\\\\x20app@1.service my\\\\\\\\x20app@2.service'),
  )
  assert.ok(all.every((line) => !/[*?[\]^]/.test(line)))
})

test("G118: the file's name is one that sudo reads, after the others, for each application and stage", () => {
  assert.equal(sudoersFile({ ...of({}), application: 'shop.example', stage: 'eu-1' }), 'zz_shop_example_eu-1_sidekiq')
  assert.equal(sudoersFile({ ...of({}), usedAs: 'search' }), 'zz_shop_production_search')
  assert.equal(
    sudoersText(sudoersRules, of({}), ['a', 'b']),
    '# For shop (production), by shipit: sidekiq:sudoers --install writes it anew\na\nb\n',
  )
})

/** Runs every task in every state of units: a call without a rule would be refused on the host. */
test('every sudo call of a task is among the rules, whatever the state of the units', () => {
  const states = {
    up: 'MainPID=7\nActiveState=active',
    down: 'MainPID=0\nActiveState=inactive',
    crashing: 'MainPID=0\nActiveState=activating',
  }
  const ways = ['', 'ExecReload={ argv[]=/bin/kill -TSTP $MAINPID ; }']
  const blocks = Object.values(states).flatMap((state) => ways.map((way) => `LoadState=loaded\nType=notify\n${state}\n${way}`))
  const missing = 'LoadState=not-found\nMainPID=0\nActiveState=inactive'
  for (const processes of [1, 2]) {
    const settings = { serviceUnitUser: 'system', processes }
    const allowed = lines(settings).map((line) => line.replace(/^.*NOPASSWD: \/usr\/bin\//, 'sudo ').replaceAll('\\', ''))
    const pairs =
      processes === 1 ? [...blocks, missing] : blocks.flatMap((one) => [...blocks, missing].map((other) => `${one}\n\n${other}`))
    for (const units of pairs) {
      const given: Given = { settings, facts: { units }, ran: { 'sidekiq:quiet': 'done' }, host: hostOf() }
      for (const task of ['check', 'quiet', 'stop', 'start', 'restart', 'recover', 'enable', 'disable']) {
        const calls = stepsOf(sidekiq(), task, given).flatMap((text) => text.split('\n').filter((line) => line.startsWith('sudo ')))
        for (const call of calls) assert.ok(allowed.includes(call.replace('sudo -n -l ', 'sudo ')), `${task}: ${call}`)
      }
    }
  }
})

const system = { serviceUnitUser: 'system', processes: 2 } as const
/** The remedy of the check if sudo refuses everything. */
const hint = (settings: Parameters<typeof sidekiq>[0] & {}): string => {
  const given: Given = {
    layout: { releases: [goodRelease()] },
    facts: {
      units: ['1', '2'].map((n) => `Id=sidekiq@${n}.service\nLoadState=loaded\nActiveState=active\nMainPID=7\n`).join('\n'),
      'sudo.4': { code: 1 },
    },
  }
  const step = commandsOf(sidekiq(settings), 'check', given).find(({ spec }) => spec.message?.text.includes('sudo'))
  return hintOf(step!, {})!
}

test('the check names the tasks that print and install the rules, and then the line to write by hand', () => {
  const [see, put, edit, line, ...more] = hint(system).split('\n')
  assert.equal(see, 'see the rules: shipit production sidekiq:sudoers')
  assert.equal(put, 'put them in place: shipit production sidekiq:sudoers --install --set ssh.user=root')
  assert.equal(edit, 'where root cannot log in, on the host as root: visudo -f /etc/sudoers.d/zz_shop_production_sidekiq, and add the line')
  assert.match(line!, /^deploy ALL=\(root\) NOPASSWD: \/usr\/bin\/systemctl reload sidekiq@1\.service, /)
  assert.deepEqual(more, [])
})

for (const { name, argv } of shells)
  test(`${name}: a file with the remedy's line or a part of the rules is replaced, and any other file is not`, (t) => {
    const c = of({ ...system, systemctlBin: 'systemctl' })
    const host = { user: 'deploy', bin: '/opt/a,b/systemctl' }
    const byHand = hint(system).split('\n').at(-1)!
    const own = sudoersLines(sudoersRules, c.settings, host)
    const dir = mkdtempSync(join(tmpdir(), 'shipit-sudoers-'))
    t.after(() => rmSync(dir, { recursive: true }))
    const file = join(dir, 'zz_shop')
    const isStrange = (text: string): boolean => {
      writeFileSync(file, text)
      const [ran] = runSteps(argv, [hasForeignLine(sudoersRules, c.settings, host, file)])
      return ran!.code === 0
    }
    for (const text of [
      '',
      `${byHand}\n`,
      byHand,
      own.join('\n'),
      `${own[0]}\n\n${own[3]}\n`,
      `${byHand.split(', ').slice(0, 2).join(', ')}\n`,
    ])
      assert.equal(isStrange(text), false, text)
    for (const text of [
      '# my rules\n',
      byHand.replace('deploy', 'anna'),
      byHand.replace('(root)', '(ALL)'),
      byHand.replace('NOPASSWD: ', ''),
      `${byHand}, /bin/sh`,
      `${byHand}, ALL\n`,
      `${own[0]}\ndeploy ALL=(ALL) ALL\n`,
      'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl',
    ])
      assert.equal(isStrange(text), true, text)
  })
