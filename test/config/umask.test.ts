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

test('umask: 0027 in YAML is an error that says what to write, which is then right', async (t) => {
  const of = (umask: string) =>
    stageOf(t, `application: shop\numask: ${umask}\nstages: { production: { servers: [a1] } }\n`, { file: 'deploy.config.yml' })
  for (const [typed, read, right] of [
    ['0027', '27', '"0027"'],
    ['027', '27', '"027"'],
    ['0o27', '23', '"0027"'],
    ['0o027', '23', '"0027"'],
    ['00', '0', '"0000"'],
  ] as const) {
    const message = `${typed} is read as ${read}: put it in quotes, ${right}`
    assert.equal(shown(await refusal(of(typed))), `${message}\nat deploy.config.yml:2:8`)
    assert.equal((await of(right)).umask, JSON.parse(right))
  }
})
