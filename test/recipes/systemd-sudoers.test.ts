import { test } from 'node:test'
import { sudoersFile } from '../../src/kit/index.ts'
import { sudoersLines, sudoersText } from '../../src/kit/sudo/sudoers-rules.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { puma, systemd } from '../../recipes/index.ts'
import { pumaDefinition } from '../../recipes/puma/definition.ts'
import type { Settings as PumaSettings } from '../../recipes/puma/settings.ts'
import { definitionOf, type Settings } from '../../recipes/systemd/named-service.ts'
import { allCalls, sudoersRules } from '../../recipes/systemd/sudoers.ts'
import { pumaRules, webRules } from '../golden/sudoers.ts'
import { commandsOf, contextOf, goodRelease, hintOf, stepsOf, type Given } from '../support/context.ts'

import assert from 'node:assert/strict'

const deploy = { user: 'deploy', bin: '/usr/bin/systemctl' }

for (const { settings, lines } of pumaRules)
  test(`puma:sudoers prints the rules of puma(${JSON.stringify(settings)})`, () => {
    const c = contextOf(puma(settings))
    assert.deepEqual(sudoersLines(sudoersRules(pumaDefinition), c.settings as unknown as PumaSettings, deploy), lines)
  })

for (const { service, lines } of webRules)
  test(`systemd:web:sudoers prints the rules of ${JSON.stringify(service)}`, () => {
    const c = contextOf(systemd({ services: { web: service as {} } }))
    assert.deepEqual(sudoersLines(sudoersRules(definitionOf('web')), c.settings as unknown as Settings, deploy), lines)
  })

test('each service has a file of its own, which says whose it is', () => {
  const rules = sudoersRules(definitionOf('web'))
  const c = contextOf(systemd({ services: { web: {} } })) as unknown as Parameters<typeof sudoersText<Settings>>[1]
  assert.equal(sudoersFile(c, rules.part), 'zz_shop_production_systemd_web')
  assert.equal(
    sudoersText(rules, c, ['a', 'b']),
    '# For shop (production), by shipit: systemd:web:sudoers --install writes it anew\na\nb\n',
  )
})

/** The states that a unit can be in, as systemctl shows them. */
const STATES = {
  up: 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n',
  down: 'LoadState=loaded\nActiveState=inactive\nMainPID=0\nType=notify\n',
  failed: 'LoadState=loaded\nActiveState=failed\nMainPID=0\nType=notify\nNRestarts=5\n',
  starting: 'LoadState=loaded\nActiveState=activating\nMainPID=0\nType=notify\n',
  once: 'LoadState=loaded\nActiveState=inactive\nMainPID=0\nType=oneshot\n',
  missing: 'LoadState=not-found\nActiveState=inactive\nMainPID=0\n',
}
const pairs = Object.values(STATES).flatMap((one) => Object.values(STATES).map((other) => `${one}\n${other}`))
const TASKS = ['check', 'start', 'stop', 'restart', 'reload', 'recover', 'enable', 'disable']

/** Whether every `sudo systemctl …` of these tasks is allowed, in every state of two units, in a deploy and by hand. */
const assertAllowed = (recipe: AnyRecipe, prefix: string, facts: string, lines: readonly string[], tasks = TASKS): void => {
  const allowed = lines.map((line) => line.replace(/^.*NOPASSWD: \/usr\/bin\//, 'sudo ').replaceAll('\\', ''))
  for (const units of pairs)
    for (const release of [undefined, '20261123100000'])
      for (const task of tasks) {
        const given: Given = {
          layout: { releases: [goodRelease()] },
          facts: { [facts]: units },
          ran: { [`${recipe.name}:${prefix}stop`]: 'done' },
          ...(release !== undefined && { release }),
        }
        const calls = stepsOf(recipe, `${prefix}${task}`, given).flatMap((text) =>
          text.split('\n').filter((line) => line.startsWith('sudo ')),
        )
        for (const call of calls) assert.ok(allowed.includes(call), `${task}: ${call}`)
      }
}

for (const settings of [{}, { phased: true }, { rolling: { size: 1 } }])
  test(`every sudo that a task of puma(${JSON.stringify(settings)}) makes is among the rules, whatever state the units are in`, () => {
    const recipe = puma({ serviceUnitUser: 'system', socket: true, ...settings })
    const lines = sudoersLines(sudoersRules(pumaDefinition), contextOf(recipe).settings as unknown as PumaSettings, deploy)
    assertAllowed(recipe, '', 'units', lines, [...TASKS, 'phased_restart'])
  })

for (const service of [
  { units: ['web', 'web.socket'] },
  { units: ['a', 'b'], rolling: { size: 1 } },
  { units: ['a', 'b'], reloadOrRestart: true },
])
  test(`every sudo that a task of the service ${JSON.stringify(service)} makes is among the rules, whatever state the units are in`, () => {
    const recipe = systemd({ services: { web: { serviceUnitUser: 'system', ...service } as {} } })
    const lines = sudoersLines(sudoersRules(definitionOf('web')), contextOf(recipe).settings as unknown as Settings, deploy)
    assertAllowed(recipe, 'web:', 'web.units', lines)
  })

test('the remedy of a refused call names the tasks that print the rules and put them in place, and then the line to write by hand', () => {
  const recipe = systemd({ services: { web: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } } } })
  const given: Given = { layout: { releases: [goodRelease()] }, facts: { 'web.units': STATES.up, 'web.sudo.2': { code: 1 } } }
  const step = commandsOf(recipe, 'web:check', given).find(({ spec }) => spec.message?.text.includes('sudo'))
  assert.deepEqual(hintOf(step!, {})!.split('\n'), [
    'see the rules: shipit production systemd:web:sudoers',
    'put them in place: shipit production systemd:web:sudoers --install --set ssh.user=root',
    'where root cannot log in, on the host as root: visudo -f /etc/sudoers.d/zz_shop_production_systemd_web, and add the line',
    'deploy ALL=(root) NOPASSWD: /usr/bin/systemctl start web.service, /usr/bin/systemctl stop web.service, /usr/bin/systemctl restart web.service, /usr/bin/systemctl reload web.service, /usr/bin/systemctl reset-failed web.service, /usr/bin/systemctl enable web.service, /usr/bin/systemctl disable web.service',
  ])
})

test('a deploy asks sudo about what it does by itself, and not about what is only typed', () => {
  const service = definitionOf('web').describe(
    contextOf(systemd({ services: { web: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } } } }))
      .settings as unknown as Settings,
  )
  assert.deepEqual(
    allCalls(service).flatMap(({ verb, optional }) => (optional === true ? [] : [verb])),
    ['restart'],
  )
})
