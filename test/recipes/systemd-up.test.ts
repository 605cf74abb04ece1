import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import { sidekiq, systemd } from '../../recipes/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { live, running, shown } from '../golden/systemd.ts'
import { commandsOf, hintOf } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const TITLE = 'sidekiq 6.4.1 app [0 of 5 busy]'
const looks: readonly (readonly [what: string, title: string, then: 'stays' | 'ends', code: number])[] = [
  ['sends READY=1, has its title, and stays', TITLE, 'stays', 0],
  ['sends READY=1 and ends in a startup hook, before it has its title', 'sidekiq 6.4.1 app', 'ends', 6],
]
const skip = { skip: needs('bash') }

for (const { name, argv } of shells) {
  for (const [what, title, then, code] of looks)
    test(`a Sidekiq that ${what}, ${code === 0 ? 'is up' : 'is a failure'} (${name})`, skip, (t) => {
      const ran = look(t, argv, sidekiq({ serviceUnitUser: 'system' }), 'sidekiq', title, then)
      assert.equal(ran.code, code)
      if (code > 0) assert.match(ran.stderr, /sidekiq\.service does not run: it is activating \(auto-restart\)/)
    })
  for (const then of ['stays', 'ends'] as const)
    test(`a service that sends READY=1 and ${then} a moment later is ${then === 'ends' ? 'a failure' : 'up'} (${name})`, skip, (t) => {
      const ran = look(t, argv, systemd({ services: { web: { serviceUnitUser: 'system' } } }), 'web', 'web', then)
      assert.equal(ran.code, then === 'ends' ? 6 : 0)
    })
}

for (const { name, argv } of shells)
  test(`a oneshot that stays active and that a deploy did not run again is a failure (${name})`, (t) => {
    const recipe = systemd({ services: { web: { serviceUnitUser: 'system' } } })
    const unit = { Type: 'oneshot', ActiveState: 'active', MainPID: '0', ActiveExitTimestampMonotonic: '500' }
    const given = { ...live, release: '20261122141300', facts: { 'web.units': shown([unit]) } }
    const check = commandsOf(recipe, 'web:start', given).find(({ spec }) => spec.title === 'check that web.service was run')!
    const codes = ['500', '900'].map((left) => {
      const made = stubs({ systemctl: `echo ActiveExitTimestampMonotonic=${left}` })
      t.after(made.remove)
      return runSteps(argv, [check], { PATH: made.path })[0]!.code
    })
    assert.deepEqual(codes, [1, 0])
    assert.equal(hintOf(check, {}), 'shipit production systemd:web:restart')
    const outside = commandsOf(recipe, 'web:start', { ...live, facts: { 'web.units': shown([unit]) } })
    assert.ok(outside.every(({ spec }) => spec.title !== 'check that web.service was run'))
  })

/** Runs the check of a restart on a real process, with a systemd that reports it as gone on the second look, or not. */
const look = (
  t: TestContext,
  argv: (typeof shells)[number]['argv'],
  recipe: AnyRecipe,
  unit: string,
  title: string,
  then: 'stays' | 'ends',
) => {
  const child = spawn('bash', ['-c', 'exec -a "$0" sleep 600', title], { stdio: 'ignore' })
  t.after(() => child.kill())
  const gone =
    then === 'ends' ? 'ActiveState=activating SubState=auto-restart MainPID=0 NRestarts=1' : 'ActiveState=active SubState=running'
  const made = stubs({
    systemctl: `if [ -e "$LOOKED" ]; then printf '%s\\n' MainPID=${child.pid} NRestarts=0 ${gone}
else : > "$LOOKED"; printf '%s\\n' ActiveState=active SubState=running MainPID=${child.pid} NRestarts=0; fi`,
  })
  t.after(made.remove)
  const given = { ...live, facts: { [unit === 'web' ? 'web.units' : 'units']: shown([running(7)]) } }
  const commands = commandsOf(recipe, unit === 'web' ? 'web:restart' : 'restart', given)
  const [ran] = runSteps(argv, [commands.find(({ spec }) => spec.title === `check that ${unit}.service is up`)!], {
    PATH: made.path,
    LOOKED: `${made.dir}/looked`,
  })
  return ran!
}
