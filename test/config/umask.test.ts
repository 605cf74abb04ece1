import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, shown, stageOf } from './support.ts'

const config = (umask: string) =>
  `export default { application: 'shop',\n  umask: ${umask},\n  stages: { production: { servers: ['a1'] } } }\n`

test('umask is text, and the command line overrides it', async (t) => {
  assert.equal((await stageOf(t, config(`'0027'`))).umask, '0027')
  assert.equal((await stageOf(t, config(`'0027'`), { set: ['umask=0002'] })).umask, '0002')
  assert.equal((await stageOf(t, config('undefined'))).umask, undefined)
})

for (const [given, message] of [
  ['0o027', /umask: is octal digits in quotes: write '0027' for 0o27, or '0023' for 23/],
  [`'27'`, /umask: is three or four octal digits in quotes, such as '0027', not "27"/],
  [`'0777'`, /umask: "0777" takes rights from the account that deploys/],
] as const)
  test(`umask: ${given} is an error with its line`, async (t) => {
    const text = shown(await refusal(stageOf(t, config(given))))
    assert.match(text, message)
    assert.match(text, /deploy\.config\.ts:2/)
  })

test('umask: 0027 in YAML is an error that says to put it in quotes', async (t) => {
  const text = 'application: shop\numask: 0027\nstages: { production: { servers: [a1] } }\n'
  assert.match(shown(await refusal(stageOf(t, text, { file: 'deploy.config.yml' }))), /put it in quotes, "0027"/)
})
