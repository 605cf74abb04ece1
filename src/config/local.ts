import { hostname, userInfo } from 'node:os'
import type { LocalFacts } from '../tasks/stage.ts'

/** Who deploys, and from where. In a container, the user may have no name. */
export const localFacts = (): LocalFacts => Object.freeze({ user: user(), hostname: hostname() })

const user = (): string => {
  const named = process.env['USER'] || process.env['LOGNAME'] || process.env['USERNAME']
  if (named) return named
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}
