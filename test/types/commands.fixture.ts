// Refinements of commands that must compile, and typos that must not.
import { note, secret, sh, text, when } from 'shipit-ts'
import type { Command, StepList } from 'shipit-ts'

export const good: readonly Command[] = [
  sh`curl -sf localhost`.retry({ every: '3s', for: '3m' }).hint('x').timeout('5m'),
  sh`a`.retry({ every: 3000, for: '3m' }).orElse(sh`b`.in('/x').retry({ every: '1s', for: '1m' })),
  sh`docker login --password-stdin`
    .stdin(secret('x'))
    .stdin('y')
    .stdin(text`a=${secret('x')}`),
  sh.as('app', { group: 'www' }).login().in('/srv')`nvm use`.as('app', {}),
  sh.bash.login()`shopt`.onlyIf(sh`test -e x`).allowFailure(),
]
export const steps: StepList = [
  when(sh`test -e x`, [sh`a`, note('x'), [false, null]], [when(sh`b`, [sh`c`])]),
  when(sh`test -e x`.as('app'), [sh`a`]),
]
// @ts-expect-error a guard that is text
when('test -e x', [sh`a`])
// @ts-expect-error one command in place of a list
when(sh`test -e x`, sh`a`)
// @ts-expect-error a step that is text
when(sh`test -e x`, ['a'])
// @ts-expect-error nothing to do
when(sh`test -e x`)
// @ts-expect-error a list of steps is not a command
sh`a`.orElse(when(sh`b`, [sh`c`]))
// @ts-expect-error no limit
sh`a`.retry({ every: '3s' })
// @ts-expect-error no pause
sh`a`.retry({ for: '3m' })
// @ts-expect-error a time that is not a duration
sh`a`.retry({ every: '3 seconds', for: '3m' })
// @ts-expect-error an unknown key
sh`a`.retry({ every: '3s', for: '3m', times: 5 })
// @ts-expect-error text in place of a command
sh`a`.orElse('b')
// @ts-expect-error a list of commands
sh`a`.orElse([sh`b`])
// @ts-expect-error a number on stdin
sh`a`.stdin(5)
// @ts-expect-error an object on stdin
sh`a`.stdin({ a: 1 })
// @ts-expect-error login takes nothing
sh`a`.login('app')
// @ts-expect-error an unknown option of as
sh`a`.as('app', { groups: 'www' })
// @ts-expect-error a group that is a number
sh`a`.as('app', { group: 33 })
// @ts-expect-error stdin belongs to one command, not to the tag
export const tag: Command = sh.stdin('x')`a`
// @ts-expect-error the refinement is called orElse
sh`a`.or(sh`b`)
