import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutLogs, linesSince, mergeLines, type LogLine } from '../../../src/output/logs/merge.ts'

/** `a1` is the first line of the log `a`; a number is its time. */
const lines = (...given: readonly (readonly [text: string, time?: number])[]): LogLine[] =>
  given.map(([text, time]) => ({ host: 'h', source: text[0]!, text, time }))
const texts = (all: readonly LogLine[]): string => all.map(({ text }) => text).join(' ')

test('lines of several logs are merged by time, and those of one keep their order', () => {
  assert.equal(texts(mergeLines(lines(['a1', 1], ['a2', 4], ['b1', 2], ['b2', 3]))), 'a1 b1 b2 a2')
  assert.equal(texts(mergeLines(lines(['a1', 5], ['a2', 4], ['b1', 4], ['b2', 6]))), 'b1 a1 a2 b2')
  assert.equal(texts(mergeLines(lines(['a1', 1], ['b1', 1]))), 'a1 b1')
})

test('a line without a time stays below the one above it, and the first ones above the one below', () => {
  assert.equal(texts(mergeLines(lines(['a1'], ['a2', 3], ['a3'], ['a4', 9], ['b1', 4], ['b2', 2]))), 'a1 a2 a3 b1 b2 a4')
  assert.equal(texts(mergeLines(lines(['a1', 1], ['b1'], ['b2']))), 'b1 b2 a1')
})

test('linesSince drops older lines with what belongs to them, and keeps a log without times', () => {
  assert.equal(texts(linesSince(lines(['a1'], ['a2', 1], ['a3'], ['a4', 5], ['a5'], ['b1'], ['b2']), 5)), 'a4 a5 b1 b2')
})

test('cutLogs names the logs of which older lines may be missing', () => {
  assert.equal(texts(cutLogs(lines(['a1', 5], ['a2', 6], ['b1', 1], ['b2', 6], ['c1', 7], ['d1'], ['d2']), 5, 2)), 'a1')
})
