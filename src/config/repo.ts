import { milliseconds, type Duration } from '../values/duration.ts'
import { splitLogin } from '../values/repourl.ts'
import { isSecret, reveal, type Secret } from '../values/secret.ts'
import { problemsOf } from './problems.ts'
import type { Resolver } from './resolver.ts'
import { settings as schemas } from './schema.ts'
import type { Stage } from './types.ts'

/** The address, and what of it is handed to git apart. A secret one is opened here and nowhere else. */
export const openRepoUrl = (given: string | Secret | undefined, resolver: Resolver): Pick<Stage, 'repoUrl' | 'repoLogin'> => {
  const none = { repoUrl: undefined, repoLogin: undefined }
  if (given === undefined) return none
  const hidden = isSecret(given)
  const text = hidden ? reveal(given) : given
  try {
    if (hidden && problemsOf(schemas.repoUrl, text).length > 0) throw new TypeError('the secret is not the address of a repository')
    const { url, login } = splitLogin(text, hidden)
    return { repoUrl: url, repoLogin: login }
  } catch (error) {
    resolver.problems.push({ path: resolver.pathOf('repoUrl'), message: (error as Error).message })
    return none
  }
}

/** What stands under `git`, durations in milliseconds. */
export const gitOptions = (given: Readonly<Record<string, unknown>>): Stage['git'] =>
  Object.freeze({
    ...(given as unknown as Stage['git']),
    timeout: milliseconds(given['timeout'] as Duration),
    transferTimeout: milliseconds(given['transferTimeout'] as Duration),
  })
