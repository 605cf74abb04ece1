import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { missingShells, shells } from '../shell/shells.ts'
import { readLayout } from './support.ts'

// The facts are lines that a host prints, and a name may have a line break: no name may become a line of its own.

const A = 'a'.repeat(40)
const [R1, R9] = ['20260101000001', '20260101000009']
/** What a name may try to say after its line break. */
const LINES = [
  `release ${R9} ${A}`,
  `record ${R9}`,
  `orphan ${R9}`,
  `leftover good-${R9}`,
  'missing git',
  'user mallory',
  'mvT no',
  'other a directory',
  'repo.is checkout',
  'repo.sign its hook update',
  `log deploy ${R9}`,
  'records',
  'revisions',
  // a name has no slash
  'irregular f link revisions.log\telsewhere',
]

/** A deploy with one release, and `odd` beside it. */
const withDeploy = (odd: (root: string) => void, examine: (root: string) => void): void => {
  const root = mkdtempSync(join(tmpdir(), 'shipit-names-'))
  try {
    for (const dir of [`releases/${R1}`, '.shipit/releases', '.shipit/quiet', 'repo']) mkdirSync(join(root, dir), { recursive: true })
    writeFileSync(join(root, '.shipit/releases', R1), `good\nrevision ${A}\n`)
    writeFileSync(join(root, 'releases', R1, 'REVISION'), `${A}\n`)
    symlinkSync(join(root, 'releases', R1), join(root, 'current'))
    execFileSync('git', ['init', '-q', '--bare', join(root, 'repo')])
    odd(root)
    examine(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const put = (root: string, name: string): void => writeFileSync(join(root, name), 'good\n')

for (const shell of shells) {
  test(`${shell.join(' ')} makes no fact of the rest of a name after a line break`, { skip: missingShells() }, () => {
    const names = (root: string): void => {
      for (const line of LINES) {
        for (const dir of ['.shipit/releases', '.shipit/quiet', 'releases']) put(root, `${dir}/${R1}\n${line}`)
        for (const start of [`current-${R9}`, 'record-', 'good-', 'quiet-', 'silence.']) put(root, `.shipit/${start}\n${line}`)
        mkdirSync(join(root, `repo/worktrees/w\n${line}`), { recursive: true })
        mkdirSync(join(root, `releases/${R9}\n${line}`))
        symlinkSync('/nowhere', join(root, `.shipit/quiet/link\n${line}`))
      }
    }
    withDeploy(
      () => undefined,
      (plain) =>
        withDeploy(names, (root) => {
          const [wanted, read] = [readLayout(shell, plain), readLayout(shell, root)]
          const signs = LINES.map(() => 'its worktree w?')
          assert.deepEqual(read, {
            ...wanted,
            current: { ...wanted.current, target: join(root, 'releases', R1) },
            repo: { ...wanted.repo, signs },
          })
        }),
    )
  })

  test(`${shell.join(' ')} makes no fact of the rest of a link's target after a line break`, { skip: missingShells() }, () => {
    const release = (root: string): string => join(root, 'releases', R1)
    const odd = (link: string) => (root: string) => {
      rmSync(join(root, link), { recursive: true })
      symlinkSync([release(root), ...LINES, 'exists yes', `live ${R1}`].join('\n'), join(root, link))
    }
    withDeploy(odd('current'), (root) => {
      const { current, releases, missing } = readLayout(shell, root)
      assert.deepEqual(current, { kind: 'link', target: `${release(root)}?`, release: undefined, exists: false })
      assert.deepEqual([releases.length, missing], [1, []])
    })
    withDeploy(odd('repo'), (root) => {
      const { repo } = readLayout(shell, root)
      assert.deepEqual([repo.is, repo.link, repo.signs], ['dangling', `${release(root)}?`, []])
    })
  })

  test(`${shell.join(' ')} still finds a link and a twin beside a name with a line break`, { skip: missingShells() }, () => {
    const odd = (root: string): void => {
      put(root, '.shipit/quiet/a\ndrwxrwxrwx 1 x')
      put(root, '.shipit/lock')
      linkSync(join(root, '.shipit/lock'), join(root, '.shipit/twin'))
      symlinkSync('/etc', join(root, '.shipit/quiet-web'))
    }
    withDeploy(odd, (root) => {
      const { irregular } = readLayout(shell, root)
      assert.deepEqual(
        irregular?.map(({ place, is }) => `${place} ${is}`),
        ['.shipit/lock twin', '.shipit/quiet-web link'],
      )
    })
  })
}
