import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit } from '../../recipes/index.ts'
import { inqFiles } from '../../recipes/inspeqtor/files.ts'
import { monitFiles } from '../../recipes/monit/files.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { contextOf, type Answers, type Given } from '../support/context.ts'

const RULES = ['memory:rss > 500m then restart'] as const
const recipe = inspeqtor({ services: { sidekiq: { rules: [...RULES] } } })
const other = monit({ services: { sidekiq: { matching: '^sidekiq ', rules: [...RULES] } } })

const told = (of: AnyRecipe, facts: Answers, given: Given = {}): string[] =>
  of.definition.doctor!.findings(contextOf(of, { ...given, facts })).map(({ level, message, remedy }) => `${level}: ${message} → ${remedy}`)

const STATUS = 'Inspeqtor 2.0.0, uptime: 1m, pid: 1\n\nHost: w1\n\nService: sidekiq [Up/22745]\n  memory:rss   1.42m   500m\n'
const [inq] = inqFiles(contextOf(recipe) as never)
const good: Answers = {
  inspeqtor: '/usr/bin/inspeqtor',
  tool: 'inspeqtorctl /usr/bin/inspeqtorctl',
  file0: inq!.text.trimEnd(),
  ours: '/etc/inspeqtor/services.d/sidekiq.inq',
  tried: 'Configuration parsed ok.',
  status: STATUS,
  runs: 'sidekiq ruby',
}

test('an Inspeqtor that is well has no findings', () => assert.deepEqual(told(recipe, good), []))

const findings: readonly [what: string, answers: Answers, finding: RegExp, given?: Given][] = [
  ['it is not installed', { inspeqtor: { code: 1 } }, /^error: Inspeqtor is not installed → install it .*inspeqtor:install$/],
  [
    'G112: a file that it cannot parse, with exit code 0',
    { tried: 'W Unable to parse /etc/inspeqtor/services.d/a.inq: x\nConfiguration parsed ok.' },
    /^error: Inspeqtor cannot read its files: W Unable to parse/,
  ],
  ['a file that differs', { file0: 'check service sidekiq\n' }, /^warning: .*sidekiq\.inq is not as the config says now/],
  ['a file that is not there', { file0: { code: 1 } }, /^error: .*sidekiq\.inq is not there/],
  [
    'a file that nobody wants any more',
    { ours: '/etc/inspeqtor/services.d/sidekiq.inq\n/etc/inspeqtor/services.d/old.inq' },
    /^warning: no longer in the config: old\.inq/,
  ],
  [
    'a socket that does not answer',
    { status: { code: 1, stderr: 'nc: connection failed: No such file or directory' } },
    /^error: Inspeqtor does not answer on \/var\/run\/inspeqtor\.sock → Inspeqtor does not run/,
  ],
  [
    'sudo that refuses',
    { status: { code: 1, stderr: 'sudo: a password is required' } },
    /^error: deploy may not run inspeqtorctl start deploy through sudo/,
  ],
  [
    'a silence that no deploy ends',
    { status: STATUS.replace('\n\n', '\n\nSilenced until: 2026-11-25T05:00:00Z\n\n') },
    /^warning: Inspeqtor is silent until 2026-11-25T05:00:00Z → .*inspeqtor:unsilence/,
  ],
  ['a service that it does not know', { status: STATUS.replace('sidekiq [', 'my-sidekiq [') }, /^error: Inspeqtor does not know sidekiq/],
  ['a service that is down', { status: STATUS.replace('Up/22745', 'Down/0') }, /^error: Inspeqtor sees sidekiq down → start it/],
  [
    "the article's su, which is measured instead of Sidekiq",
    { runs: 'sidekiq su' },
    /^warning: the main process of sidekiq is su, so that a rule on memory:rss never trips → measure the children too \(memory:total_rss\)/,
  ],
  [
    'another manager that restarts',
    {},
    /^warning: both Inspeqtor and Monit restart sidekiq/,
    { others: { monit: { services: { sidekiq: { rules: [] } } } } },
  ],
]
for (const [what, answers, finding, given] of findings)
  test(`the doctor of Inspeqtor finds ${what}`, () => {
    const found = told(recipe, { ...good, ...answers }, given)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, finding)
  })

const [file] = monitFiles(contextOf(other) as never)
const monitStatus = (state: string) =>
  `Monit 5.33.0 uptime: 1m\n\nProcess 'sidekiq_shop_production'\n  status                       ${state}\n`
const fine: Answers = {
  monit: '/usr/bin/monit',
  tried: 'Control file syntax OK',
  file0: file!.text.trimEnd(),
  ours: '/etc/monit/conf.d/sidekiq_shop_production',
  status0: monitStatus('OK'),
  match0: 'List of processes matching pattern "^sidekiq ":\nTotal matches: 1\n',
}

test('a Monit that is well has no findings', () => assert.deepEqual(told(other, fine), []))

const ofMonit: readonly [what: string, answers: Answers, finding: RegExp, given?: Given][] = [
  ['it is not installed', { monit: { code: 1 } }, /^error: Monit is not installed → apt-get install monit/],
  [
    'a file that differs',
    { file0: 'check process x' },
    /^warning: \/etc\/monit\/conf\.d\/sidekiq_shop_production is not as the config says now/,
  ],
  [
    'a file that nobody wants any more',
    { ours: '/etc/monit/conf.d/sidekiq_shop_production\n/etc/monit/conf.d/old' },
    /^warning: no longer in the config: old/,
  ],
  [
    'a service that nobody looks at',
    { status0: monitStatus('Not monitored') },
    /^warning: Monit does not look at sidekiq_shop_production → .*monit:monitor/,
  ],
  ['a service that is down', { status0: monitStatus('Does not exist') }, /^error: Monit says of sidekiq_shop_production: Does not exist/],
  ['an expression that matches two', { match0: 'Total matches: 2\n' }, /^warning: 2 processes match .* → make matching narrower/],
  [
    'another manager that restarts',
    {},
    /^warning: both Monit and Inspeqtor restart sidekiq/,
    { others: { inspeqtor: { services: { sidekiq: { rules: [{ then: [{ do: 'restart' }] }] } } } } },
  ],
]
for (const [what, answers, finding, given] of ofMonit)
  test(`the doctor of Monit finds ${what}`, () => {
    const found = told(other, { ...fine, ...answers }, given)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, finding)
  })
