import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ineffective } from '../../recipes/inspeqtor/metrics.ts'
import { KEYWORDS, parseInq, parseRule, problemText } from '../../recipes/rules/parse.ts'
import { printInq, printRule } from '../../recipes/rules/print.ts'
import { ruleSchema, type RuleText } from '../../recipes/rules/schema.ts'
import type { Action, Check, Rule } from '../../recipes/rules/types.ts'
import { limitsOf } from '../../recipes/rules/limits.ts'
import { accepted, rejected } from '../golden/inspeqtor.ts'

for (const { title, text } of accepted)
  test(`${title} is accepted`, () => {
    const parsed = parseInq(text)
    assert.ok(parsed.ok, parsed.ok ? '' : problemText(parsed.problem))
  })

for (const { title, text, error } of rejected)
  test(`${title} is refused`, () => {
    const parsed = parseInq(text)
    assert.equal(parsed.ok ? 'accepted' : problemText(parsed.problem), error)
  })

// what may be quoted
const name = fc.oneof(
  fc.constantFrom(...KEYWORDS, 'a', 'sidekiq@1', '500m', '5', '1.5g', 'my app', 'a:b', 'メール', 'café', '#', '%'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => !/["\u0000-\u001f]/.test(text)),
)
const plain = { noNullPrototype: true } as const
const metric = fc.oneof(
  fc.record({ family: name }, plain),
  fc.record({ family: name, name }, plain),
  fc.record({ family: name, name, parens: fc.constant(true as const) }, plain),
)
const amount = fc
  .record({ value: fc.nat(), unit: fc.constantFrom('', 'k', 'm', 'g', '%'), perSec: fc.boolean() }, plain)
  .map((made) => (made.unit === '%' ? { ...made, perSec: false } : made))
  .filter(({ value, unit }) => unit !== 'g' || value < 2 ** 22)
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ do: fc.constantFrom('alert', 'restart', 'reload') }, plain),
  fc.record({ do: fc.constant('alert' as const), route: name }, plain),
)
const rule = fc
  .record({
    metric,
    side: fc.constantFrom('<', '>'),
    amount,
    cycles: fc.option(fc.nat(999999), { nil: undefined }),
    then: fc.array(action, { minLength: 1, maxLength: 4 }),
  })
  .map(({ cycles, ...rest }): Rule => ({ ...rest, ...(cycles !== undefined && { cycles }) }))

test('a printed rule parses to the same rule', () => {
  fc.assert(
    fc.property(rule, (made) => {
      const parsed = parseRule(printRule(made))
      assert.deepEqual(parsed, { ok: true, value: made })
      assert.deepEqual(parseRule(`if ${printRule(made)}`), parsed)
    }),
  )
})

test('a printed file parses to the same file', () => {
  const check = fc
    .record({
      service: fc.option(name, { nil: undefined }),
      with: fc.array(fc.tuple(name, name), { maxLength: 3 }),
      expose: fc.array(name, { maxLength: 3 }),
      rules: fc.array(rule, { minLength: 1, maxLength: 4 }),
    })
    .map(({ service, expose, ...rest }): Check => (service === undefined ? { ...rest, expose: [] } : { ...rest, service, expose }))
  fc.assert(fc.property(check, (made) => assert.deepEqual(parseInq(printInq(made, ['by hand', ''])), { ok: true, value: made })))
})

test('any text is parsed or refused with a position in it', () => {
  const signs = fc.constantFrom(...KEYWORDS, '"', ':', ',', '>', '<', '(', '#', '\n', ' ', '500m', '60%', 'memory', 'é', '\u{1f600}')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(signs).map((list) => list.join(' ')),
      ),
      (text) => {
        const parsed = parseInq(text)
        if (parsed.ok) return
        const lines = text.split('\n')
        assert.ok(parsed.problem.line <= lines.length)
        assert.ok(parsed.problem.column <= lines[parsed.problem.line - 1]!.length + 1)
      },
    ),
  )
})

const read = (given: unknown): Rule | string => {
  const result = ruleSchema((made) => ineffective(made, 'service')).safeParse(given)
  return result.success ? result.data : result.error.issues.map(({ message }) => message).join('; ')
}

test('a rule as an object equals the rule as text', () => {
  const pairs: readonly [object, string][] = [
    [{ metric: 'memory:total_rss', over: '500m', then: 'restart' }, 'memory:total_rss > 500m then restart'],
    [
      { metric: 'cpu:user', over: '60%', cycles: 2, then: ['restart', 'alert'], route: 'ops' },
      'cpu:user > 60% for 2 cycles then restart, alert ops',
    ],
    [{ metric: 'redis:connected_clients', under: 1, then: ['alert'] }, 'redis:connected_clients < 1 then alert'],
  ]
  for (const [parts, text] of pairs) {
    assert.deepEqual(read(parts), read(text))
    assert.equal(printRule(read(text) as Rule), text)
  }
})

const mistakes: readonly [given: unknown, why: RegExp][] = [
  ['memory:total_rss > 1.5g then restart', /^"memory:total_rss > 1\.5g then restart", column 20: expected a whole number/],
  ['memory:total_rss > 500m then restart now', /column 38: expected the end of the rule, found "now"/],
  ['memory:rss > 500m', /column 18: expected "then", found the end/],
  ['memory:resident > 500m then restart', /Inspeqtor does not measure memory:resident of a service: memory:rss, memory:total_rss/],
  ['disk:/ > 90% then alert', /does not measure disk:\/ of a service/],
  ['memory:rss > 50% then restart', /is a size: 500m, not 50%/],
  ['cpu:user > 5m then restart', /is a percentage: 5%/],
  [{ metric: 'memory:rss', over: '500m', under: '1m', then: 'alert' }, /needs either over or under/],
  [{ metric: 'memory:rss', then: 'alert' }, /needs either over or under/],
  [{ metric: 'memory:rss', over: 1.5, then: 'alert' }, /expected a whole number/],
  [{ metric: 'memory:rss', over: '500m', then: 'restart', route: 'ops' }, /a route, "ops", but no alert/],
]
for (const [given, why] of mistakes) test(`a setting is refused: ${JSON.stringify(given)}`, () => assert.match(read(given) as string, why))

test('rules of a host have their own metrics and only alert', () => {
  const of = (text: string) => {
    const parsed = parseRule(text)
    return parsed.ok ? ineffective(parsed.value, 'host') : problemText(parsed.problem)
  }
  for (const text of ['load:5 > 10 then alert', 'disk:/mnt > 90% then alert', 'disk(/) > 90% then alert ops', 'swap > 20% then alert'])
    assert.equal(of(text), undefined)
  assert.match(of('load:2 > 10 then alert') ?? '', /does not measure load:2/)
  assert.match(of('swap > 20% then restart') ?? '', /can only alert/)
})

test('limitsOf() returns the lowest limits of each service, in bytes and percent', () => {
  const rules = [
    'memory:rss > 1g then alert',
    'memory:total_rss > 500m then restart',
    'cpu:user > 60% for 2 cycles then alert',
    'cpu:user < 1% then alert',
  ].map((text) => read(text) as Rule)
  const settings: Readonly<Record<string, unknown>> = {
    inspeqtor: { services: { sidekiq: { name: null, rules }, web: { name: ['puma'], rules: [] } } },
    monit: { services: { jobs: { unit: 'jobs.service', rules } } },
  }
  const settingsOf = (({ name }: { name: string }) => settings[name]) as Parameters<typeof limitsOf>[0]['settingsOf']
  assert.deepEqual(limitsOf({ settingsOf }), [
    { service: 'sidekiq', name: undefined, rss: 500 * 1024 ** 2, cpu: 60 },
    { service: 'web', name: 'puma' },
    { service: 'jobs', name: 'jobs', rss: 500 * 1024 ** 2, cpu: 60 },
  ])
})

test('an impossible rule is a compile error, as far as types can tell', () => {
  const typed: readonly RuleText[] = [
    'memory:total_rss > 500m then restart',
    'if cpu:user > 60% for 2 cycles then restart, alert ops',
    'load:5 < 1 then alert',
    'disk:/ > 90% then alert',
    // @ts-expect-error unknown operator
    'memory:rss >= 500m then restart',
    // @ts-expect-error not a whole number
    'memory:rss > 1.5g then restart',
    // @ts-expect-error unknown unit
    'memory:rss > 500MB then restart',
    // @ts-expect-error "cycles" even for one
    'cpu:user > 60% for 1 cycle then restart',
    // @ts-expect-error unknown action
    'memory:rss > 500m then explode',
    // @ts-expect-error no action
    'memory:rss > 500m',
  ]
  assert.deepEqual(
    typed.map((text) => parseRule(text).ok),
    [true, true, true, true, false, false, false, false, false, false],
  )
})
