import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monit, sidekiq, systemd } from '../../recipes/index.ts'
import { createRegistry } from '../../src/tasks/registry.ts'
import { orderTasks } from '../../src/tasks/order.ts'
import type { Stage } from '../../src/config/types.ts'
import type { Command } from '../../src/shell/types.ts'
import { host } from '../golden/sidekiq-units.ts'
import { sidekiqSettings } from '../golden/monit.ts'
import { NAME, situations, type Situation } from '../golden/situations.ts'
import { commandsOf, factsOf, goodRelease, hostOf, stepsOf, textOf, type Given } from '../support/context.ts'

for (const one of situations) {
  test(`${one.ids.join(', ')}: ${one.what}`, () => {
    const recipe = sidekiq({ serviceUnitName: NAME, ...one.settings } as Parameters<typeof sidekiq>[0])
    const { units } = factsOf(recipe, givenOf(one))
    // the units that are asked about are those that are named
    for (const unit of unitsOf(one)) assert.ok(textOf(units!).includes(unit), unit)
    assert.deepEqual(commandsOf(recipe, one.task, givenOf(one)).flatMap(act), one.does)
  })
}

const unitsOf = (one: Situation): readonly string[] => one.units ?? [`${NAME}.service`]

const givenOf = (one: Situation): Given => {
  const { state = 'running' } = one
  const missing = state === 'missing'
  const block = (name: string, i: number) =>
    `Id=${name}\nLoadState=${missing ? 'not-found' : 'loaded'}\nActiveState=${state === 'running' ? 'active' : 'inactive'}\nMainPID=${
      state === 'running' ? 100 + i : 0
    }\nType=notify\nUnitFileState=${missing ? '' : 'enabled'}\nNeedDaemonReload=no\n`
  const shown = unitsOf(one).map(block).join('\n')
  const file = missing ? '' : '# Written by shipit for shop (production): sidekiq:install writes it anew from the config\n'
  return {
    runs: [`sidekiq:${one.task}`],
    layout: { user: 'deploy', home: '/home/deploy', releases: [goodRelease()] },
    facts: {
      session: '1000\n/run/user/1000\n',
      account: 'sidekiq:x:999:999::/home/sidekiq:/bin/sh\n',
      linger: '',
      units: shown,
      shown,
      host: host(),
      ours: '',
      file0: file,
      file1: file,
    },
  }
}

/** What acts: looks have titles of their own. */
const act = (command: Command): string[] => {
  const text = textOf(command)
  const { title } = command.spec
  if (title === undefined || title.includes('daemon-reload')) return [text]
  if (title.startsWith('write ')) {
    const config = /-C config\/\S+/.exec(text)
    return [`${title}${config ? ` with ${config[0]}` : ''}`]
  }
  return []
}

const events = (settings: object, task: string) => {
  const recipe = sidekiq(settings as Parameters<typeof sidekiq>[0])
  const stage = {
    name: 'production',
    hosts: [],
    recipes: [{ recipe, name: 'sidekiq', settings: recipe.definition.settings!.parse(settings) }],
    tasks: {},
    hooks: [],
    linkedFiles: [],
    linkedDirs: [],
    git: { limit: 1, hostKeys: 'yes' },
  } as unknown as Stage
  const names = orderTasks(createRegistry(stage), [task]).flatMap((entry) => (entry.kind === 'task' ? [entry.task.name] : ['|']))
  return names.filter((name) => /^sidekiq:(quiet|stop|start|restart|recover)$|^deploy:symlink:release$/.test(name))
}

test('G04: status only looks: it is code that asks, and a unit that is down is a row; `systemctl status` of one never fails', () => {
  const { status } = sidekiq().definition.tasks!
  assert.ok(status!.run && status!.shows)
  const [text = ''] = stepsOf(systemd({ services: { web: {} } }), 'web:status', { facts: { units: '' } })
  assert.match(text, /systemctl status .*--no-pager .*web\.service|systemctl .*status --no-pager/)
  const [command] = commandsOf(systemd({ services: { web: {} } }), 'web:status', { facts: { units: '' } })
  assert.ok(command!.spec.allow !== undefined || /\|\|/.test(textOf(command!)))
})

test('G34, G43: a version manager reaches commands and the unit by PATH, not by words before each command', () => {
  const given = givenOf({ ids: [], what: '', task: 'install', does: [], state: 'missing' })
  const facts = {
    ...given.facts,
    host: host({ bundle: '/home/deploy/.rbenv/shims/bundle', path: '/home/deploy/.rbenv/shims:/usr/bin:/bin' }),
  }
  const [written = ''] = stepsOf(sidekiq({ serviceUnitName: NAME }), 'install', { ...given, facts })
  assert.match(written, /ExecStart=\/home\/deploy\/\.rbenv\/shims\/bundle exec sidekiq -e production/)
  assert.match(written, /Environment="PATH=\/home\/deploy\/\.rbenv\/shims:/)
})

test('G35: a host that plays two of the roles is asked and told once', () => {
  const on = sidekiq({ roles: ['web', 'worker'] }).definition.tasks!['start']!.on as (c: object) => { roles: string[] }
  assert.deepEqual(on({ settings: { roles: ['web', 'worker'] } }), { roles: ['web', 'worker'] })
  const given = { ...givenOf({ ids: [], what: '', task: 'start', does: [] }), host: hostOf({ roles: ['web', 'worker'] }) }
  assert.equal(
    stepsOf(sidekiq({ serviceUnitName: NAME, roles: ['web', 'worker'] }), 'start', given).filter((text) => / start /.test(text)).length,
    1,
  )
})

test('G36: no config file is no unit, and so a mistake; a stage without Sidekiq says roles: []', () => {
  const { settings } = sidekiq().definition
  assert.equal(settings!.safeParse({ configFiles: [] }).success, false)
  assert.deepEqual(stepsOf(sidekiq({ roles: [] }), 'check', { host: hostOf() }), [])
})

test('G37: without its hooks a deploy has nothing of Sidekiq', () => {
  assert.deepEqual(events({ defaultHooks: false }, 'deploy'), ['deploy:symlink:release'])
})

test('G38, G59: a deploy quiets, stops, switches and starts; a start that fails is a failure', () => {
  assert.deepEqual(events({}, 'deploy'), ['sidekiq:quiet', 'sidekiq:stop', 'deploy:symlink:release', 'sidekiq:start'])
  const given = { ...givenOf({ ids: [], what: '', task: 'start', does: [] }), release: '20261123100000' }
  assert.ok(commandsOf(sidekiq({ serviceUnitName: NAME }), 'start', given).every(({ spec }) => spec.allow === undefined))
})

test('G39, G58, G99: a rollback quiets, stops, switches and starts: never a start of what still runs', () => {
  assert.deepEqual(events({}, 'deploy:rollback'), ['sidekiq:quiet', 'sidekiq:stop', 'deploy:symlink:release', 'sidekiq:start'])
  assert.deepEqual(events({ rolling: '50%' }, 'deploy:rollback'), ['deploy:symlink:release', 'sidekiq:restart'])
})

test('G41, G98: after a failure what was quieted is restarted, whatever failed; a start that failed is not tried again', () => {
  const recover = (ran: Given['ran']) => {
    const given = { ...givenOf({ ids: [], what: '', task: 'recover', does: [] }), ...(ran && { ran }) }
    return commandsOf(sidekiq({ serviceUnitName: NAME }), 'recover', given).flatMap(act)
  }
  const restart = [`systemctl --user restart ${NAME}.service`]
  assert.deepEqual(recover({ 'sidekiq:quiet': 'started' }), restart)
  assert.deepEqual(recover({ 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done' }), restart)
  assert.deepEqual(recover({ 'sidekiq:quiet': 'done', 'sidekiq:stop': 'done', 'sidekiq:start': 'started' }), [])
  assert.deepEqual(recover({}), [])
  assert.ok(events({}, 'deploy:failed').includes('sidekiq:recover'))
})

test('G70, G74: Upstart is asked before it is told, and only "not running" is passed over', () => {
  const facts = { jobs: 'sidekiq start/running, process 7\n' }
  const recipe = sidekiq({ manager: 'upstart' })
  const given: Given = { layout: { releases: [goodRelease()] }, facts }
  for (const task of ['quiet', 'stop'])
    assert.match(stepsOf(recipe, task, given)[0]!, /sudo initctl (reload|stop) "\$@".*Unknown instance/s)
  assert.match(stepsOf(recipe, 'stop', given)[0]!, /\bsidekiq\b/)
})

test('G75, G76, G77: Monit looks away from a process by its own name; of several that it cannot tell apart is said', () => {
  const recipe = monit({ services: { sidekiq: { rules: ['memory:total_rss > 500m then restart'] } } })
  const given = (processes: number): Given => ({
    host: hostOf({ roles: ['worker'] }),
    facts: { monit: '/usr/bin/monit' },
    others: sidekiqSettings({ processes }),
  })
  assert.match(stepsOf(recipe, 'unmonitor', given(1)).join(), /sudo -n monit unmonitor sidekiq_shop_production\b/)
  assert.match(stepsOf(recipe, 'check', given(2)).join(), /2 processes on a host, which Monit cannot tell apart: name each/)
})

test('G67, G73: Sidekiq 5 under a version manager needs no words of it; its pidfile has a number, also when it is the only one', () => {
  const start = stepsOf(sidekiq({ manager: 'signals' }), 'start').join('\n')
  assert.match(start, /^bundle exec sidekiq --index 0 --pidfile \S+\/sidekiq-0\.pid /m)
  assert.doesNotMatch(start, /rbenv/)
})
