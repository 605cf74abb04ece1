import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspeqtor, monit } from '../../recipes/index.ts'
import { inqFiles } from '../../recipes/inspeqtor/files.ts'
import { monitFiles } from '../../recipes/monit/files.ts'
import type { AnyRecipe } from '../../src/tasks/types.ts'
import { contextOf, type Answers, type Given } from '../support/context.ts'

/** A file of shipit's, as the fact lists it. */
const marked = (use: string, name: string) =>
  `file ${name}\n# Written by shipit for shop (production): ${use}:install writes ${name} anew from the config. Deployed to /srv/shop\n`

const RULES = ['memory:rss > 500m then restart'] as const
const recipe = inspeqtor({ services: { sidekiq: { rules: [...RULES] } } })
const other = monit({ services: { sidekiq: { matching: '^sidekiq ', rules: [...RULES] } } })

const findingsOf = (of: AnyRecipe, facts: Answers, given: Given = {}): string[] =>
  of.definition.doctor!.findings(contextOf(of, { ...given, facts })).map(({ level, message, remedy }) => `${level}: ${message} → ${remedy}`)

const STATUS = 'Inspeqtor 2.0.0, uptime: 1m, pid: 1\n\nHost: w1\n\nService: sidekiq [Up/22745]\n  memory:rss   1.42m   500m\n'
const [inq] = inqFiles(contextOf(recipe) as never)
const good: Answers = {
  program: '/usr/bin/inspeqtor',
  client: 'inspeqtorctl /usr/bin/inspeqtorctl',
  'files.0': inq!.text.trimEnd(),
  ours: marked('inspeqtor', 'sidekiq.inq'),
  unreadable: 'Configuration parsed ok.',
  status: STATUS,
  mainProcesses: 'sidekiq ruby',
}

test('a healthy Inspeqtor has no findings', () => assert.deepEqual(findingsOf(recipe, good), []))

const findings: readonly [what: string, answers: Answers, finding: RegExp, given?: Given][] = [
  ['that it is not installed', { program: { code: 1 } }, /^error: Inspeqtor is not installed → install it .*inspeqtor:install$/],
  [
    'G112: a file that it cannot parse, with exit code 0',
    { unreadable: 'W Unable to parse /etc/inspeqtor/services.d/a.inq: x\nConfiguration parsed ok.' },
    /^error: Inspeqtor cannot read its files: W Unable to parse/,
  ],
  ['a different file', { 'files.0': 'check service sidekiq\n' }, /^warning: .*sidekiq\.inq is not as the config says now/],
  ['a missing file', { 'files.0': { code: 1 } }, /^error: .*sidekiq\.inq is missing or cannot be read/],
  [
    'a file that is no longer in the config',
    { ours: `${marked('inspeqtor', 'sidekiq.inq')}${marked('inspeqtor', 'old.inq')}` },
    /^warning: no longer in the config: old\.inq/,
  ],
  [
    'a socket that does not answer',
    { status: { code: 1, stderr: 'nc: connection failed: No such file or directory' } },
    /^error: Inspeqtor does not answer on \/var\/run\/inspeqtor\.sock → Inspeqtor is not running/,
  ],
  [
    'a refusal of sudo',
    { status: { code: 1, stderr: 'sudo: a password is required' }, 'sudo.0': { code: 1 } },
    /^error: deploy may not run through sudo: inspeqtorctl start deploy → /,
  ],
  [
    'a silence that no deploy ends',
    { status: STATUS.replace('\n\n', '\n\nSilenced until: 2026-11-25T05:00:00Z\n\n') },
    /^warning: Inspeqtor is silenced until 2026-11-25T05:00:00Z → .*inspeqtor:unsilence/,
  ],
  ['an unknown service', { status: STATUS.replace('sidekiq [', 'my-sidekiq [') }, /^error: Inspeqtor does not know sidekiq/],
  ['a service that is down', { status: STATUS.replace('Up/22745', 'Down/0') }, /^error: Inspeqtor reports that sidekiq is down → start it/],
  [
    'a su that is measured instead of Sidekiq',
    { mainProcesses: 'sidekiq su' },
    /^warning: the main process of sidekiq is su, so a rule on memory:rss never trips → measure the children too \(memory:total_rss\)/,
  ],
  [
    'another manager that restarts the service',
    {},
    /^warning: both Inspeqtor and Monit restart sidekiq/,
    { others: { monit: { services: { sidekiq: { rules: [] } } } } },
  ],
]
for (const [what, answers, finding, given] of findings)
  test(`doctor reports ${what} of Inspeqtor`, () => {
    const found = findingsOf(recipe, { ...good, ...answers }, given)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, finding)
  })

const [file] = monitFiles(contextOf(other) as never)
const monitStatus = (state: string) =>
  `Monit 5.33.0 uptime: 1m\n\nProcess 'sidekiq_shop_production'\n  status                       ${state}\n`
const fine: Answers = {
  program: '/usr/bin/monit',
  unreadable: 'Control file syntax OK',
  'files.0': file!.text.trimEnd(),
  ours: marked('monit', 'sidekiq_shop_production'),
  'statuses.0': monitStatus('OK'),
  'matches.0': 'List of processes matching pattern "^sidekiq ":\nTotal matches: 1\n',
}

test('a healthy Monit has no findings', () => assert.deepEqual(findingsOf(other, fine), []))

const ofMonit: readonly [what: string, answers: Answers, finding: RegExp, given?: Given][] = [
  ['that it is not installed', { program: { code: 1 } }, /^error: Monit is not installed → install it \(apt-get install monit\)/],
  [
    'a different file',
    { 'files.0': 'check process x' },
    /^warning: \/etc\/monit\/conf\.d\/sidekiq_shop_production is not as the config says now/,
  ],
  [
    'a file that is no longer in the config',
    { ours: `${marked('monit', 'sidekiq_shop_production')}${marked('monit', 'old')}` },
    /^warning: no longer in the config: old/,
  ],
  [
    'an unmonitored service',
    { 'statuses.0': monitStatus('Not monitored') },
    /^warning: Monit does not monitor sidekiq_shop_production → .*monit:monitor/,
  ],
  [
    'a service that is down',
    { 'statuses.0': monitStatus('Does not exist') },
    /^error: Monit reports for sidekiq_shop_production: Does not exist/,
  ],
  ['an expression that matches two', { 'matches.0': 'Total matches: 2\n' }, /^warning: 2 processes match .* → narrow `matching`/],
  [
    'another manager that restarts the service',
    {},
    /^warning: both Inspeqtor and Monit restart sidekiq/,
    { others: { inspeqtor: { services: { sidekiq: { rules: [{ then: [{ do: 'restart' }] }] } } } } },
  ],
]
for (const [what, answers, finding, given] of ofMonit)
  test(`doctor reports ${what} of Monit`, () => {
    const found = findingsOf(other, { ...fine, ...answers }, given)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0]!, finding)
  })
