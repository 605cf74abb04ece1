import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspeqtor, monit } from '../../recipes/index.ts'
import { sudoRule as inspeqtorRule } from '../../recipes/inspeqtor/remedies.ts'
import { monitFiles } from '../../recipes/monit/files.ts'
import { sudoRule as monitRule } from '../../recipes/monit/remedies.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { sidekiqSettings } from '../golden/monit.ts'
import { contextOf } from '../support/context.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
const recipes: readonly AnyRecipe[] = [inspeqtor({ services: {} }), monit({ services: {} })]

for (const { name, definition } of recipes) {
  test(`docs/${name}.md names every task`, () => {
    for (const [task, { description }] of Object.entries(definition.tasks!))
      if (description !== undefined) assert.ok(page(name).includes(`| \`${name}:${task}\` |`), task)
  })
}

test('the sudoers lines on the pages are those of the failures', () => {
  const watched = contextOf(inspeqtor({ services: { sidekiq: { rules: ['memory:rss > 1m then restart'] } } }), {
    facts: { program: '/usr/bin/inspeqtor', client: 'inspeqtorctl /usr/bin/inspeqtorctl' },
  })
  assert.ok(page('inspeqtor').includes(`\n${inspeqtorRule(watched as never).split('\n')[1]}\n`))
  const other = contextOf(monit({ services: { sidekiq: {} } }), { facts: { program: '/usr/bin/monit' }, others: sidekiqSettings() })
  assert.ok(page('monit').includes(`\n${monitRule(other as never).split('\n')[1]}\n`))
})

test('the file in docs/monit.md is the one that monit:install writes', () => {
  const rules = ['memory:total_rss > 500m for 2 cycles then restart', 'cpu:total > 60% for 2 cycles then restart'] as const
  const c = contextOf(monit({ services: { sidekiq: { rules: [...rules] } } }), { others: sidekiqSettings() })
  const [file] = monitFiles(c as never)
  assert.ok(page('monit').includes(file!.text.replace(/^#.*\n/gm, '')))
})
