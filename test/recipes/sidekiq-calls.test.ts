import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sidekiq } from '../../recipes/index.ts'
import { asksOf, commandsOf, doctorFactsOf, factsOf, goodRelease, textOf, type Given } from '../support/context.ts'

type Settings = Parameters<typeof sidekiq>[0] & {}

/** Two system units. */
const two = { serviceUnitUser: 'system', processes: 2 } as const
const [one, other] = ['sidekiq@1.service', 'sidekiq@2.service']
const block = (name: string, more: string) => `Id=${name}\nType=notify\n${more}\n`
const up = (name: string) => block(name, 'LoadState=loaded\nActiveState=active\nMainPID=7')
const missing = (name: string) => block(name, 'LoadState=not-found\nActiveState=inactive\nMainPID=0')

const asked = (settings: Settings, ...runs: string[]) =>
  asksOf(factsOf(sidekiq(settings), { runs: ['sidekiq:check', ...runs] })).map((text) => text.replace('sudo -n -l systemctl ', ''))

test('sudo is asked for all units in one call and for each unit, with several processes and no rolling restart', () => {
  const calls = asked(two)
  for (const verb of ['stop', 'start'])
    for (const names of [`${one} ${other}`, one, other]) assert.ok(calls.includes(`${verb} ${names}`), `${verb} ${names}`)
  assert.ok(calls.every((call) => !call.startsWith('restart')))
  assert.ok(asked(two, 'sidekiq:restart').includes(`restart ${one} ${other}`))
})

test('sudo is asked for each unit with a rolling restart, and for quieting each with a drain', () => {
  const restarts = [`restart ${one}`, `restart ${other}`]
  assert.deepEqual(asked({ ...two, rolling: 1 }, 'sidekiq:restart'), restarts)
  const drained = asked({ ...two, rolling: 1, drain: {} }, 'sidekiq:restart')
  assert.deepEqual(
    drained.filter((call) => !/^(reload|kill)/.test(call)),
    restarts,
  )
  assert.equal(drained.length, 6)
})

/** The check's messages if sudo allows only these calls. */
const refused = (settings: Settings, allowed: RegExp, given: Given) => {
  const asks = asksOf(doctorFactsOf(sidekiq(settings)))
  const answers = Object.fromEntries(asks.map((text, i) => [`sudo.${i}`, allowed.test(text) ? '' : { code: 1 }]))
  return commandsOf(sidekiq(settings), 'check', { ...given, facts: { ...given.facts, ...answers } })
    .filter(({ spec }) => spec.message?.text.includes('sudo'))
    .map((step) => textOf(step))
}
const live: Given = { layout: { releases: [goodRelease()] }, facts: { units: `${up(one)}\n${up(other)}` } }

test('a rolling restart is refused without a rule for one unit, and needs none for all units', () => {
  const settings = { ...two, rolling: 1 }
  assert.deepEqual(refused(settings, /restart sidekiq@[12]\.service$/, live), [])
  assert.match(refused(settings, /service sidekiq/, live).join(), /restart sidekiq@1\.service; systemctl restart sidekiq@2\.service'/)
})

test('a first deploy with one of two units needs rules for each unit, even for starting the missing one', () => {
  const first: Given = { release: '20261123100000', facts: { units: `${missing(one)}\n${up(other)}` } }
  assert.deepEqual(refused(two, /(reload|kill|stop|start) .*sidekiq@[12]\.service$/, first), [])
  assert.match(
    refused(two, /(reload|kill)/, first).join(),
    /systemctl stop sidekiq@2\.service; systemctl start sidekiq@1\.service; systemctl start sidekiq@2\.service/,
  )
})
