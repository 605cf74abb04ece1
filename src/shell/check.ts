import { usageError } from '../values/errors.ts'
import type { Path } from '../values/path.ts'
import { isPath, path } from '../values/path.ts'
import { bin } from './bytes.ts'
import { assignment, variable } from './env.ts'
import type { EnvMap } from './types.ts'

// Checks the arguments of refinements where they are written, rather than on a host.

export const checkDir = (dir: Path | string): Path | string => {
  if ((typeof dir !== 'string' && !isPath(dir)) || dir.toString() === '')
    throw usageError(`.in() takes a directory, not ${JSON.stringify(dir) ?? String(dir)}`)
  bin(dir.toString())
  return dir
}

/** Like `cd` after `cd`: a relative directory is inside the previous one, an absolute one replaces it. */
export const nested = (before: Path | string | undefined, dir: Path | string): Path | string =>
  before === undefined || /^(?:\/|~(?:\/|$))/.test(dir.toString()) ? dir : (isPath(before) ? before : path(before)).join(dir.toString())

export const checkEnv = (vars: EnvMap): EnvMap => {
  for (const [name, value] of Object.entries(vars)) value === null ? variable(name) : assignment(name, value, 'reveal')
  return { ...vars }
}

export const checkUser = (user: string): string => {
  if (typeof user !== 'string' || !/^[^\s:]+$/.test(user) || user.startsWith('-'))
    throw usageError(`.as() takes the name of a user, not ${JSON.stringify(user) ?? String(user)}`)
  bin(user)
  return user
}

export const checkUmask = (mask: string): string => {
  if (typeof mask !== 'string' || !/^[0-7]{3,4}$/.test(mask))
    throw usageError(`.umask() takes three or four octal digits as text ('0002'), not ${JSON.stringify(mask) ?? String(mask)}`)
  return mask
}
