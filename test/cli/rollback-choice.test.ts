import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startShop, type Shop } from './support/shop.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('tmux')
const terminal = terminals()
let shop: Shop
const made: string[] = []
before(async () => {
  shop = await startShop(['a', 'b'])
  for (const [file, subject, author] of [
    ['cart', 'Add a cart', 'Grace Hopper'],
    ['till', 'Add a till', 'Alan Turing'],
    ['sign', 'Hang a sign', 'Ada Lovelace'],
  ] as const) {
    shop.commit(file, subject, author)
    await done('deploy')
    made.push(live('a'))
  }
})
after(() => shop?.stop())

const run = (...words: string[]) => shop.place.shipit(['test', ...words], { cwd: 'project' })
const live = (host: string): string => readlinkSync(shop.on(host, 'current')).slice(-14)
const done = async (...words: string[]): Promise<void> => {
  const ran = await run(...words)
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
}
const open = (name: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
  terminal(name, shop.place.words('test', 'deploy:rollback', ...words), {
    cwd: `${shop.place.dir}/project`,
    env: { HOME: shop.place.home, USER: 'tester', ...env },
    columns: 110,
  })
/** Goes to these in turn, so that each is good, and the last one live. */
const goTo = async (...names: readonly (string | undefined)[]): Promise<void> => {
  for (const name of names) await done('deploy:rollback', '--release', name!)
}
const QUESTION = /^(?:Which one, |Type 1 to ).*:$/m
const END = /^exit \d+$/m

test(
  'a rollback at a terminal shows the releases with age, commit, author and subject, and Enter goes to the one before',
  { skip },
  async () => {
    const [first, second, third] = made
    const screen = open('enter')
    const asked = await screen.until(QUESTION)
    const lines = asked
      .slice(asked.indexOf('Which release'))
      .replaceAll(/\d+ (s|min) {2,}/g, 'N s  ')
      .replaceAll(/ [0-9a-f]{7} /g, ' COMMIT ')
    assert.equal(
      lines,
      `Which release does the rollback go to? Now ${third} is live.
   -  ${third}  is live
   1  ${second}  N s  COMMIT  Alan Turing   Add a till
   2  ${first}  N s  COMMIT  Grace Hopper  Add a cart
Which one, 1 to 2? [${second}]:`,
    )
    screen.keys('Enter')
    const end = await screen.until(END)
    assert.match(end, new RegExp(`you chose ${second}; without the question: shipit test deploy:rollback --release ${second}`))
    assert.match(end, new RegExp(`on release ${second}[^]*exit 0`))
    assert.deepEqual([live('a'), live('b')], [second, second])
  },
)

test('a number or a name chooses another release; one that is not good is refused, with why not', { skip }, async () => {
  const [first, second, third] = made
  const screen = open('bad')
  const asked = await screen.until(QUESTION)
  assert.match(asked, new RegExp(`^ {3}- {2}${third} {2}tester rolled back from it at .* UTC$`, 'm'))
  assert.match(asked, new RegExp(`^Type 1 to choose it \\[${first}\\]:$`, 'm'))
  for (const [typed, why] of [
    [third!, `${third}: tester rolled back from it at .*`],
    [second!, `${second}: is live`],
    ['3', 'type 1, or the name of a release; Ctrl-C ends the run'],
    ['20200101000000', 'type 1, or the name of a release; Ctrl-C ends the run'],
  ] as const) {
    screen.type(typed)
    screen.keys('Enter')
    await screen.until(new RegExp(`\\]: ${typed}\\n${why}\\nType 1 to choose it \\[${first}\\]:$`))
  }
  screen.type(first!)
  screen.keys('Enter')
  assert.match(await screen.until(END), /exit 0/)
  assert.equal(live('a'), first)
  await goTo(second, third)
  const number = open('number')
  await number.until(QUESTION)
  number.type('2')
  number.keys('Enter')
  assert.match(await number.until(END), /exit 0/)
  assert.deepEqual([live('a'), live('b')], [first, first])
  await goTo(second, third)
})

test('Ctrl-C at the question changes nothing and exits 130; Ctrl-D exits 2', { skip }, async () => {
  const before = readdirSync(shop.on('a', '.shipit')).toSorted()
  const screen = open('ctrl-c')
  await screen.until(QUESTION)
  screen.keys('C-c')
  const end = await screen.until(END)
  assert.match(end, /^✔ connect 2 hosts/m)
  assert.doesNotMatch(end, /✖/)
  assert.match(end, /^⚠ interrupted; nothing was changed \(.*exit 130$/ms)
  const eof = open('ctrl-d')
  await eof.until(QUESTION)
  eof.keys('C-d')
  assert.match(await eof.until(END), /the question was not answered[^]*exit 2/)
  assert.deepEqual([live('a'), live('b')], [made[2], made[2]])
  assert.deepEqual(readdirSync(shop.on('a', '.shipit')).toSorted(), before)
})

test('the lock is free while a rollback asks, and what another run changed meanwhile refuses the answer', { skip }, async () => {
  const [first, second, third] = made
  const screen = open('race')
  await screen.until(QUESTION)
  await done('deploy:rollback', '--release', first!)
  screen.keys('Enter')
  const end = await screen.until(END)
  assert.match(end, new RegExp(`${first} is live now, and ${third} was when you chose ${second}`))
  assert.match(end, /look again, and choose: shipit test deploy:rollback\n[^]*exit 1/)
  assert.deepEqual([live('a'), live('b')], [first, first])
  await goTo(second, third)
})

test('hosts on different releases are asked without a default, and the choice brings them together', { skip }, async () => {
  const [first, second, third] = made
  await done('deploy:rollback', '--release', second!, '--hosts', 'b')
  const screen = open('differ')
  const asked = await screen.until(QUESTION)
  assert.match(asked, new RegExp(`Now a is on ${third}, b is on ${second}\\.`))
  assert.match(asked, new RegExp(`^ {3}- {2}${third} {2}tester rolled back from it at .* on b$`, 'm'))
  assert.match(asked, new RegExp(`^ {3}1 {2}${second} .* Add a till\\n {6}live on b$`, 'm'))
  assert.match(asked, /^Which one, 1 to 2\?:$/m)
  screen.keys('Enter')
  await screen.until(/\?:\ntype a number, 1 to 2, or .*\nWhich one, 1 to 2\?:$/)
  screen.type('1')
  screen.keys('Enter')
  assert.match(await screen.until(END), /exit 0/)
  assert.deepEqual([live('a'), live('b')], [second, second])
  assert.notEqual(first, second)
  await goTo(third)
})

test('a doubtful release is the default if it is the only way back, as it is without the question', { skip }, async (t) => {
  const [first, second, third] = made
  const recordOf = (host: string, name: string | undefined): string => shop.on(host, `.shipit/releases/${name}`)
  for (const host of ['a', 'b'])
    for (const [name, state] of [
      [second, 'doubtful'],
      [first, 'failed'],
    ] as const) {
      const text = readFileSync(recordOf(host, name), 'utf8')
      writeFileSync(recordOf(host, name), text.replace(/^good/, state))
      t.after(() => writeFileSync(recordOf(host, name), text))
    }
  const screen = open('doubtful')
  const asked = await screen.until(QUESTION)
  assert.match(asked, new RegExp(`^ {3}1 {2}${second} .*\\n {6}its run by tester at .* did not end well after the switch$`, 'm'))
  assert.match(asked, new RegExp(`^Type 1 to choose it \\[${second}\\]:$`, 'm'))
  screen.keys('C-c')
  await screen.until(END)
  for (const host of ['a', 'b'])
    writeFileSync(recordOf(host, second), readFileSync(recordOf(host, second), 'utf8').replace(/^doubtful/, 'bad'))
  const none = await open('none').until(END)
  assert.doesNotMatch(none, /Which one|Type 1/)
  assert.match(none, new RegExp(`there is no good release before ${third}[^]*exit 1`))
})

test('--yes, a CI job, --release, a program that reads and a plan are asked nothing', { skip }, async () => {
  const [first, second] = made
  for (const [name, words, env, wanted] of [
    ['yes', ['--yes'], {}, second],
    ['ci', [], { CI: 'true' }, first],
    ['named', ['--release', second!], {}, second],
    ['plan', ['--dry-run'], {}, second],
    ['jsonl', ['-o', 'jsonl'], {}, first],
  ] as const) {
    const end = await open(name, words, env).until(END)
    assert.match(end, /exit 0/)
    assert.doesNotMatch(end, /Which (one|release)/)
    assert.deepEqual([live('a'), live('b')], [wanted, wanted], name)
  }
})

test('a rollback without a terminal is asked nothing, and goes to the newest good release before the live one', async () => {
  const [first, second, third] = made
  await goTo(second, third)
  const ran = await run('deploy:rollback')
  assert.equal(ran.code, 0)
  assert.doesNotMatch(ran.stdout + ran.stderr, /Which (one|release)|you chose/)
  assert.deepEqual([live('a'), live('b')], [second, second])
  assert.notEqual(first, second)
})
