import { homedir } from 'node:os'

/** Sets HOME to `/` if the account has no home, as in Docker for a uid without a name, so that looking it up never throws. */
export const ensureHome = (): void => {
  if (process.env['HOME'] === '') delete process.env['HOME']
  try {
    homedir()
  } catch {
    process.env['HOME'] = '/'
  }
}
