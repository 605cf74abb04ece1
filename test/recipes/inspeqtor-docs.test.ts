import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inspeqtor, monit } from '../../recipes/index.ts'
import { settings as ofInspeqtor } from '../../recipes/inspeqtor/settings.ts'
import { sudoRule as inspeqtorRule } from '../../recipes/inspeqtor/remedies.ts'
import { monitFiles } from '../../recipes/monit/files.ts'
import { sudoRule as monitRule } from '../../recipes/monit/remedies.ts'
import { settings as ofMonit } from '../../recipes/monit/settings.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { sidekiqSettings } from '../golden/monit.ts'
import { contextOf } from '../support/context.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
/** The settings in the tables of a section: those of the recipe, then those of a service. */
const named = (text: string): string[][] => {
  const [own = '', service = ''] = (text.split(/^## Settings\n/m)[1] ?? '').split(/^## /m)[0]!.split('Of a service:')
  return [own, service].map((part) =>
    [...part.matchAll(/^\| (`\w+`(?:, `\w+`)*) \|/gm)].flatMap(([, cell]) => [...cell!.matchAll(/\w+/g)].map(([word]) => word)),
  )
}
const pages: readonly [name: string, recipe: AnyRecipe, settings: object, service: object][] = [
  [
    'inspeqtor',
    inspeqtor({ services: {} }),
    ofInspeqtor.parse({}),
    ofInspeqtor.parse({ services: { a: { rules: ['memory:rss > 1 then alert'] } } }).services['a']!,
  ],
  ['monit', monit({ services: {} }), ofMonit.parse({}), ofMonit.parse({ services: { a: { matching: 'a' } } }).services['a']!],
]

for (const [name, recipe, settings, service] of pages) {
  test(`docs/${name}.md names every setting, and no other`, () => {
    const [own, ofService] = named(page(name))
    assert.deepEqual(own!.toSorted(), Object.keys(settings).toSorted())
    assert.deepEqual(ofService!.toSorted(), Object.keys(service).toSorted())
  })

  test(`docs/${name}.md names every task`, () => {
    for (const [task, { description }] of Object.entries(recipe.definition.tasks!))
      if (description !== undefined) assert.ok(page(name).includes(`| \`${name}:${task}\` |`), task)
  })
}

test('the lines for sudoers are those that a failure names', () => {
  const watched = contextOf(inspeqtor({ services: { sidekiq: { rules: ['memory:rss > 1m then restart'] } } }), {
    facts: { inspeqtor: '/usr/bin/inspeqtor', tool: 'inspeqtorctl /usr/bin/inspeqtorctl' },
  })
  assert.ok(page('inspeqtor').includes(`\n${inspeqtorRule(watched as never).split('\n')[1]}\n`))
  const other = contextOf(monit({ services: { sidekiq: {} } }), { facts: { monit: '/usr/bin/monit' }, others: sidekiqSettings() })
  assert.ok(page('monit').includes(`\n${monitRule(other as never).split('\n')[1]}\n`))
})

test('the file in docs/monit.md is the one that is written', () => {
  const rules = ['memory:total_rss > 500m for 2 cycles then restart', 'cpu:total > 60% for 2 cycles then restart'] as const
  const c = contextOf(monit({ services: { sidekiq: { rules: [...rules] } } }), { others: sidekiqSettings() })
  const [file] = monitFiles(c as never)
  assert.ok(page('monit').includes(file!.text.replace(/^#.*\n/gm, '')))
})
