import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { missingShells, shells } from '../shell/shells.ts'
import { readLayout } from './support.ts'

const A = 'a'.repeat(40)
const B = 'b'.repeat(64)
const names = ['20260101000001', '20260101000002', '20260101000003', '20260101000004', '20260101000005'] as const

/** A deploy whose releases have these texts in REVISION, none for undefined; the last one is live. */
const withRevisions = (texts: readonly (string | undefined)[], examine: (root: string) => void): void => {
  const root = mkdtempSync(join(tmpdir(), 'shipit-revisions-'))
  try {
    mkdirSync(join(root, '.shipit/releases'), { recursive: true })
    texts.forEach((text, i) => {
      mkdirSync(join(root, 'releases', names[i]!), { recursive: true })
      if (text !== undefined) writeFileSync(join(root, 'releases', names[i]!, 'REVISION'), text)
    })
    symlinkSync(join(root, 'releases', names[texts.length - 1]!), join(root, 'current'))
    examine(root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

for (const shell of shells) {
  test(`${shell.join(' ')} reads a REVISION up to its length, however large the file is`, { skip: missingShells() }, () => {
    withRevisions([`${A}\n`, '', `${A}`, undefined, `${B}\n`], (root) => {
      // 200 GB, of which a file system stores nothing
      truncateSync(join(root, 'releases', names[1], 'REVISION'), 200 * 1024 ** 3)
      const { releases, revision } = readLayout(shell, root)
      assert.deepEqual(
        releases.map((one) => one.revision),
        [A, undefined, A, undefined, B],
      )
      assert.equal(revision, B)
    })
    withRevisions(['a'.repeat(8 * 1024 * 1024)], (root) => {
      const { releases, revision } = readLayout(shell, root)
      assert.deepEqual([releases[0]?.revision, revision], [undefined, undefined])
    })
  })

  test(`${shell.join(' ')} takes no REVISION for the text of another file`, { skip: missingShells() }, () => {
    const forged = [
      'none\n',
      `\nrecords\n==> x/${names[3]} <==\ngood\n`,
      `==> x/${names[3]}/REVISION <==\n${A}`,
      `${'f'.repeat(40)}\n`,
      `==> current/REVISION <==\n${A}`,
    ]
    withRevisions(forged, (root) => {
      writeFileSync(join(root, '.shipit/releases', names[2]), `bad\n==> /dev/null <==\n`)
      const { releases, revision } = readLayout(shell, root)
      assert.deepEqual(
        releases.map((one) => [one.state, one.revision, one.emptied]),
        [
          ['unknown', undefined, undefined],
          ['unknown', undefined, undefined],
          ['bad', undefined, undefined],
          ['unknown', 'f'.repeat(40), undefined],
          ['unknown', undefined, undefined],
        ],
      )
      assert.equal(revision, undefined)
    })
  })

  test(`${shell.join(' ')} reads no REVISION that is not a file, and one behind a link`, { skip: missingShells() }, () => {
    withRevisions([undefined, undefined, undefined], (root) => {
      // nothing ever comes out of it
      execFileSync('sh', ['-c', 'mkfifo "$1"', 'sh', join(root, 'releases', names[0], 'REVISION')])
      mkdirSync(join(root, 'releases', names[1], 'REVISION'))
      writeFileSync(join(root, 'elsewhere'), `${A}\n`)
      symlinkSync(join(root, 'elsewhere'), join(root, 'releases', names[2], 'REVISION'))
      const { releases, revision } = readLayout(shell, root)
      assert.deepEqual([...releases.map((one) => one.revision), revision], [undefined, undefined, A, A])
    })
  })
}
