import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { render } from '../../src/shell/render.ts'
import { resolveFunction } from '../../src/tasks/deploy/git/submodules.ts'
import { missingShells, shells } from '../shell/shells.ts'

const BASES = [
  'git@example.com:group/shop.git',
  'example.com:a/b/c',
  'https://example.com/group/shop.git',
  'ssh://git@example.com:2222/srv/git/shop.git',
  '/srv/git/shop/',
  'file:///srv/git/shop',
]
const TAILS = ['lib.git', 'group two/ü/']
const HEADS = ['./', '../', '../../', './../', '../.././', 'git@other:']

/** The addresses as git resolves them, with one `git submodule init` a base. */
const byGit = (dir: string, base: string, urls: readonly string[]): readonly (string | undefined)[] => {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  git('init', '-q', '.')
  git('config', 'remote.origin.url', base)
  execFileSync('git', ['update-index', '--index-info'], {
    cwd: dir,
    input: urls.map((_, i) => `160000 ${'1'.repeat(40)}\tm${i}\n`).join(''),
  })
  const made = urls.map((url, i) => {
    writeFileSync(join(dir, '.gitmodules'), `[submodule "m${i}"]\n\tpath = m${i}\n\turl = ${url}\n`)
    return spawnSync('git', ['submodule', '--quiet', 'init', `m${i}`], { cwd: dir }).status === 0
  })
  const config = git('config', '--list')
  return made.map((good, i) => (good ? new RegExp(`^submodule\\.m${i}\\.url=(.*)$`, 'm').exec(config)?.[1] : undefined))
}

test("a submodule's relative address resolves as in git, in every shell", { skip: missingShells() }, (t) => {
  const urls = HEADS.flatMap((head) => TAILS.map((tail) => `${head}${tail}`))
  let compared = 0
  for (const base of BASES) {
    const dir = mkdtempSync(join(tmpdir(), 'shipit-urls-'))
    t.after(() => rmSync(dir, { recursive: true, force: true }))
    const expected = byGit(dir, base, urls)
    const calls = urls.map((url) => `resolve '${base}' '${url}' 2>/dev/null || echo above`).join('\n')
    const script = `set -e\n${render(resolveFunction(), { secrets: 'reveal' }).toString()}\n${calls}\n`
    for (const [shell, ...words] of shells) {
      const ran = spawnSync(shell, words, { input: script, encoding: 'utf8' })
      assert.equal(ran.status, 0, ran.stderr)
      const found = ran.stdout.split('\n')
      urls.forEach((url, i) => {
        if (expected[i] === undefined) return
        compared++
        // git makes `.:lib` of it, which is not an address
        assert.equal(found[i], expected[i].startsWith('.') ? 'above' : expected[i], `${shell}: ${base} and ${url}`)
      })
    }
  }
  assert.ok(compared > 60 * shells.length, String(compared))
})
