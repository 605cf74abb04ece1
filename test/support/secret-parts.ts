import assert from 'node:assert/strict'
import { secret } from '../../src/index.ts'

/** Secrets with odd characters, a tab, runs of blanks, and letters and digits alone. No text of shipit contains parts of them. */
export const SECRETS = ['p@5s w0rd!Kq9', 'tab8x\tqek7it-vx1ue', 'k0rrekj  q0rzX  b4tt3ry', 'Zq8vLw2xKp5nRt7y'] as const
for (const value of SECRETS) secret(value)

/** A secret as it is, in a URL, in hex and in base64. */
export const WRITTEN: readonly string[] = SECRETS.flatMap((value) => [
  value,
  encodeURIComponent(value),
  Buffer.from(value).toString('hex'),
  Buffer.from(value).toString('base64'),
])

/** Parts of more than three characters of a secret, with its own blanks or single ones. */
const PARTS = new Set(
  SECRETS.flatMap((value) =>
    [value, value.replaceAll(/\s+/g, ' ')].flatMap((text) => [
      ...runs(text, 4),
      ...runs(encodeURIComponent(text), 10),
      ...runs(Buffer.from(text).toString('hex'), 8),
      ...runs(Buffer.from(text).toString('base64'), 6),
    ]),
  ),
)

function runs(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, i) => text.slice(i, i + length))
}

/** Fails if a text shows a part of one of {@link SECRETS}. */
export const showsNoSecret = (shown: string, where: string): void => {
  for (const part of PARTS)
    if (shown.includes(part)) {
      const at = shown.indexOf(part)
      assert.fail(`${where} shows ${JSON.stringify(part)}: ${JSON.stringify(shown.slice(Math.max(0, at - 60), at + 60))}`)
    }
}
