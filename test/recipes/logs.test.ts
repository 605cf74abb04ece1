import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { puma, sidekiq, systemd, systemdService, systemdSettings } from '../../recipes/index.ts'
import { defineRecipe } from '../../src/index.ts'
import type { AnyRecipe, LogRequest } from '../../src/tasks/types.ts'
import { contextOf, hostOf, textOf } from '../support/context.ts'

/** The commands of the recipe's logs on a host, by name. */
const logsOf = (recipe: AnyRecipe, log: Partial<LogRequest> = {}, host = hostOf({ roles: ['app', 'web', 'worker'] })) => {
  const context = { ...contextOf(recipe, { host }), runs: () => false }
  const commands = recipe.definition.logs!({ ...context, log: { lines: 100, since: undefined, follow: false, user: 'deploy', ...log } })
  return Object.fromEntries(Object.entries(commands).flatMap(([name, command]) => (command ? [[name, textOf(command)]] : [])))
}

test('puma, systemd and sidekiq show the journal of their units, with times and zones', () => {
  const journal = 'journalctl --user --no-pager -o short-iso -n 100'
  assert.deepEqual(logsOf(puma()), { puma: `${journal} -u puma.service` })
  assert.deepEqual(logsOf(puma({ serviceUnitUser: 'system' }), { lines: 5, since: 1_764_000_000, follow: true }), {
    puma: 'journalctl --no-pager -o short-iso -n 5 --since @1764000000 -f -u puma.service',
  })
  assert.deepEqual(logsOf(systemd({ services: { web: {}, jobs: { unit: 'queue' } } })), {
    web: `${journal} -u web.service`,
    jobs: `${journal} -u queue.service`,
  })
  assert.deepEqual(logsOf(sidekiq({ processes: 2 })), { sidekiq: `${journal} -u sidekiq@1.service -u sidekiq@2.service` })
})

test('the journal of another user is read as that user', () => {
  const [text = ''] = Object.values(logsOf(puma({ user: 'app' })))
  assert.match(text, /^sudo -H -u app -- \/bin\/sh <<'SHIPIT'\n.*journalctl --user /s)
  assert.doesNotMatch(Object.values(logsOf(puma({ user: 'app' }), { user: 'app' }))[0]!, /sudo/)
})

test('a host without the service has no log of it, and neither has a Sidekiq that writes to a file', () => {
  assert.deepEqual(logsOf(puma(), {}, hostOf({ roles: ['db'] })), {})
  assert.deepEqual(logsOf(sidekiq(), {}, hostOf({ roles: ['db'] })), {})
  assert.deepEqual(logsOf(sidekiq({ manager: 'signals' })), {})
})

test('a service of your own has the log of its unit', () => {
  const settings = z.object(systemdSettings())
  const service = systemdService<z.output<typeof settings>>({ recipe: 'mill', name: 'Mill', on: () => 'all', exec: () => ['mill'] })
  const mill = defineRecipe({ name: 'mill', settings, facts: service.facts, tasks: service.tasks, logs: service.logs })
  assert.match(logsOf(mill())['mill']!, / -u mill\.service$/)
})
