import { homedir } from 'node:os'
import process from 'node:process'

/** Sets HOME to `/` where the account has no home, as Docker does for a uid without a name, so that nothing that asks for it throws. */
export const ensureHome = (): void => {
  if (process.env['HOME'] === '') delete process.env['HOME']
  try {
    homedir()
  } catch {
    process.env['HOME'] = '/'
  }
}
