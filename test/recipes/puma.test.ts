import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { puma } from '../../recipes/index.ts'
import { golden, type Golden } from '../golden/puma.ts'
import { deploying, running, shown } from '../golden/systemd.ts'
import { asksOf, commandsOf, contextOf, factsOf, hintOf, hostOf, outlinesOf, textOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

for (const one of golden) {
  if (one.asks !== undefined)
    test(`${one.title}: puma:check asks sudo for this`, () =>
      assert.deepEqual(asksOf(factsOf(puma(one.settings), { ...givenOf(one), runs: ['puma:check'] })), one.asks))
  for (const [task, expected] of Object.entries(one.steps))
    test(`${one.title}: puma:${task}`, () => assert.deepEqual(outlinesOf(puma(one.settings), task, givenOf(one)), expected))
}

test('puma() restarts after the switch by default, or replaces its workers', () => {
  const hooksOf = (settings: object) => {
    const { hooks } = puma(settings).definition
    assert.ok(typeof hooks === 'function')
    return hooks({ settings: contextOf(puma(settings)).settings })
  }
  const before = { 'deploy:check': 'puma:check' }
  assert.deepEqual(hooksOf({}), { before, after: { 'deploy:published': 'puma:restart' } })
  assert.deepEqual(hooksOf({ phased: true }), { before, after: { 'deploy:published': 'puma:phased_restart' } })
  assert.deepEqual(hooksOf({ defaultHooks: false }), {})
})

test('facts are read on hosts of its roles, and about workers only with phased restarts', () => {
  const asked = (settings: object, roles = ['web'], user = 'deploy') => factsOf(puma(settings), { host: hostOf({ roles, user }) })
  assert.deepEqual(Object.keys(asked({}, ['app'])), [])
  assert.deepEqual(Object.keys(asked({})), ['session', 'units', 'owner'])
  assert.deepEqual(Object.keys(asked({ phased: true, user: 'svc' })), ['session', 'account', 'units', 'owner', 'workers'])
  const workers = (settings: object, user?: string) => textOf(asked({ phased: true, ...settings }, ['web'], user).workers!)
  const pid = 'show -p MainPID --value puma.service) && cat "/proc/$p/task/$p/children"'
  const own = `export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"; p=$(systemctl --user ${pid}`
  assert.equal(workers({ serviceUnitUser: 'system' }), `p=$(systemctl ${pid}`)
  assert.equal(workers({}), own)
  assert.equal(workers({ user: 'svc' }, 'svc'), own)
  assert.equal(workers({ user: 'svc' }), `sudo -H -u svc -- /bin/sh <<'SHIPIT'\n( set -e\n${own}\n) </dev/null\nSHIPIT`)
})

const refused: readonly [object, RegExp][] = [
  [{ serviceUnitName: 'puma.socket' }, /must be the name of a service/],
  [{ serviceUnitName: 'a/b' }, /slash/],
  [{ socket: 'a/b' }, /slash/],
  [{ socket: '' }, /begins with|empty/],
  [{ rolling: { size: '0%' } }, /./],
  [{ rolling: { size: 1, wait: 'soon' } }, /./],
  [{ phasedTimeout: 0 }, /./],
  [{ bind: '0.0.0.0:9292' }, /must be an address as Puma's -b takes it/],
  [{ bind: ['unix://../puma.sock'] }, /has `\.\.`/],
  [{ bind: 'unix://~/puma.sock' }, /begins with ~/],
  [{ bind: ['tcp://0.0.0.0:9292', 'tcp://0.0.0.0:9292'] }, /listed twice/],
  [{ bind: ['tcp://127.0.0.1:9292', 'ssl://[::]:9292'], socket: true }, /bind.*\[::\]:9292 listens on all addresses/s],
  [{ bind: 'tcp://localhost:9292', socket: true }, /systemd resolves no names/],
  [{ bind: 'tcp://0.0.0.0', socket: true }, /an IP address and a port/],
  [{ systemdWatchdogSec: -1 }, /./],
  [{ serviceUnitEnvVars: { 'A B': 1 } }, /is not a name for a variable/],
]
for (const [settings, why] of refused) {
  test(`settings that cannot work are refused with the reason: ${JSON.stringify(settings)}`, () => {
    const result = puma().definition.settings!.safeParse(settings)
    assert.match(result.error?.message ?? 'accepted', why)
  })
}

test('the wait for new workers notices old ones, missing ones and another main process', async (t) => {
  const main = spawn('sh', ['-c', 'sleep 100 & sleep 100 & wait'], { stdio: 'ignore', detached: true })
  t.after(() => process.kill(-main.pid!, 'SIGKILL'))
  const pid = main.pid!
  const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  while (children().trim().split(' ').length < 2) await new Promise((resolve) => setTimeout(resolve, 20))
  const wait = (old: string, seconds: number) =>
    commandsOf(puma({ serviceUnitUser: 'system', phased: true, phasedTimeout: seconds }), 'phased_restart', {
      ...deploying,
      facts: { units: shown([running(pid)]), workers: old },
    })[1]!
  const said = (shell: (typeof shells)[number], command: ReturnType<typeof wait>, mainPid = pid) => {
    const fake = stubs({ systemctl: `echo ${mainPid}`, journalctl: ':' })
    try {
      const [ran] = runSteps(shell.argv, [command], { PATH: fake.path })
      return { ...ran!, hint: hintOf(command, ran!) }
    } finally {
      fake.remove()
    }
  }
  for (const shell of shells) {
    const fresh = said(shell, wait('1 2 ', 30))
    assert.equal(fresh.status, 'ok', `${shell.name}: ${fresh.stderr}`)
    const gone = said(shell, wait('1 2 ', 30), 1)
    assert.equal(gone.code, 1, shell.name)
    assert.match(gone.stderr, /main process of Puma is no longer/)
    assert.match(gone.hint ?? '', /journalctl -u puma\.service/)
    const [one] = children().trim().split(' ')
    const left = said(shell, wait(`${one} 2 `, 1))
    assert.match(left.stderr, new RegExp(`after 1 s, old workers are left: ${one}\n`), shell.name)
    assert.match(left.hint ?? '', /directory '\/srv\/shop\/current'.*no preload_app!.*shipit production puma:restart/)
    assert.match(said(shell, wait('1 2 3 ', 1)).stderr, /too few new ones/, shell.name)
  }
})

test('a unit that cannot be reloaded and a missing one have hints about Puma', () => {
  const given: Given = { facts: { units: shown([running(100)]) } }
  const [reload] = commandsOf(puma({ serviceUnitUser: 'system' }), 'reload', given)
  const hint = (stderr: string, code = 1) => hintOf(reload!, { code, stderr }) ?? ''
  assert.match(
    hint('Failed to reload puma.service: Job type reload is not applicable for unit puma.service.\n', 3),
    /ExecReload=.*puma:restart/,
  )
  assert.match(
    hint('Failed to reload puma.service: Unit puma.service not found.\n', 5),
    /write it: shipit production puma:install\. .*serviceUnitUser: 'user'/,
  )
  assert.match(hint('puma.service is not active, cannot reload.\n'), /shipit production puma:start/)
  assert.match(hint('sudo: a password is required\n'), /shop_production_puma.*NOPASSWD: \/usr\/bin\/systemctl reload puma\.service$/s)
})

function givenOf({ units, given = {} }: Golden): Given {
  const facts = units === undefined ? {} : { units: shown(units) }
  return { ...given, facts: { session: '1000\n/run/user/1000\n', ...facts, ...given.facts } }
}
