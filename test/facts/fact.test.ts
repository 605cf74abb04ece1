import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fact, factCommands, factValues, mergeFacts, type FactTree } from '../../src/facts/fact.ts'
import type { ProbeResult } from '../../src/facts/types.ts'
import { sh } from '../../src/shell/sh.ts'
import { textOf } from '../support/context.ts'

const said = (stdout: string, code = 0): ProbeResult => ({ ok: code === 0, code, stdout, stderr: '' })
const lines = ({ stdout }: ProbeResult) => stdout.split('\n')

const tree: FactTree = {
  plain: sh`uptime`,
  none: undefined,
  off: false,
  jobs: fact(sh`bin/jobs`, ({ ok, stdout }) => (ok ? Number(stdout) : undefined)),
  units: ['a', 'b'].map((name) => fact(sh`systemctl is-active ${name}`, ({ ok }) => ({ name, runs: ok }))),
  web: { owner: fact(sh`id`, lines), deep: { one: sh`true` } },
}

test('factCommands() returns the commands of a tree in order, lists and objects included', () => {
  assert.deepEqual(factCommands(tree).map(textOf), ['uptime', 'bin/jobs', 'systemctl is-active a', 'systemctl is-active b', 'id', 'true'])
})

test('factValues() parses each answer with its own parser', () => {
  const answers = [said('up'), said('7'), said('active'), said('inactive', 3), said('x\ny'), said('')]
  assert.deepEqual(factValues(tree, answers), {
    plain: said('up'),
    none: undefined,
    off: undefined,
    jobs: 7,
    units: [
      { name: 'a', runs: true },
      { name: 'b', runs: false },
    ],
    web: { owner: ['x', 'y'], deep: { one: said('') } },
  })
})

test('a parser gets a failed answer too, and may return undefined', () => {
  const { jobs } = factValues({ jobs: tree['jobs']! }, [said('', 127)])
  assert.equal(jobs, undefined)
})

test("a fact's command counts as read-only", () => {
  assert.ok(fact(sh`uptime`, lines).command.spec.probe)
})

test('mergeFacts() merges objects, and otherwise the second tree wins', () => {
  const one = sh`one`
  const two = fact(sh`two`, lines)
  const merged = mergeFacts({ a: one, web: { units: one, list: [one] } }, { b: two, web: { units: two, list: [two] }, c: undefined })
  assert.deepEqual(merged, { a: one, b: two, c: undefined, web: { units: two, list: [two] } })
  assert.deepEqual(mergeFacts({ a: { b: one } }, { a: one }), { a: one })
})

for (const [title, wrong, message] of [
  ['text', { web: { one: 'uptime' } }, /web\.one is not a command/],
  ['a promise', Promise.resolve({}), /must return an object/],
  ['a number in a list', { all: [sh`a`, 3] }, /all\.1 is not a command/],
  ['a function', { one: () => sh`a` }, /one is not a command/],
] as const)
  test(`a tree with ${title} in it is refused with its name and what to write`, () => {
    assert.throws(() => factCommands(wrong), message)
    assert.throws(() => mergeFacts({}, wrong as never), message)
  })

test('fact() refuses anything but a command and a function', () => {
  assert.throws(() => fact('uptime' as never, lines), /fact\(\) takes a command and a function/)
})
