import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rails, sidekiq } from '../../recipes/index.ts'
import { commandsOf, textOf } from '../support/context.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
const section = (text: string, heading: string) => text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
/** The first cells that are one word in backticks. */
const named = (text: string) => [...text.matchAll(/^\| `([\w:]+)` \|/gm)].map(([, name]) => name!)

test('docs/rails.md names every task of rails(), and no other', () => {
  const { tasks } = rails().definition
  const described = Object.entries(tasks!).flatMap(([name, { description }]) =>
    description === undefined ? [] : [name.startsWith(':') ? name.slice(1) : `rails:${name}`],
  )
  assert.deepEqual(named(section(page('rails'), 'rails()')).toSorted(), described.toSorted())
})

test('the command in docs/signals.md is the one that runs', () => {
  const text = page('signals')
  const begins = commandsOf(sidekiq({ manager: 'signals', timeout: 60 }), 'start').map((command) => textOf(command).split('\n').at(-1)!)
  assert.ok(begins.some((line) => line.startsWith('bundle exec') && text.includes(`\n${line}\n`)))
})
