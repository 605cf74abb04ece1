import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messagesOf } from './messages.ts'
import { sources } from './source.ts'

/** Words that no text shown by shipit may contain, and what to write instead. */
const REFUSED: readonly { readonly words: RegExp; readonly write: string }[] = [
  { words: /(?<!\bthere )\b(?:is|are|be|was|were) none\b/, write: 'is not a …, has no …' },
  { words: /(?<!\bthere )\b(?:is|are) no (?!longer\b)\w/, write: 'is not a …, has no …' },
  { words: /\b(?:said|tells?|told)\b/i, write: 'prints, reports, asks, is sent' },
  { words: /\bso many\b/, write: 'the number' },
  { words: /\b(?:nobody|somebody|whoever|a person|shall)\b/, write: 'you, or the program, host or account that acts' },
  { words: /^(?:what|who|whose|whatever)\b(?!.*\?)/, write: 'a noun or a verb first' },
  { words: /[^.…]\.$/, write: 'no full stop at the end' },
]

const refusal = (text: string): string | undefined => REFUSED.find(({ words }) => words.test(text))?.write

test('errors, hints, remedies and titles read as a native speaker writes', () => {
  const found = sources('src/**/*.ts', 'recipes/**/*.ts').flatMap((source) =>
    messagesOf(source).flatMap(({ line, text }) => {
      const write = refusal(text)
      return write === undefined ? [] : [`${source.file}:${line}: ${text} → ${write}`]
    }),
  )
  assert.deepEqual(found, [])
})

test('descriptions of tasks begin with a capital letter, and have at most 90 characters', () => {
  const found = sources('src/tasks/**/*.ts', 'recipes/**/*.ts').flatMap((source) =>
    messagesOf(source, ['description']).flatMap(({ line, text }) =>
      // a word alone is data, such as the name of a file
      /^\S*$|^[A-Z$]/.test(text) && text.length <= 90 ? [] : [`${source.file}:${line}: ${text}`],
    ),
  )
  assert.deepEqual(found, [])
})

test('messagesOf() finds texts of errors, steps and findings, with what is filled in', () => {
  const text = [
    'throw usageError(`unknown stage "${name}"`, { hint: one ? \'the only stage is a\' : list(names) })',
    "steps: () => [fail('no unit'), sh`echo ${'not shown'}`.title('look')]",
    "const finding = { level: 'error', message: `${unit} is down` }",
  ].join('\n')
  assert.deepEqual(
    messagesOf({ text }).map((one) => `${one.line} ${one.text}`),
    ['1 unknown stage "${…}"', '1 the only stage is a', '2 no unit', '2 look', '3 ${…} is down'],
  )
})
