import { spawnSync } from 'node:child_process'
import { hostname, userInfo } from 'node:os'
import { userCodeLocation } from '../errors/source-location.ts'
import type { LocalFacts } from '../settings/types.ts'
import { usageError } from '../values/errors.ts'

/** The user and the machine that deploy, and the branch that is checked out in `folder`. In a container, the user may have no name. */
export const localFacts = (folder = process.cwd()): LocalFacts =>
  // not enumerable: who copies or prints the facts does not ask git
  Object.freeze(Object.defineProperty({ user: user(), hostname: hostname() }, 'branch', { get: () => branchOf(folder) })) as LocalFacts

const user = (): string => {
  const fromEnvironment = process.env['USER'] || process.env['LOGNAME'] || process.env['USERNAME']
  if (fromEnvironment) return fromEnvironment
  try {
    return userInfo().username
  } catch {
    return 'unknown'
  }
}

/** The branch of the checkout with this folder in it. Throws (usage) if there is none. */
const branchOf = (folder: string): string => {
  // in a git hook, variables point to another repository
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))
  const { status, stdout } = spawnSync('git', ['-C', folder, 'symbolic-ref', '--quiet', 'HEAD'], { encoding: 'utf8', env, timeout: 5000 })
  // not --short, which writes heads/NAME if a tag has the same name
  if (status === 0) return stdout.trim().replace(/^refs\/heads\//, '')
  // 1: HEAD is no branch
  const what = status === 1 ? 'the checkout of the config is on no branch' : 'the config is in no checkout of git'
  throw usageError(`local.branch: ${what}`, {
    where: userCodeLocation(new Error(what), ''),
    hint: 'name the branch: --branch NAME, or branch: env.first(…) in a CI job',
  })
}
