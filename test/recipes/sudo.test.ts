import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit, puma, sidekiq, systemd } from '../../recipes/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import {
  asksOf,
  commandsOf,
  contextOf,
  doctorFactsOf,
  factsOf,
  goodRelease,
  hintOf,
  hostOf,
  textOf,
  type Answers,
  type Given,
} from '../support/context.ts'

const who = 'User deploy may run the following commands on w1:\n'
const unit = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n'
const upstart = { manager: 'upstart', upstart: { initctlBin: '/sbin/initctl' } } as const

/** Every recipe that calls sudo in a deploy, with one of its calls and the index of its answer. */
const recipes: readonly {
  readonly recipe: AnyRecipe
  readonly task: string
  readonly facts: Record<string, string>
  readonly call: string
  readonly at: number
}[] = [
  {
    recipe: sidekiq({ serviceUnitUser: 'system' }),
    task: 'check',
    facts: { units: unit },
    call: 'systemctl kill --kill-who=main -s TSTP sidekiq.service',
    at: 1,
  },
  {
    recipe: sidekiq(upstart),
    task: 'check',
    facts: { jobs: 'sidekiq start/running, process 7' },
    call: '/sbin/initctl status sidekiq',
    at: 0,
  },
  { recipe: puma({ serviceUnitUser: 'system' }), task: 'check', facts: { units: unit }, call: 'systemctl restart puma.service', at: 2 },
  {
    recipe: systemd({ services: { web: { serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } } } }),
    task: 'web:check',
    facts: { 'web.units': unit },
    call: 'systemctl restart web.service',
    at: 2,
  },
  {
    recipe: monit({ services: { web: { pidfile: '/run/web.pid' } } }),
    task: 'check',
    facts: { program: '/usr/bin/monit' },
    call: 'monit unmonitor web_shop_production',
    at: 0,
  },
  {
    recipe: inspeqtor({ services: { web: { rules: ['if memory:rss > 500m then alert'] } } }),
    task: 'check',
    facts: { program: '/usr/bin/inspeqtor', client: 'nc /bin/nc' },
    call: 'nc -U /var/run/inspeqtor.sock',
    at: 3,
  },
]

for (const { recipe, install, run } of [
  { recipe: sidekiq({ serviceUnitUser: 'system' }), install: 'sidekiq:install', run: 'sidekiq:check' },
  {
    recipe: systemd({ services: { web: { exec: 'bin/web', serviceUnitUser: 'system', after: { 'deploy:published': 'restart' } } } }),
    install: 'systemd:web:install',
    run: 'systemd:web:check',
  },
])
  test(`${recipe.name}(): a run that installs and deploys asks sudo the same as a deploy`, () => {
    const calls = asksOf(factsOf(recipe, { runs: [run] }))
    assert.ok(calls.length > 0)
    assert.deepEqual(asksOf(factsOf(recipe, { runs: [install, run] })), calls)
    assert.deepEqual(asksOf(factsOf(recipe, { runs: [install] })), [])
  })

test('sudo is not asked about custom hooks, whose calls are not known', () => {
  for (const given of [{ serviceUnitUser: 'system' }, upstart] as const) {
    const runs = ['sidekiq:check']
    assert.equal(factsOf(sidekiq({ ...given, defaultHooks: false }), { runs })['rights'], undefined)
    assert.notEqual(factsOf(sidekiq(given), { runs })['rights'], undefined)
  }
})

test('sudo is not asked on hosts with a root login, by Monit, Inspeqtor and Upstart', () => {
  const host = hostOf({ user: 'root' })
  const services = { web: { pidfile: '/run/web.pid' } }
  for (const recipe of [
    sidekiq(upstart),
    monit({ services }),
    inspeqtor({ services: { web: { rules: ['if memory:rss > 500m then alert'] } } }),
  ] as readonly AnyRecipe[]) {
    assert.equal(factsOf(recipe, { runs: [`${recipe.name}:check`], host })['rights'], undefined, recipe.name)
    assert.equal(doctorFactsOf(recipe, { host })['rights'], undefined, recipe.name)
    assert.notEqual(doctorFactsOf(recipe)['rights'], undefined, recipe.name)
  }
})

for (const { recipe, task, facts, call, at } of recipes) {
  const of = task.includes(':') ? 'web.' : ''
  const what = recipe.given['manager'] === 'upstart' ? 'sidekiq() under Upstart' : `${recipe.name}()`
  const given = (answers: Answers, user = 'deploy'): Given => ({
    layout: { user, releases: [goodRelease()] },
    facts: { ...facts, ...Object.fromEntries(Object.entries(answers).map(([name, answer]) => [`${of}${name}`, answer])) },
  })
  /** The steps of the check with a message about sudo. */
  const said = (answers: Answers, user?: string) =>
    commandsOf(recipe, task, given(answers, user)).filter(({ spec }) => spec.message?.text.includes('sudo') === true)
  const found = (answers: Answers, user?: string) =>
    recipe.definition
      .doctor!.findings(contextOf(recipe, given(answers, user)))
      .map(({ message }) => message)
      .filter((message) => message.includes('sudo'))
  const allowed = { [`sudo.${at}`]: '' }
  const refused = { [`sudo.${at}`]: { code: 1 } }

  test(`${what}: a refused call is reported by the check and by doctor in the same words, with its rule`, () => {
    const [step, ...more] = said(refused)
    assert.equal(step!.spec.message!.text, `deploy may not run through sudo: ${call}`)
    assert.deepEqual(more, [])
    assert.deepEqual(found(refused), [`deploy may not run through sudo: ${call}`])
    const hint = hintOf(step!, {})!
    assert.match(hint, /visudo -f \/etc\/sudoers\.d\/zz_shop_production_\w+, and add the line\ndeploy ALL=\(root\) NOPASSWD: /)
  })

  test(`${what}: a rule that asks for a password does not count, and the list of rules is read with the check`, () => {
    const rights = `${who}    (ALL : ALL) ALL\n`
    assert.match(said({ ...allowed, rights })[0]!.spec.message!.text, /^sudo asks deploy for a password before: /)
    assert.ok(found({ ...allowed, rights })[0]!.includes(call))
    const asked = factsOf(recipe, { runs: [`${recipe.name}:${task}`] })
    assert.equal(textOf(asked[`${of}rights`]!), `LC_ALL=C sudo -n -l && echo 'Groups: '"$(id -Gn)"`)
    assert.ok(asksOf(asked).includes(`sudo -n -l ${call}`))
    assert.equal(factsOf(recipe, { runs: [] })[`${of}rights`], undefined)
  })

  test(`${what}: a sudo that requires a terminal is reported with the setting to change, without a rule`, () => {
    const stderr = 'sudo: sorry, you must have a tty to run sudo\n'
    const [step] = said({ [`sudo.${at}`]: { code: 1, stderr } })
    assert.match(hintOf(step!, {})!, /visudo -f \/etc\/sudoers\.d\/zz_deploy_tty, and add the line\nDefaults:deploy !requiretty$/)
  })

  test(`${what}: a rule without a password and an unknown list leave the answer to sudo`, () => {
    for (const rights of [`${who}    (ALL : ALL) NOPASSWD: ALL\n`, '']) {
      assert.deepEqual(said({ ...allowed, rights }), [])
      assert.equal(said({ ...refused, rights }).length, 1)
    }
  })

  test(`${what}: a deploy as root is not refused because of a password, which sudo never asks root for`, () => {
    assert.deepEqual(said({ ...allowed, rights: `${who.replace('deploy', 'root')}    (ALL : ALL) ALL\n` }, 'root'), [])
  })
}
