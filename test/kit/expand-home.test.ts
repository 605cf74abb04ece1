import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit, sidekiq, systemd } from '../../recipes/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { stepsOf, hostOf, type Given } from '../support/context.ts'

const rules = ['if memory:rss > 500m then alert'] as const
const units = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=simple\n'
const recipes: readonly {
  readonly what: string
  readonly recipe: AnyRecipe
  readonly task?: string
  readonly facts: Record<string, string>
}[] = [
  {
    what: 'systemd()',
    recipe: systemd({ services: { web: { exec: 'bin/web', serviceUnitUser: 'system', user: 'deploy' } } }),
    task: 'web:',
    facts: { 'web.units': units, 'web.files.0': '', 'web.host': '' },
  },
  {
    what: 'sidekiq()',
    recipe: sidekiq({ serviceUnitUser: 'system', user: 'deploy' }),
    facts: { units, 'files.0': '', host: '' },
  },
  {
    what: 'sidekiq() under Upstart',
    recipe: sidekiq({ manager: 'upstart', user: 'deploy' }),
    facts: { jobs: 'sidekiq start/running, process 7', 'jobFiles.0': '', 'overrides.0': '' },
  },
  { what: 'monit()', recipe: monit({ services: { web: { pidfile: '/run/web.pid' } } }), facts: { program: '/usr/bin/monit' } },
  { what: 'inspeqtor()', recipe: inspeqtor({ services: { web: { rules: [...rules] } } }), facts: { program: '/usr/bin/inspeqtor' } },
]

for (const { what, recipe, task = '', facts } of recipes)
  test(`${what} refuses to write and remove files if another account than the deploy user logged in and deployTo is in the home`, () => {
    const steps = (which: string, given: Given) => stepsOf(recipe, `${task}${which}`, { facts, deployTo: '~/shop', ...given })
    const root: Given = { layout: { user: 'root', home: '/root' }, host: hostOf({ user: 'root', deployUser: 'deploy' }) }
    for (const which of ['install', 'uninstall'])
      assert.deepEqual(steps(which, root), [
        "printf '%s\\n' 'deployTo is ~/shop, in the home of deploy, and root logged in. Log in as deploy, or set deployTo to an absolute path' >&2; exit 1",
      ])
    const text = (given: Given) => steps('install', given).join('\n')
    assert.doesNotMatch(text({ ...root, deployTo: '/srv/shop' }), /logged in/)
    assert.doesNotMatch(text({ host: hostOf({ deployUser: 'deploy' }) }), /logged in/)
    assert.doesNotMatch(text({ ...root, host: hostOf({ user: 'root' }) }), /deployTo is/)
  })
