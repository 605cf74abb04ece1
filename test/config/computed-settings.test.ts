import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createComputedSettings } from '../../src/config/computed-settings.ts'
import type { StageContext } from '../../src/settings/types.ts'
import { usageError } from '../../src/values/errors.ts'

type Make = (c: StageContext) => unknown
const settings = (given: Readonly<Record<string, Make | string | number>>) =>
  createComputedSettings({
    stage: 'production',
    application: 'shop',
    local: { user: 'anna', hostname: 'desk', branch: 'main' },
    settings: new Map(Object.entries(given)),
    nameOf: (key) => key,
    locateError: (key, error) => usageError(`${key}: ${(error as Error).message}`),
  })
const tick = () => new Promise((resolve) => setImmediate(resolve))

test('computed settings use stage, application, local facts and one another, in any order', async () => {
  const late = settings({
    deployTo: ({ application, vars }) => `/srv/${application}/${vars['where']}`,
    'vars.where': async ({ stage, local }) => (await tick(), `${stage}-${local.user}`),
    branch: ({ deployTo }) => `for${deployTo}`,
  })
  assert.equal(await late.get('branch'), 'for/srv/shop/production-anna')
  assert.equal(await late.get('nothing'), undefined)
})

test('a setting is computed once, however many settings read it', async () => {
  let fetched = 0
  const ask: Make = ({ vars }) => vars['x']
  const late = settings({ 'vars.x': async () => (await tick(), ++fetched), a: ask, b: ask, 'vars.y': ask })
  assert.deepEqual(await Promise.all(['a', 'b', 'vars.y', 'vars.x'].map(late.get)), [1, 1, 1, 1])
  assert.deepEqual(await late.get('a'), 1)
  assert.equal(fetched, 1)
})

test('a setting that nothing reads is not computed', async () => {
  const late = settings({ 'vars.no': () => assert.fail(), deployTo: '/srv' })
  assert.equal(await late.get('deployTo'), '/srv')
})

const cycles: readonly [string, Readonly<Record<string, Make>>, RegExp][] = [
  ['sync', { deployTo: ({ vars }) => vars['x'], 'vars.x': ({ deployTo }) => deployTo }, /deployTo → vars\.x → deployTo/],
  ['a setting that reads itself', { deployTo: ({ deployTo }) => deployTo }, /deployTo → deployTo/],
  [
    'sync and async',
    { deployTo: ({ vars }) => vars['x'], 'vars.x': async (c) => (await tick(), c.deployTo) },
    /deployTo → vars\.x → deployTo/,
  ],
  [
    'async',
    { deployTo: async (c) => (await tick(), c.vars['x']), 'vars.x': async (c) => (await tick(), c.deployTo) },
    /deployTo → vars\.x → deployTo|vars\.x → deployTo → vars\.x/,
  ],
  [
    'three settings',
    { deployTo: (c) => c.vars['a'], 'vars.a': async (c) => (await tick(), c.vars['b']), 'vars.b': (c) => c.deployTo },
    /deployTo → vars\.a → vars\.b → deployTo/,
  ],
]
for (const [kind, given, message] of cycles) {
  test(`a cycle (${kind}) is reported by name`, async () => {
    const late = settings(given)
    await assert.rejects(late.get('deployTo'), { exit: 2, message })
  })
  test(`a cycle (${kind}) is reported from every setting in it at once, and nothing waits forever`, async () => {
    const late = settings(given)
    for (const end of await Promise.allSettled(Object.keys(given).map(late.get))) {
      assert.equal(end.status, 'rejected')
      assert.match(end.reason.message, /circular settings: .* → /)
    }
  })
}

test('an error is reported with the setting that threw it, not with the settings that read it', async () => {
  const late = settings({
    'vars.x': async () => {
      await tick()
      throw new Error('no network')
    },
    deployTo: (c) => `${c.vars['x']}`,
  })
  await assert.rejects(late.get('deployTo'), { message: 'vars.x: no network' })
})

test('any graph of settings is computed once or refused as a cycle', async () => {
  const names = ['a', 'b', 'c', 'd']
  const node = fc.record({ reads: fc.uniqueArray(fc.constantFrom(...names), { maxLength: 2 }), wait: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.tuple(node, node, node, node), fc.shuffledSubarray(names, { minLength: 1 }), async (nodes, order) => {
      const done = new Map<string, number>()
      const make = (name: string, { reads, wait }: (typeof nodes)[number]): Make => {
        const finish = (c: StageContext) => {
          const text = `${name}(${reads.map((other) => c.vars[other]).join()})`
          done.set(name, (done.get(name) ?? 0) + 1)
          return text
        }
        return wait ? async (c) => (await tick(), finish(c)) : finish
      }
      const late = settings(Object.fromEntries(names.map((name, i) => [`vars.${name}`, make(name, nodes[i]!)])))
      const reads = (name: string) => nodes[names.indexOf(name)]!.reads
      const cyclic = (name: string, way: readonly string[]): boolean =>
        way.includes(name) || reads(name).some((next) => cyclic(next, [...way, name]))
      const text = (name: string): string => `${name}(${reads(name).map(text).join()})`
      const ends = await Promise.allSettled(order.map((name) => late.get(`vars.${name}`)))
      order.forEach((name, i) => {
        const end = ends[i]!
        if (cyclic(name, [])) assert.ok(end.status === 'rejected' && /circular settings/.test(end.reason.message))
        else assert.deepEqual(end, { status: 'fulfilled', value: text(name) })
      })
      for (const times of done.values()) assert.equal(times, 1)
    }),
    { numRuns: 300 },
  )
})
