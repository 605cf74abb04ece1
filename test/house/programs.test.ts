import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { needs, program } from '../support/needs.ts'
import { root, sources } from './source.ts'

const files = globSync('{src,recipes}/**/*.{rb,sh}', { cwd: root }).sort()

describe('programs in other languages', () => {
  for (const [ending, checkers] of [
    ['.rb', [['ruby', '-wc']]],
    ['.sh', ['dash', 'bash', 'busybox'].map((shell) => [shell, ...(shell === 'busybox' ? ['sh'] : []), '-n'])],
  ] as const)
    for (const [name, ...args] of checkers)
      test(`${ending} files have no mistake for ${name}`, { skip: needs(name!) }, () => {
        const all = files.filter((file) => file.endsWith(ending))
        assert.ok(all.length > 0)
        for (const file of all) {
          const { status, stderr } = spawnSync(program(name!)!, [...args, join(root, file)], { encoding: 'utf8' })
          assert.deepEqual({ file, status, stderr }, { file, status: 0, stderr: '' })
        }
      })

  test('are ASCII, so that a host reads them in any locale', () => {
    for (const file of files) assert.match(readFileSync(join(root, file), 'utf8'), /^[\n -~]+$/, file)
  })

  test('are read by a neighbour in the words that the build replaces by their text', () => {
    const code = sources('src/**/*.ts', 'recipes/**/*.ts')
    for (const file of files) {
      const reading = `readFileSync(new URL('./${basename(file)}', import.meta.url), 'utf8')`
      assert.ok(
        code.some((one) => dirname(one.file) === dirname(file) && one.text.includes(reading)),
        file,
      )
    }
  })
})
