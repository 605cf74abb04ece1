import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { secret } from '../../src/values/secret.ts'
import { sh } from '../../src/shell/sh.ts'
import type { Command, Sh } from '../../src/shell/types.ts'
import { ends, missingShells, noSudo, run, shells } from './shells.ts'

test('all shells are installed', { skip: missingShells() }, () => {})

const NASTY = [
  '',
  ' ',
  'a b',
  "it's",
  '"',
  '$HOME',
  '$(id)',
  '`id`',
  '\\',
  '\\n',
  '\n',
  'a\n',
  '\n\nb\n\n',
  '\t',
  '-n',
  '--',
  '-',
  '*',
  '?',
  '[a]',
  '~',
  '~root',
  '~/x',
  '#',
  '!',
  '!!',
  ';',
  '&',
  '|',
  '<',
  '>',
  '(',
  ')',
  '{a,b}',
  '=',
  'A=b',
  'if',
  'done',
  '%1',
  'é',
  '日本',
  "'",
  "''",
  "'\\''",
  '\r',
  '\x1b[1m',
  '\x7f',
  '$',
  '${',
  'SHIPIT',
  ') </dev/null',
  'EOF\nSHIPIT\n',
]

const bytes = fc.uint8Array({ maxLength: 40, min: 1 })
const text = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: fc.constantFrom(...` '"\\$\`\n;&|<>(){}[]*?~#!=%-aA1,.`), maxLength: 20 }),
  fc.string({ maxLength: 10 }).map((s) => s.replaceAll('\0', '').toWellFormed()),
)
const words = fc.array(fc.oneof(text, bytes), { minLength: 1, maxLength: 12 })

const asBuffer = (word: string | Uint8Array): Buffer => Buffer.from(word as string)

/** The arguments as printf prints them, each with a NUL at its end. */
const expected = (list: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(list.flatMap((word) => [asBuffer(word), Buffer.from([0])]))

const arrives = async (tag: Sh, runs: number): Promise<void> => {
  for (const shell of shells) {
    await fc.assert(
      fc.asyncProperty(words, async (list) => {
        const [first, ...rest] = list
        const commands: Command[] = [
          tag`printf '%s\0' ${first!} ${rest} end`,
          tag`f() { printf '%s\0' "$@"; }; f ${list} end; ${'f'} ${list} end`,
          tag`x=$(printf '%s.' ${list}); printf '%s\0' "$x" "$(printf '%s.' ${list})"`,
          tag`printf '%s\0' pre-${first!}-post${first!}${first!} --x=${first!}`,
          tag`printenv -0 X; printf '%s\0' "$Y"`.env({ X: 'plain', Y: typeof first === 'string' ? first : '' }),
        ]
        const ran = await run(shell, commands)
        assert.deepEqual(
          ends(ran),
          commands.map(() => 'end 0'),
          ran.stderr.map(String).join(),
        )
        const all = expected([...list, 'end'])
        const joined = Buffer.concat([...list.flatMap((word) => [asBuffer(word), Buffer.from('.')]), Buffer.from([0])])
        const one = asBuffer(first!)
        assert.deepEqual(ran.stdout[0], all)
        assert.deepEqual(ran.stdout[1], Buffer.concat([all, all]))
        assert.deepEqual(ran.stdout[2], Buffer.concat([joined, joined]))
        assert.deepEqual(
          ran.stdout[3],
          Buffer.concat([Buffer.from('pre-'), one, Buffer.from('-post'), one, one, Buffer.from('\0--x='), one, Buffer.from([0])]),
        )
        assert.deepEqual(ran.stdout[4], expected(['X=plain', typeof first === 'string' ? first : '']).subarray(2))
      }),
      { numRuns: runs, examples: NASTY.map((word) => [[word, ...NASTY.slice(0, 3)]] as [(string | Uint8Array)[]]) },
    )
  }
}

test('every argument arrives byte for byte', { timeout: 300_000 }, () => arrives(sh, 60))

test('every argument arrives byte for byte as another user', { timeout: 300_000, skip: noSudo() }, () => arrives(sh.as('nobody'), 5))

for (const [name, tag, skip] of [
  ['', sh, false],
  [' as another user', sh.as('nobody'), noSudo()],
] as const) {
  test(`an argument of 100 kB arrives${name}`, { timeout: 120_000, skip }, async () => {
    const big = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i % 255) + 1))
    for (const shell of shells) {
      const ran = await run(shell, [tag`printf %s ${big}`, tag`sh -c 'printf %s "$1"' x ${big}`])
      assert.deepEqual(ends(ran), ['end 0', 'end 0'])
      assert.ok(ran.stdout[0]!.equals(big) && ran.stdout[1]!.equals(big))
    }
  })
}

test('sudo passes arguments unchanged', { timeout: 120_000, skip: noSudo() }, async () => {
  const list = NASTY.filter((word) => word !== 'SHIPIT')
  const ran = await run(shells[0]!, [sh`printf ${'%s\\0'} ${list}`.sudo()])
  assert.deepEqual(ran.stdout[0], expected(list))
})

test('a secret arrives as an argument and in the environment', async () => {
  const ran = await run(shells[0]!, [sh`printf '%s %s' ${secret("pass'word $x")} "$S"`.env({ S: secret('other $(id)') })])
  assert.equal(String(ran.stdout[0]), "pass'word $x other $(id)")
})
