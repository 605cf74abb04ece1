import { homedir } from 'node:os'
import process from 'node:process'

/** A home that is not there is not asked for by anybody: HOME is `/` then, as Docker has it for a uid without a name. */
export const ensureHome = (): void => {
  if (process.env['HOME'] === '') delete process.env['HOME']
  try {
    homedir()
  } catch {
    process.env['HOME'] = '/'
  }
}
