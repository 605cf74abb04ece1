import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sources } from './source.ts'

/** Words that no title of a test has, and what to write instead. */
const REFUSED: readonly { readonly words: RegExp; readonly write: string }[] = [
  { words: /^(?:what|whatever|who|whoever|whom|whose|that|where|as)\b/i, write: 'the subject first: "a failed start names the unit"' },
  { words: /(?<!\bthere )\b(?:is|are) no (?!longer\b)\w/, write: 'is not a, has no' },
  { words: /(?<!\bthere )\b(?:is|are|be|was|were|gives?|has|have) none\b/, write: 'is not one, has no' },
  { words: /\bso many\b/, write: 'the number' },
  { words: /\b(?:is|are|was|were) told\b/, write: 'is reported, gets' },
  { words: /\b(?:nobody|somebody) (?!else\b)\w/, write: 'the program, host or account that does not' },
]

const TEXT = String.raw`'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|${'`(?:[^`\\\\]|\\\\.)*`'}`
/** The calls that make a test, and the keys of a table that become titles. */
const TITLE = new RegExp(String.raw`(?<![.\w])(?:(?:test|describe|it|inEvery|title)\(|t\.test\(|(?:what|title):)\s*(${TEXT})`, 'g')
/** `G01, G02: `, `2.3: `, `${shell}: `: what a title may have before its subject. */
const PREFIX = /^(?:G\d+(?:, G\d+)*|[\d.x]+|\$\{[^}]*\}): /

const titlesIn = (text: string): string[] => [...text.matchAll(TITLE)].map(([, title = '']) => title.slice(1, -1))

const refusal = (title: string): string | undefined => REFUSED.find(({ words }) => words.test(title.replace(PREFIX, '')))?.write

test('titles begin with their subject, and have no word of REFUSED', () => {
  const found = sources('test/**/*.ts').flatMap(({ file, text }) =>
    titlesIn(text).flatMap((title) => {
      const write = refusal(title)
      return write === undefined ? [] : [`${file}: ${title} → ${write}`]
    }),
  )
  assert.deepEqual(found, [])
})

test('refusal() finds each of its words, behind a prefix too', () => {
  for (const [subject, rest] of [
    ['what', 'is linked is refused'],
    ['G01, G02: who', 'runs is restarted'],
    ['${name}: that', 'is noticed'],
    ['a folder is', 'no config'],
    ['a task reads it, where it is', 'none'],
    ['a limit lets so', 'many hosts in'],
    ['an error is', 'told once'],
  ])
    assert.ok(refusal(`${subject} ${rest}`) !== undefined, `${subject} ${rest}`)
  for (const fine of [
    'a unit that is no longer in the config is named',
    'a role fails if there is no host, or there is none',
    '`where` narrows a selection',
  ])
    assert.equal(refusal(fine), undefined, fine)
})

test('titlesIn() reads calls and tables, on one line or two', () => {
  const made = ['test', '(\n  "it', "'", 's one", () => {})\n  { what', ": 'two' }, x.title('three')"].join('')
  assert.deepEqual(titlesIn(made), ["it's one", 'two'])
})
