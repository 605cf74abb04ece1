import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { commandsOf, goodRelease, hintOf, stepsOf, textOf, withoutProof, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const system = sidekiq({ serviceUnitUser: 'system' })
const user = sidekiq()
const unit = (state: 'running' | 'down' | 'missing', name = 'sidekiq.service') =>
  `Id=${name}\nLoadState=${state === 'missing' ? 'not-found' : 'loaded'}\nActiveState=${state === 'running' ? 'active' : 'inactive'}\nMainPID=${
    state === 'running' ? 100 : 0
  }\nType=notify\n`
const first = (...states: string[]): Given => ({ release: '20261123100000', facts: { units: states.join('\n') } })
const later = (...states: string[]): Given => ({ ...first(...states), layout: { user: 'deploy', releases: [goodRelease()] } })

const begun = (task: string, given: Given) => withoutProof(commandsOf(system, task, given))

test('G78, G79, G82: a first deploy quiets and stops nothing, and a unit that ended meanwhile is left alone', () => {
  for (const state of ['missing', 'down'] as const) assert.deepEqual(stepsOf(system, 'quiet', first(unit(state))), [])
  assert.deepEqual(stepsOf(system, 'stop', first(unit('missing'))), [])
  const [quiet] = begun('quiet', later(unit('running')))
  assert.deepEqual(
    quiet!.spec.guards!.map(({ when, guard }) => [when, textOf(guard)]),
    [['onlyIf', 'systemctl is-active --quiet sidekiq.service']],
  )
})

test('G80: an unreachable bus fails the quiet, with lingering as the remedy', () => {
  const [quiet] = withoutProof(commandsOf(user, 'quiet', later(unit('running'))))
  assert.equal(quiet!.spec.allow, undefined)
  assert.match(hintOf(quiet!, { stderr: 'Failed to connect to bus: No medium found\n' }) ?? '', /loginctl enable-linger deploy/)
})

test('G81: a sudo that asks for a password fails, with the line for sudoers', () => {
  const [quiet] = begun('quiet', later(unit('running')))
  for (const stderr of ['sudo: a password is required\n', 'sudo: a terminal is required to read the password\n'])
    assert.match(hintOf(quiet!, { stderr }) ?? '', /NOPASSWD: \/usr\/bin\/systemctl kill --kill-who\\=main -s TSTP sidekiq\.service/)
})

for (const { name, argv } of shells) {
  const stop = (result: string) => {
    const made = stubs({
      systemctl: `case "$*" in *Result*) printf 'Id=sidekiq.service\\nActiveState=inactive\\nResult=${result}\\n';; esac`,
      sudo: '"$@"',
    })
    try {
      return runSteps(argv, commandsOf(system, 'stop', later(unit('running'))), { PATH: made.path })
    } finally {
      made.remove()
    }
  }
  test(`G83: a unit that systemd had to kill is a warning that jobs may be lost (${name})`, () => {
    const ran = stop('timeout')
    assert.match(ran.at(-1)!.stderr, /jobs may be lost/)
    assert.notEqual(ran.at(-1)!.code, 0)
  })
  test(`G84: a unit that ended by itself is not a warning (${name})`, () => {
    assert.ok(stop('success').every(({ code, stderr }) => code === 0 && stderr === ''))
  })
}

test('G85: a start of a missing unit says how to install it', () => {
  const [start] = begun('start', later(unit('missing')))
  assert.equal(start!.spec.allow, undefined)
  assert.match(
    hintOf(start!, { code: 5, stderr: 'Failed to start sidekiq.service: Unit sidekiq.service not found.\n' }) ?? '',
    /sidekiq:install/,
  )
})

test('G86: the old process is not a success in a deploy', () => {
  const [, up] = begun('start', later(unit('running')))
  assert.match(textOf(up!), /^watch sidekiq\.service 100 notify/m)
  assert.match(hintOf(up!, { stderr: 'sidekiq.service is still the old process, 100\n' }) ?? '', /still the old process.*sidekiq:restart/)
})

test('G87: a missing program is named by its path, and not started again', () => {
  const [start] = begun('start', later(unit('down')))
  const stderr =
    'Job for sidekiq.service failed.\n-- what systemd says:\nExecMainStatus=203\nExecStart={ path=/opt/gone/bundle ; argv[]=x }\n'
  assert.match(hintOf(start!, { stderr }) ?? '', /203\/EXEC.*\/opt\/gone\/bundle/)
})

test('G88: enable reports all missing units before systemctl enables any', () => {
  const two = sidekiq({ serviceUnitUser: 'system', configFiles: ['a.yml', 'b.yml', 'c.yml'] })
  const given = later(unit('running', 'sidekiq.a.service'), unit('missing', 'sidekiq.b.service'), unit('missing', 'sidekiq.c.service'))
  const [check, enable] = commandsOf(two, 'enable', given)
  assert.equal(check!.spec.title, 'check that sidekiq.b.service, sidekiq.c.service is installed')
  assert.equal(textOf(enable!), 'sudo systemctl enable sidekiq.a.service sidekiq.b.service sidekiq.c.service')
})

test('G98: the restart after a failure is a task of its own', () => {
  const given: Given = { ...later(unit('running')), ran: { 'sidekiq:quiet': 'done' } }
  assert.equal(
    textOf(commandsOf(system, 'recover', given)[0]!)
      .split('\n')
      .at(-1),
    'sudo systemctl restart sidekiq.service',
  )
})
