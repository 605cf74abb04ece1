import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseUpload, uploadCommands, type UploadFact, type UploadQuestion } from '../../src/facts/upload-fact.ts'
import { render } from '../../src/shell/render.ts'
import { program } from '../support/needs.ts'
import { missingShells, shells, tempDir, type Shell } from '../shell/shells.ts'
import { contents, environment, put } from '../transfer/support.ts'

const ask = ([file, ...args]: Shell, env: NodeJS.ProcessEnv, question: UploadQuestion): UploadFact =>
  parseUpload(
    uploadCommands(question).map((command) => {
      const text = `set -e\n${render(command, { secrets: 'mask' }).toString()}`
      const ran = spawnSync(program(file) ?? file, [...args, '-c', text], { encoding: 'utf8', env, input: '', timeout: 20_000 })
      return { ok: ran.status === 0, code: ran.status ?? -1, stdout: ran.stdout, stderr: ran.stderr }
    }),
  )

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

describe('the fact about an upload', { skip: missingShells() }, () => {
  for (const shell of shells)
    test(`is read without a change, and only files of the same size are summed, in ${shell.join(' ')}`, () => {
      using temp = tempDir()
      const to = join(temp.dir, 'to')
      const env = environment(shell[0], temp.dir)
      put(to, { same: 'same', changed: 'SAME', longer: 'longer than it', "it's \\ odd $x ./y": 'odd', 'extra/deep': '', 'line\nbreak': '' })
      symlinkSync('same', join(to, 'link'))
      symlinkSync('a\nlinks\n>b', join(to, 'broken'))
      execFileSync('mkfifo', [join(to, 'pipe')])
      const files = ['same', 'changed', 'longer', "it's \\ odd $x ./y", 'missing', 'pipe']
      const sizes: Readonly<Record<string, number>> = { "it's \\ odd $x ./y": 3, pipe: 0 }
      const entries = [
        ...files.map((name) => ({ name: `./${name}`, kind: 'file' as const, size: sizes[name] ?? 4 })),
        ...['link', 'broken', 'gone'].map((name) => ({ name: `./${name}`, kind: 'link' as const, size: 0 })),
      ]
      const before = JSON.stringify(Object.keys(contentsBut(to)))
      const fact = ask(shell, env, { to, kind: 'folder', entries, contents: true, list: true, inRelease: false })
      assert.ok(fact.is === 'read', JSON.stringify(fact))
      assert.equal(fact.found.length, 7)
      assert.deepEqual(
        fact.sums.map((line) => line.replace(/^\\/, '').slice(0, 64)),
        [sha256('same'), sha256('SAME'), sha256('odd')],
      )
      assert.deepEqual(fact.links, ['same', 'a', 'b'])
      assert.deepEqual([...fact.listed!.folders].sort(), ['./extra', "./it's \\ odd $x ."])
      assert.deepEqual(
        [...fact.listed!.others].sort(),
        ['./broken', './changed', './extra/deep', "./it's \\ odd $x ./y", './line\nbreak', './link', './longer', './pipe', './same'].sort(),
      )
      assert.equal(JSON.stringify(Object.keys(contentsBut(to))), before)
      const existence = ask(shell, env, { to, kind: 'folder', entries, contents: false, list: false, inRelease: false })
      assert.ok(existence.is === 'read' && existence.sums.length === 0 && existence.found.length === 7)
    })

  for (const shell of shells)
    test(`may be nothing, or refuse the upload, in ${shell.join(' ')}`, () => {
      using temp = tempDir()
      const env = environment(shell[0], temp.dir)
      const question = {
        kind: 'folder',
        entries: [{ name: './a', kind: 'file', size: 1 }],
        contents: true,
        list: true,
        inRelease: false,
      } as const
      const nothing = ask(shell, env, { ...question, to: join(temp.dir, 'none/at/all') })
      assert.deepEqual(nothing, { is: 'read', found: [], sums: [], links: [], listed: { folders: [], others: [] } })
      put(temp.dir, { file: '', 'app/.shipit/lock': '', 'app/shared/x': '' })
      symlinkSync('app', join(temp.dir, 'link'))
      mkdirSync(join(temp.dir, 'folder'))
      for (const [more, message] of [
        [{ to: join(temp.dir, 'file') }, /file is not a directory$/],
        [{ to: join(temp.dir, 'folder'), kind: 'file', list: false }, /folder is a directory$/],
        [{ to: join(temp.dir, 'link'), inRelease: true, list: false }, /link is a link, and upload\(\) puts files there$/],
        [{ to: join(temp.dir, 'app/shared') }, /is a part of a deployment of shipit/],
      ] as const) {
        const fact = ask(shell, env, { ...question, ...more })
        assert.ok(fact.is === 'refused' && message.test(fact.message), JSON.stringify(fact))
      }
    })

  test('is not known if a program is missing, so that nothing is taken for new', () => {
    using temp = tempDir()
    put(temp.dir, { 'to/a': 'x', 'bin/x': '' })
    const question = {
      kind: 'folder',
      entries: [{ name: './a', kind: 'file', size: 1 }],
      contents: true,
      list: false,
      inRelease: false,
    } as const
    const fact = ask(['dash'], { PATH: join(temp.dir, 'bin') }, { ...question, to: join(temp.dir, 'to') })
    assert.equal(fact.is, 'unread')
  })
})

/** The same, without what cannot be read. */
const contentsBut = (folder: string): Record<string, string> => {
  execFileSync('mv', [join(folder, 'pipe'), join(folder, '../pipe')])
  const all = contents(folder)
  execFileSync('mv', [join(folder, '../pipe'), join(folder, 'pipe')])
  return all
}
