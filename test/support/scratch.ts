import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The free space that the tests need, in bytes; they use about 200 MB. */
const ROOM = 2e9

/**
 * A temporary folder in memory, or undefined if none has room and can run programs. The tests create about a hundred thousand small
 * files, and on a disk they would mostly wait for it.
 */
export const memoryFolder = (parent = '/dev/shm', room = ROOM): string | undefined => {
  let dir: string
  try {
    const { bavail, bsize } = statfsSync(parent)
    if (bavail * bsize < room) return undefined
    dir = mkdtempSync(join(parent, 'shipit-test-'))
  } catch {
    return undefined
  }
  // tests log in as other accounts, too
  chmodSync(dir, 0o755)
  const program = join(dir, 'program')
  writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
  const runs = spawnSync(program).status === 0
  rmSync(runs ? program : dir, { recursive: true })
  return runs ? dir : undefined
}
