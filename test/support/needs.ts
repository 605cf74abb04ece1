import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

/**
 * For `test(title, { skip: needs('sshd', 'root') }, …)`: false, or the reason why the test cannot run on this machine.
 * `root` means uid 0, every other name a program. Throws in CI, where nothing may be missing.
 */
export const needs = (...things: readonly string[]): string | false => {
  const missing = things.filter((thing) => !(thing === 'root' ? process.getuid?.() === 0 : program(thing)))
  if (missing.length === 0) return false
  const reason = `needs ${missing.join(' and ')}`
  if (process.env['CI']) throw new Error(`${reason}: install it, CI skips nothing`)
  return reason
}

/** Absolute path of a program, looked up in PATH and in the system folders that PATH may lack. */
export const program = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin']
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
