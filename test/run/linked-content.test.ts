import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diffKeys, diffLines } from '../../src/run/linked-content.ts'

test('the keys of environment files are compared, with values in quotes and export, and no value is shown', async () => {
  const there = 'A=1\nexport B="one\ntwo"\n# C=9\nGONE=x\n'
  const here = "B='one\ntwo'\nA=2\nNEW=\n"
  assert.deepEqual(await diffKeys('.env.production', there, here), { onlyThere: ['GONE'], onlyHere: ['NEW'], changed: ['A'] })
})

test('a part of a key over several lines is never taken for a name: with quotes it is a value, without them nothing is compared', async () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvAIBADAN\nZm9vYmFy==\n-----END PRIVATE KEY-----'
  const here = (quote: string): string => `A="x" # it's\nKEY=${quote}${key}${quote}\nN='b\nc=='\n`
  for (const quote of ['"', "'", '`'])
    assert.deepEqual(await diffKeys('.env', 'A="x"\n', here(quote)), { onlyThere: [], onlyHere: ['KEY', 'N'], changed: [] })
  for (const text of [here(''), `A="x\nKEY=${key}`, 'A="x"\nKEY=MIIEvAIBADAN\nZm9vYmFy=='])
    assert.equal(await diffKeys('.env', 'A="x"\n', text), undefined)
})

test('the keys of YAML and JSON are compared by their paths', async () => {
  assert.deepEqual(await diffKeys('config/database.yml', 'p:\n  user: a\n  host: [x]\n', 'p:\n  user: b\n  port: 1\n'), {
    onlyThere: ['p.host.0'],
    onlyHere: ['p.port'],
    changed: ['p.user'],
  })
  assert.deepEqual(await diffKeys('a.json', '{"a":{}}', '{"a":{"b":null}}'), { onlyThere: ['a'], onlyHere: ['a.b'], changed: [] })
})

test('keys are compared neither in a file of another kind, nor in one with a mistake', async () => {
  for (const [name, text] of [
    ['config/master.key', 'A=1'],
    ['.env', 'just a line of text'],
    ['.env', 'A="one"\nKEY=-----BEGIN-----\nMIIabc\nsecret==\n-----END-----\n'],
    ['.env', 'A={\n  "token": "x"\n}\nsecret=='],
    ['a.yml', 'a: [1'],
    ['a.yml', 'only a text'],
    ['a.json', '{'],
  ] as const)
    assert.equal(await diffKeys(name, text, text), undefined, name)
})

test('lines are compared, and those far from a change are left out', () => {
  const many = Array.from({ length: 20 }, (_, i) => `${i}`)
  assert.deepEqual(diffLines(many.join('\n'), many.with(10, 'x').join('\n')), ['…', ' 8', ' 9', '-10', '+x', ' 11', ' 12', '…'])
  assert.deepEqual(diffLines('a\nb\nc', 'a\nc\nd'), [' a', '-b', ' c', '+d'])
  assert.deepEqual(diffLines('', 'a'), ['-', '+a'])
  assert.equal(diffLines('a\0', 'b'), undefined)
})

test('for any two texts, the lines that stay and go are the one, and those that stay and come the other', () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % below
  for (let n = 0; n < 200; n++) {
    const make = (): string[] => Array.from({ length: 1 + random(4) }, () => 'ab'[random(2)]!)
    const [a, b] = [make(), make()]
    const lines = diffLines(a.join('\n'), b.join('\n'))!
    if (a.join() === b.join()) continue
    const side = (mark: string): string[] => lines.filter((line) => line !== '…' && !line.startsWith(mark)).map((line) => line.slice(1))
    if (lines.includes('…')) continue
    assert.deepEqual([side('+'), side('-')], [a, b])
  }
})
