import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { exec } from './exec.ts'
import { program } from './needs.ts'

export interface Account {
  /** `shipit-NAME-PID`: unique, so that test files can run side by side */
  readonly name: string
  readonly home: string
  readonly uid: number
  remove(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Creates a login account with its own home (root only: guard the test with `needs('root', 'useradd')`).
 * `files` are written into its home: `{ '.bashrc': 'echo noise' }`.
 */
export const withAccount = async (name: string, options: { shell?: string; files?: Record<string, string> } = {}): Promise<Account> => {
  const full = `shipit-${name}-${process.pid}`.slice(0, 32)
  // '*' and not the default '!': sshd without PAM takes '!' for a locked account
  await exec(program('useradd')!, ['-m', '-s', options.shell ?? '/bin/sh', '-p', '*', full])
  const [, , uid, gid, , home] = (await exec('getent', ['passwd', full])).trim().split(':')
  for (const [file, content] of Object.entries(options.files ?? {})) {
    mkdirSync(dirname(join(home!, file)), { recursive: true })
    writeFileSync(join(home!, file), content)
    chownSync(join(home!, file), Number(uid), Number(gid))
  }
  const remove = async (): Promise<void> => {
    await exec(program('userdel')!, ['-r', '-f', full]).catch((error: Error) => {
      // userdel complains about a missing mail spool
      if (!/mail spool/.test(error.message)) throw error
    })
  }
  return { name: full, home: home!, uid: Number(uid), remove, [Symbol.asyncDispose]: remove }
}
