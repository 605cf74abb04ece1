import assert from 'node:assert/strict'
import { test } from 'node:test'
import { linksOf } from '../../../../src/cli/init/server/links.ts'
import type { LiveRelease } from '../../../../src/facts/live-release.ts'

const live = (linkedFiles: readonly string[], linkedDirs: readonly string[] = []): LiveRelease => ({
  linkedFiles,
  linkedDirs,
  otherLinks: [],
  dangling: [],
  complete: true,
  ruby: undefined,
  branch: undefined,
  deploys: 1,
  hasFolder: false,
})
const of = (...all: readonly LiveRelease[]) =>
  linksOf(
    all.map((one, i) => ({ host: `h${i + 1}`, live: one })),
    '/srv/app',
  )

test('a file that one server links inside a directory of another one is left out, and named', () => {
  const { linkedFiles, linkedDirs, notes } = of(live(['config/master.key']), live([], ['config']))
  assert.deepEqual([linkedFiles, linkedDirs], [[], ['config']])
  assert.ok(notes.includes('not in the config: "config/master.key" lies in "config", which is linked as a whole'), notes.join('\n'))
})

test('a path that is a file on one server and a directory on another one is in one list', () => {
  const { linkedFiles, linkedDirs, notes } = of(live(['log']), live([], ['log']))
  assert.deepEqual([linkedFiles, linkedDirs], [['log'], []])
  assert.deepEqual(notes, [
    'not in the config: "log" is a directory on one server and a file on another one',
    'log is in linkedFiles, and is not linked on h2',
  ])
})

test('names that look like patterns, and files of shipit, are left out', () => {
  const { linkedFiles, notes } = of(live(['REVISION', 'a', 'b*', '{a,b}', 'c?']))
  assert.deepEqual(linkedFiles, ['a'])
  assert.equal(notes.filter((note) => note.startsWith('not in the config: ')).length, 3)
})

test('names that a person could not type are left out, and their characters shown', () => {
  const { linkedFiles, notes } = of(live(['\u001b[2Kx', 'a\u202eb', 'bytes\ufffd', ' blank', 'plain']))
  assert.deepEqual(linkedFiles, ['plain'])
  assert.deepEqual(notes, ['not in linkedFiles, because of their names: \\x1b[2Kx and  blank and a\\u202eb and bytes\ufffd'])
})
