import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { readBashLine } from '../../../src/cli/completion/bash-line.ts'

const BREAKS = ' \t\n"\'@><=;|&(:'
const read = (line: string) => readBashLine(BREAKS, line)

test('a line of bash is read into words without quotes, the last one up to the cursor', () => {
  const lines: readonly [string, readonly string[]][] = [
    ['shipit ', ['']],
    ['shipit pro', ['pro']],
    ['shipit  production\tdb:pull --hosts=a1,', ['production', 'db:pull', '--hosts=a1,']],
    [`shipit 'a b' "c \\" d" e\\ f`, ['a b', 'c " d', 'e f']],
    [`shipit "a\\b`, ['a\\b']],
    [`shipit '' x`, ['', 'x']],
    [`shipit '$HOME \`x`, ['$HOME `x']],
  ]
  for (const [line, words] of lines) assert.deepEqual(read(line)?.words, words, line)
})

test('a line of bash that only an evaluation could tell is not read', () => {
  for (const line of ['shipit $HO', 'shipit "$(x) ', 'shipit `x', 'shipit ~/x', 'shipit production > ', 'shipit a; shipit b'])
    assert.equal(read(line), undefined, line)
})

test('a word takes the place of what readline replaces, quoted as it is there, and bash reads the line as that word', () => {
  const word = 'od d:$(touch x)`touch y`\'"\\!#~é=@{a,b}*?[c]1'
  for (const typed of ['', 'od', 'od\\ ', 'od\\ d:', "'od d", "'od d:", '"od d', 'od" d', "od' d'", 'od" d:"', '"od d:$', "'od d:$(tou"]) {
    const line = read(`shipit ${typed}`)
    if (typed === '"od d:$') {
      assert.equal(line, undefined)
      continue
    }
    const inserted = line?.insert(word)
    assert.ok(inserted !== undefined, typed)
    // the part that readline keeps
    const open = /^[^"']*(["'])[^"']*$/.exec(typed)?.[1]
    const kept = open ? typed.slice(0, typed.lastIndexOf(open) + 1) : /^(?:.*[:"'])?/s.exec(typed)![0]
    const { stdout } = spawnSync('bash', ['-c', `printf %s ${kept}${inserted}${open ?? ''}`], {
      encoding: 'utf8',
      env: { LC_ALL: 'C.UTF-8' },
    })
    assert.equal(stdout, word, `${kept}${inserted}`)
  }
})
