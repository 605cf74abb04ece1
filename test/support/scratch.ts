import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Room that the tests may take, in bytes; they take some 200 MB. */
const ROOM = 2e9

/**
 * A temporary folder in memory, or undefined where there is none that has room and runs programs. The tests make some hundred thousand small
 * files, and side by side they wait for the disk most of the time.
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
