import { hostname, userInfo } from 'node:os'
import type { LocalFacts } from '../settings/types.ts'

/** The user and the machine that deploy. In a container, the user may have no name. */
export const localFacts = (): LocalFacts => Object.freeze({ user: user(), hostname: hostname() })

const user = (): string => {
  const fromEnvironment = process.env['USER'] || process.env['LOGNAME'] || process.env['USERNAME']
  if (fromEnvironment) return fromEnvironment
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
