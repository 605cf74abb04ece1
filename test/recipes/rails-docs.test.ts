import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { rails, rbenv, sidekiq } from '../../recipes/index.ts'
import { commandsOf, textOf } from '../support/context.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
const section = (text: string, heading: string) => text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? ''
/** First cells that are one word in backticks. */
const named = (text: string) => [...text.matchAll(/^\| `([\w:]+)` \|/gm)].map(([, name]) => name!)

test('the page on Rails names every setting and every task of rbenv() and rails(), and no other', () => {
  const text = page('rails')
  assert.deepEqual(named(section(text, 'rbenv()')), Object.keys(rbenv().definition.settings!.shape))
  const { settings, tasks } = rails().definition
  const described = Object.entries(tasks!).flatMap(([name, { description }]) => (description === undefined ? [] : [name.slice(1)]))
  assert.deepEqual(named(section(text, 'rails()')), [...Object.keys(settings!.shape), ...described])
})

test('the page on signals names every one of its settings, and the command on it is the one that runs', () => {
  const text = page('signals')
  const settings = sidekiq().definition.settings!.parse({})['signals'] as object
  assert.deepEqual(named(section(text, 'Settings')), Object.keys(settings))
  const begins = commandsOf(sidekiq({ manager: 'signals', timeout: 60 }), 'start').map((command) => textOf(command).split('\n').at(-1)!)
  assert.ok(begins.some((line) => line.startsWith('bundle exec') && text.includes(`\n${line}\n`)))
})
