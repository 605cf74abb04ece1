import { usageError } from '../values/errors.ts'
import type { Path } from '../values/path.ts'
import { isPath, path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import { isSecret } from '../values/secret.ts'
import { umaskProblem } from '../values/umask.ts'
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

/** The password of `.sudo({ password })`. */
export const checkPassword = (password: unknown): Secret => {
  if (isSecret(password)) return password
  throw usageError('the password of .sudo() is a secret, and nothing else', {
    hint: "askSecret('sudoPassword') asks for it, env.secret('SUDO_PASSWORD') reads it from the environment",
  })
}

export const checkGroup = (group: string): string => {
  if (typeof group !== 'string' || !/^[^\s:]+$/.test(group) || group.startsWith('-'))
    throw usageError(`the group of .as() is the name of a group, not ${JSON.stringify(group) ?? String(group)}`)
  bin(group)
  return group
}

/** A secret is looked at when it is sent: its value may not be known yet. */
export const checkStdin = (text: string | Secret): string | Secret => {
  if (isSecret(text)) return text
  if (typeof text !== 'string')
    throw usageError(`.stdin() takes text or a secret, not ${text === null ? 'null' : typeof text}`, {
      hint: 'JSON.stringify(…) makes text of a value',
    })
  bin(text)
  return text
}

export const checkUmask = (mask: string): string => {
  const problem = umaskProblem(mask)
  if (problem !== undefined) throw usageError(`the mask of .umask() ${problem}`)
  return mask
}
