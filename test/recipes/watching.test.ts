import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit, sidekiq } from '../../recipes/index.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { commandsOf, contextOf, hostOf, type Given } from '../support/context.ts'

interface Settings {
  readonly optional?: boolean
  readonly defaultHooks?: boolean
}

/** Both recipes with one service, which no host has if `roles` says so. */
const recipes: readonly {
  readonly name: string
  readonly of: (more: Settings, roles?: readonly string[]) => AnyRecipe
  readonly there: Record<string, string>
}[] = [
  {
    name: 'Monit',
    of: (more, roles) =>
      monit({
        services: { web: { pidfile: '/run/web.pid' }, jobs: { pidfile: '/run/jobs.pid', roles: [...(roles ?? ['app'])] } },
        ...more,
      }),
    there: { program: '/usr/bin/monit' },
  },
  {
    name: 'Inspeqtor',
    of: (more, roles) => {
      const rules = ['if memory:rss > 500m then alert'] as const
      return inspeqtor({ services: { web: { rules: [...rules] }, jobs: { rules: [...rules], roles: [...(roles ?? ['app'])] } }, ...more })
    },
    there: { program: '/usr/bin/inspeqtor', client: 'inspeqtorctl /usr/bin/inspeqtorctl', 'files.0': '', 'files.1': '' },
  },
]

for (const { name, of, there } of recipes) {
  const host = hostOf({ roles: ['app'] })
  const given: Given = { host, facts: { ...there, 'sudo.0': { code: 1 } } }
  const found = (recipe: AnyRecipe, some = given) =>
    recipe.definition
      .doctor!.findings(contextOf(recipe, some))
      .filter(({ message }) => /sudo|no server|not installed/.test(message))
      .map(({ level, message }) => `${level}: ${message.split(':')[0]}`)
  const says = (recipe: AnyRecipe) =>
    commandsOf(recipe, 'check', given).flatMap(({ spec }) =>
      spec.message === undefined ? [] : [`${spec.message.level}: ${spec.message.text}`],
    )

  test(`${name}: a refused sudo call is a warning of doctor and check with optional`, () => {
    assert.deepEqual(found(of({ optional: true })), ['warning: deploy may not run through sudo'])
    assert.match(says(of({ optional: true })).join('\n'), /^warning: deploy may not run through sudo: /)
    assert.equal(commandsOf(of({ optional: true }), 'check', given).length > 1, true)
    assert.deepEqual(found(of({})), ['error: deploy may not run through sudo'])
    assert.match(says(of({})).join('\n'), /^error: deploy may not run through sudo: /)
  })

  test(`${name}: a refused sudo call is a warning of doctor without hooks, because no deploy makes it`, () => {
    assert.deepEqual(found(of({ defaultHooks: false })), ['warning: deploy may not run through sudo'])
  })

  test(`${name}: one failure reports wrong settings and refused sudo calls`, () => {
    assert.match(
      says(of({}, ['nobody'])).join('\n---\n'),
      /^error: .*no server of production has the role nobody\ndeploy may not run through sudo: [^\n]*$/,
    )
  })

  test(`${name}: doctor reports wrong settings on a host without it too`, () => {
    const nothing = Object.fromEntries(Object.keys(there).map((fact, i) => [fact, i === 0 ? { code: 1 } : '']))
    assert.deepEqual(found(of({}, ['nobody']), { host, facts: nothing }), [
      `error: ${name.toLowerCase()}`,
      `error: ${name} is not installed`,
    ])
  })
}

test('Upstart: a refused sudo call is a warning of doctor without hooks, because no deploy makes it', () => {
  const levels = (defaultHooks: boolean) => {
    const recipe = sidekiq({ manager: 'upstart', defaultHooks })
    const facts = { jobs: 'sidekiq start/running, process 7', 'sudo.0': { code: 1 } }
    return recipe.definition
      .doctor!.findings(contextOf(recipe, { facts }))
      .flatMap(({ level, message }) => (message.includes('sudo') ? [level] : []))
  }
  assert.deepEqual([levels(true), levels(false)], [['error'], ['warning']])
})
