import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit, puma, sidekiq, systemd } from '../../recipes/index.ts'
import { rulesOf } from '../../recipes/sudo/listing.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { commandsOf, factsOf, goodRelease, hintOf, textOf, type Given } from '../support/context.ts'

const who = 'User deploy may run the following commands on w1:\n'
const unit = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=notify\n'
const upstart = { manager: 'upstart', upstart: { initctlBin: '/sbin/initctl' } } as const

/** Every recipe that calls sudo in a deploy, and what it would be asked first. */
const recipes: readonly {
  readonly recipe: AnyRecipe
  readonly task: string
  readonly facts: Record<string, string>
  readonly words: RegExp
}[] = [
  { recipe: sidekiq({ serviceUnitUser: 'system' }), task: 'check', facts: { units: unit }, words: /systemctl kill .* sidekiq\.service/ },
  { recipe: sidekiq(upstart), task: 'check', facts: { jobs: 'sidekiq start/running, process 7' }, words: /initctl status sidekiq/ },
  { recipe: puma({ serviceUnitUser: 'system' }), task: 'check', facts: { units: unit }, words: /systemctl restart puma\.service/ },
  {
    recipe: systemd({ services: { web: { user: 'system', after: { 'deploy:published': 'restart' } } } }),
    task: 'web:check',
    facts: { 'web.units': unit },
    words: /systemctl restart web\.service/,
  },
  {
    recipe: monit({ services: { web: { pidfile: '/run/web.pid' } } }),
    task: 'check',
    facts: { monit: '/usr/bin/monit' },
    words: /monit unmonitor web_shop_production/,
  },
  {
    recipe: inspeqtor({ services: { web: { rules: ['if memory:rss > 500m then alert'] } } }),
    task: 'check',
    facts: { inspeqtor: '/usr/bin/inspeqtor', tool: 'nc /bin/nc' },
    words: /nc -U/,
  },
]
const given = (key: string, facts: Record<string, string>, rights: string, user = 'deploy'): Given => ({
  layout: { user, releases: [goodRelease()] },
  facts: { ...facts, [key]: rights },
})

for (const { recipe, task, facts, words } of recipes) {
  const key = task.includes(':') ? 'web.rights' : 'rights'
  const what = recipe.given['manager'] === 'upstart' ? 'sidekiq() under Upstart' : `${recipe.name}()`
  const checks = (rights: string, user?: string) =>
    commandsOf(recipe, task, given(key, facts, rights, user)).filter(({ spec }) => spec.title?.startsWith('check that sudo allows'))
  const asked = (rights: string) => checks(rights)[0]!

  test(`${what}: a rule that asks for a password does not count as allowed, and the list of rules is read with the check`, () => {
    const refused = asked(`${who}    (ALL : ALL) ALL\n`)
    assert.equal(textOf(refused), "printf '%s\\n' 'sudo asks deploy for a password' >&2; exit 1")
    assert.match(refused.spec.title!, words)
    assert.match(hintOf(refused, {})!, /visudo -f \/etc\/sudoers\.d\/zz_shop_production_\w+, with the line\ndeploy ALL=\(root\) NOPASSWD: /)
    const runs = [`${recipe.name}:${task}`]
    assert.equal(textOf(factsOf(recipe, { runs })[key]!), `LC_ALL=C sudo -n -l && echo 'Groups: '"$(id -Gn)"`)
    assert.equal(factsOf(recipe, { runs: [] })[key], undefined)
  })

  test(`${what}: a sudo that wants a terminal is told what to change, and no rule is added`, () => {
    const stderr = 'sudo: sorry, you must have a tty to run sudo\n'
    assert.match(hintOf(asked(''), { stderr })!, /visudo -f \/etc\/sudoers\.d\/zz_deploy_tty, with the line\nDefaults:deploy !requiretty$/)
  })

  test(`${what}: a rule without a password, and a list that is not known, leave the question to sudo`, () => {
    for (const rights of [`${who}    (ALL : ALL) NOPASSWD: ALL\n`, '']) assert.match(textOf(asked(rights)), new RegExp(`^sudo -n -l .*`))
  })

  test(`${what}: a deploy by root is not refused for a password, since sudo never asks root for one`, () => {
    const asked = checks(`${who.replace('deploy', 'root')}    (ALL : ALL) ALL\n`, 'root').map(textOf)
    assert.deepEqual(
      asked.filter((text) => !text.startsWith('sudo -n -l ')),
      [],
    )
  })
}

test('a rule that sudo prints over two lines is one rule', () => {
  const long = `${who}    (root) PASSWD: /usr/bin/systemctl kill --kill-who\\=main -s TSTP\n        sidekiq.service\n    (root) NOPASSWD: /bin/a,\n        /bin/b\n`
  assert.deepEqual(rulesOf(long), [
    { as: 'root', command: String.raw`/usr/bin/systemctl kill --kill-who\=main -s TSTP sidekiq.service`, password: true, tagged: true },
    { as: 'root', command: '/bin/a', password: false, tagged: true },
    { as: 'root', command: '/bin/b', password: false, tagged: true },
  ])
})

test('no rule asks for a password where sudo authenticates nobody', () => {
  const text = `Matching Defaults entries for deploy on w1:\n    env_reset, !authenticate\n\n${who}    (ALL : ALL) ALL\n`
  assert.deepEqual(rulesOf(text), [{ as: 'ALL : ALL', command: 'ALL', password: false, tagged: false }])
})
