import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { run } from './child.ts'
import type { Outcome } from './child.ts'
import { labFile, labNet } from './paths.ts'

const source = fileURLToPath(new URL('../capistrano/', import.meta.url))

/** Why Capistrano cannot be run here, or `false`. */
export const noCapistrano = (): string | false =>
  spawnSync('cap', ['--version']).status !== 0 &&
  'Capistrano 3.17 is not installed: apt-get install capistrano ruby-ed25519 ruby-bcrypt-pbkdf'

/** Runs `cap production TASK…` for the same application on the same hosts. */
export const cap = async (tasks: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Outcome> => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-cap-'))
  try {
    cpSync(source, dir, { recursive: true })
    return await run('cap', ['production', ...tasks], {
      cwd: dir,
      env: { ...process.env, USER: 'tester', LAB_KEY: labFile('id_ed25519'), SERVERS: `${labNet}.11`, ...env },
    })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
