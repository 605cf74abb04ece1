import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sh } from '../../src/index.ts'
import { fullPlan } from '../../src/plan/print-full.ts'
import { planOf } from './plans.ts'

test('a full plan has every line of every step, its title above it and its environment each time', () => {
  const steps = [
    sh`
first
second`
      .env({ RAILS_ENV: 'production' })
      .title('do both'),
    sh`uptime`.in('/srv').env({ RAILS_ENV: 'production' }),
  ]
  assert.equal(
    fullPlan(
      planOf(() => steps),
      'plan of go',
    ),
    `plan of go

1. go
   go on a, b:
       # do both
       export RAILS_ENV=production
       first
       second
       cd /srv
       export RAILS_ENV=production
       uptime
   -- every host waits until all have passed the checks
`,
  )
})

test('control characters in a full plan are shown by their numbers', () => {
  const step = sh`printf ${'a\r\n\u001b[31mred\u202e\tend'}`.title('paint\u001b[1m it')
  assert.match(
    fullPlan(
      planOf(() => [step]),
      'plan',
    ),
    /# paint\\x1b\[1m it\n {7}printf 'a\\x0d\n {7}\\x1b\[31mred\\u202e\tend'\n/,
  )
})
