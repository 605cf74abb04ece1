import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { monit, sidekiq, systemd } from '../../recipes/index.ts'
import { resolveStage } from '../../src/config/stage.ts'
import type { Selector } from '../../src/inventory/types.ts'
import { select } from '../../src/inventory/select.ts'
import { prepend } from '../../src/shell/env.ts'
import type { Command } from '../../src/shell/types.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { sidekiqSettings } from '../golden/monit.ts'
import { host } from '../golden/sidekiq-units.ts'
import { older } from '../golden/situations-older.ts'
import { NAME, situations, type Situation } from '../golden/situations.ts'
import { commandsOf, factsOf, goodRelease, hostOf, outlinesOf, stepsOf, textOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

for (const one of [...situations, ...older]) {
  test(`${one.ids.join(', ')}: ${one.what}`, () => {
    const recipe = sidekiq({ serviceUnitName: NAME, ...one.settings } as Parameters<typeof sidekiq>[0])
    const { units } = factsOf(recipe, givenOf(one))
    // only the named units are read
    assert.deepEqual(textOf(units!).match(/\S+\.service/g), unitsOf(one))
    const commands = commandsOf(recipe, one.task, givenOf(one)).filter((command) => !looks(command))
    assert.deepEqual(commands.map(said), one.does)
    // no step of a deploy may fail silently, except the removal of something that is gone
    if (one.task !== 'uninstall') for (const { spec } of commands) assert.equal(spec.allow, undefined)
  })
}

const unitsOf = (one: Situation): readonly string[] => one.units ?? [`${NAME}.service`]

const givenOf = (one: Situation): Given => {
  const missing = one.state === 'missing'
  const block = (name: string, i: number) =>
    [
      `Id=${name}`,
      `LoadState=${missing ? 'not-found' : 'loaded'}`,
      `ActiveState=${missing ? 'inactive' : 'active'}`,
      `MainPID=${missing ? 0 : 100 + i}`,
      'Type=notify',
      `UnitFileState=${missing ? '' : 'enabled'}`,
      'NeedDaemonReload=no',
      `ExecReload=${one.state === 'reloads' ? '{ path=/bin/kill ; argv[]=/bin/kill -TSTP $MAINPID ; }' : ''}`,
      '',
    ].join('\n')
  const shown = unitsOf(one).map(block).join('\n')
  const file = missing ? '' : '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n'
  return {
    runs: [`sidekiq:${one.task}`],
    host: hostOf({ vars: one.vars ?? {} }),
    layout: { user: 'deploy', home: '/home/deploy', releases: [goodRelease()] },
    facts: {
      session: '1000\n/run/user/1000\n',
      account: 'sidekiq:x:999:999::/home/sidekiq:/bin/sh\n',
      linger: one.lingers === false ? { code: 1 } : '',
      units: shown,
      shown,
      host: host(),
      ours: '',
      'files.0': file,
      'files.1': file,
    },
  }
}

const looks = ({ spec: { title = '' } }: Command): boolean => /^(check that|notes|note (that|which)|forget that)/.test(title)

/** A command as it is; a file by its name and the config in Sidekiq's arguments; a script by its first line. */
const said = (command: Command): string => {
  const text = textOf(command)
  const { title = '' } = command.spec
  if (title.startsWith('write ')) return `${title}${/ -C config\/\S+/.exec(text) ? ` with${/ -C config\/\S+/.exec(text)![0]}` : ''}`
  return title.startsWith('let ') ? text.split('\n')[0]! : text
}

const stageOf = (use: readonly AnyRecipe[], production: object = { servers: ['w1'] }, set: readonly string[] = []) => {
  const config = { application: 'shop', repoUrl: 'r', deployTo: '/srv/shop', use, stages: { production } }
  return resolveStage({ file: '/nowhere/deploy.config.ts', text: '', config: config as never }, 'production', { set: [...set] })
}

const order = async (settings: object, task: string) => {
  const registry = createRegistry(await stageOf([sidekiq(settings as Parameters<typeof sidekiq>[0])]))
  const names = orderTasks(registry, [task]).flatMap((entry) => (entry.kind === 'task' ? [entry.task.name] : []))
  return names.filter((name) => /^sidekiq:(quiet|stop|start|restart|recover)$|^deploy:symlink:release$/.test(name))
}

test('G04: sidekiq:status reads only, with a row for a unit that is down, and `systemctl status` never fails', () => {
  const { status } = sidekiq().definition.tasks!
  assert.ok(status!.run && status!.shows)
  const [command] = commandsOf(systemd({ services: { web: {} } }), 'web:status')
  assert.match(textOf(command!), /^systemctl .*status --no-pager|^systemctl status .*--no-pager/)
  assert.ok(command!.spec.allow !== undefined || /\|\|/.test(textOf(command!)))
})

test('G22: the second unit names its config file, and the first needs no name for the default one', () => {
  const recipe = sidekiq({ serviceUnitName: NAME, configFiles: ['sidekiq.yml', 'sidekiq-high.yml'] })
  const one = { ids: [], what: '', task: 'install', does: [], state: 'missing' } as const
  const written = stepsOf(recipe, 'install', givenOf({ ...one, units: [`${NAME}.service`, `${NAME}.sidekiq-high.service`] }))
  assert.deepEqual(
    written.flatMap((text) => text.match(/^ExecStart=.*/m) ?? []),
    [
      'ExecStart=/usr/bin/bundle exec sidekiq -e production -t 25',
      'ExecStart=/usr/bin/bundle exec sidekiq -e production -C config/sidekiq-high.yml -t 25',
    ],
  )
})

test('G23: other config files on another server are another use of the recipe, by roles', async () => {
  const high = sidekiq({ serviceUnitName: NAME, configFiles: ['hi.yml'], roles: ['high'] })
  const low = sidekiq({ serviceUnitName: NAME, configFiles: ['lo.yml', 'sidekiq.yml'], roles: ['low'] }, { name: 'low' })
  const servers = [
    { host: 'w1', roles: ['high'] },
    { host: 'w2', roles: ['low'] },
  ]
  const { hosts } = await stageOf([high, low], { servers })
  const restarts = (recipe: AnyRecipe, units: string[]) => {
    const { on } = recipe.definition.tasks!['restart']!
    const settings = recipe.definition.settings!.parse(recipe.given) as object
    const given = givenOf({ ids: [], what: '', task: 'restart', does: [], units })
    const chosen = select(hosts, (on as (c: object) => Selector)({ settings, stage: 'production' }))
    return chosen.map(({ name }) => `${name}: ${outlinesOf(recipe, 'restart', given)[0]}`)
  }
  assert.deepEqual(restarts(high, [`${NAME}.hi.service`]), [`w1: systemctl --user restart ${NAME}.hi.service`])
  assert.deepEqual(restarts(low, [`${NAME}.lo.service`, `${NAME}.service`]), [
    `w2: systemctl --user restart ${NAME}.lo.service ${NAME}.service`,
  ])
})

test('G29, G30: the command line wins over the stage, and the stage over the config, in naming the user', async () => {
  const use = [sidekiq({ user: 'g' })]
  const user = async (production: object, set: string[] = []) => (await stageOf(use, production, set)).recipes[0]!.settings['user']
  const server = { host: 'w1', vars: { run_as: 'r' } }
  assert.equal(await user({ servers: [server] }), 'g')
  assert.equal(await user({ servers: [server], settings: { sidekiq: { user: 'propsk' } } }), 'propsk')
  assert.equal(await user({ servers: [server], settings: { sidekiq: { user: 'propsk' } } }, ['sidekiq.user=typed']), 'typed')
})

test('G34, G43: a version manager reaches commands and the unit through PATH, not through a prefix', async () => {
  const production = { servers: ['w1'], env: { PATH: prepend('/opt/r/bin') } }
  assert.deepEqual((await stageOf([sidekiq()], production)).env, { PATH: prepend('/opt/r/bin') })
  const given = givenOf({ ids: [], what: '', task: 'install', does: [], state: 'missing' })
  const facts = {
    ...given.facts,
    host: host({ bundle: '/home/deploy/.rbenv/shims/bundle', path: '/home/deploy/.rbenv/shims:/usr/bin:/bin' }),
  }
  const [written = ''] = stepsOf(sidekiq({ serviceUnitName: NAME }), 'install', { ...given, facts })
  assert.match(written, /^ExecStart=\/home\/deploy\/\.rbenv\/shims\/bundle exec sidekiq -e production -t 25$/m)
  assert.match(written, /^Environment="PATH=\/home\/deploy\/\.rbenv\/shims:/m)
})

test('G35: a host with two of the roles is included once', async () => {
  const servers = [
    { host: 'w1', roles: ['web', 'worker'] },
    { host: 'w2', roles: ['worker'] },
    { host: 'w3', roles: ['db'] },
  ]
  const { hosts } = await stageOf([sidekiq()], { servers })
  const { on } = sidekiq().definition.tasks!['start']!
  const chosen = select(hosts, (on as (c: object) => Selector)({ settings: { roles: ['web', 'worker'] }, stage: 'production' }))
  assert.deepEqual(
    chosen.map(({ name }) => name),
    ['w1', 'w2'],
  )
})

test('G36: an empty configFiles is a mistake, and a stage without Sidekiq sets roles: []', () => {
  const { settings } = sidekiq().definition
  assert.equal(settings!.safeParse({ configFiles: [] }).success, false)
  assert.deepEqual(stepsOf(sidekiq({ roles: [] }), 'check', { host: hostOf() }), [])
})

test('G37, G38, G39, G58, G99: hooks make a deploy and a rollback stop and start, or restart', async () => {
  const whole = ['sidekiq:quiet', 'sidekiq:stop', 'deploy:symlink:release', 'sidekiq:start']
  for (const task of ['deploy', 'deploy:rollback']) {
    assert.deepEqual(await order({}, task), whole)
    assert.deepEqual(await order({ rolling: '50%' }, task), ['deploy:symlink:release', 'sidekiq:restart'])
    assert.deepEqual(await order({ defaultHooks: false }, task), ['deploy:symlink:release'])
  }
})

const [{ argv }] = shells as [(typeof shells)[number]]
/** The calls that the steps make, with their arguments. */
const calls = (recipe: AnyRecipe, task: string, given: Given, programs: Record<string, string>): string[] => {
  const made = stubs({ sudo: 'if [ "$1" = -n ]; then shift; fi; exec "$@"', pgrep: 'exit 0', sleep: ':', ...programs })
  try {
    const ran = runSteps(argv, commandsOf(recipe, task, given), { PATH: made.path })
    assert.ok(
      ran.every(({ status }) => status !== 'failed'),
      JSON.stringify(ran),
    )
    return made.calls().filter((call) => !/^(sudo|pgrep|sleep) /.test(call))
  } finally {
    made.remove()
  }
}

test('G70, G74: Upstart is called through initctl, and only its "not running" is ignored', () => {
  const recipe = sidekiq({ manager: 'upstart' })
  const given: Given = { layout: { releases: [goodRelease()] }, facts: { jobs: 'sidekiq start/running, process 7\n' } }
  const ends = { initctl: "echo 'initctl: Unknown instance:' >&2; exit 1" }
  const there = { initctl: "case $1 in (status) echo 'sidekiq start/running, process 7' ;; esac", sed: 'exec /bin/sed "$@"' }
  assert.deepEqual(
    calls(recipe, 'quiet', given, there).filter((call) => call.startsWith('initctl')),
    ['initctl reload sidekiq', 'initctl status sidekiq'],
  )
  assert.deepEqual(calls(recipe, 'stop', given, { initctl: "echo 'sidekiq stop/waiting'" }), ['initctl stop sidekiq'])
  assert.deepEqual(calls(recipe, 'stop', given, ends), ['initctl stop sidekiq'])
  assert.throws(() => calls(recipe, 'stop', given, { initctl: "echo 'initctl: Unknown job: sidekiq' >&2; exit 1" }), /Unknown job/)
})

const monitored = (one: object, more: object = {}) => monit({ services: { sidekiq: one }, ...more } as Parameters<typeof monit>[0])
const monitGiven = (processes = 1): Given => ({
  host: hostOf({ roles: ['worker'] }),
  facts: { program: '/usr/bin/monit' },
  others: sidekiqSettings({ processes }),
})
const looksAway = { monit: "case $* in (*status*) echo '  monitoring status   Not monitored' ;; esac" }
const changes = (all: string[]) => all.filter((call) => !call.includes(' status '))

test('G75: Monit is called with the name of the service, application and stage', () => {
  assert.deepEqual(changes(calls(monitored({}), 'unmonitor', monitGiven(), looksAway)), ['monit unmonitor sidekiq_shop_production'])
  const up = { monit: `case $* in (*status*) printf '  status   OK\\n  pid   ${process.pid}\\n' ;; esac` }
  assert.deepEqual(changes(calls(monitored({}), 'monitor', monitGiven(), up)), ['monit monitor sidekiq_shop_production'])
})

test('G76: Monit is called for each of two processes by its own name, and two without names are refused', () => {
  const none = stepsOf(monitored({}), 'check', monitGiven(2)).join()
  assert.match(none, /2 processes on a host, which Monit cannot tell apart: name each/)
  const one = (n: number) => ({ name: `sidekiq_shop_production_${n}`, unit: `sidekiq@${n}`, matching: `^sidekiq .* shop-${n} ` })
  const both = monit({ services: { one: one(1), two: one(2) } })
  assert.deepEqual(changes(calls(both, 'unmonitor', monitGiven(2), looksAway)), [
    'monit unmonitor sidekiq_shop_production_1',
    'monit unmonitor sidekiq_shop_production_2',
  ])
})

test('G77: sudo: false, monitBin and name change the call of Monit', () => {
  const recipe = monitored({ name: 'sk_0' }, { sudo: false, monitBin: '/usr/bin/monit' })
  const [text = ''] = stepsOf(recipe, 'unmonitor', monitGiven())
  assert.match(text, /\/usr\/bin\/monit unmonitor sk_0\b/)
  assert.doesNotMatch(text, /sudo/)
})

test('G67, G73: Sidekiq 5 needs no prefix of a version manager, and its only pidfile has a number', () => {
  const start = stepsOf(sidekiq({ manager: 'signals' }), 'start').join('\n')
  assert.match(start, /^bundle exec sidekiq --index 0 --pidfile \/srv\/shop\/shared\/tmp\/pids\/sidekiq-0\.pid /m)
  assert.doesNotMatch(start, /rbenv|sidekiq\.pid/)
})
