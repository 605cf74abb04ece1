import { milliseconds, type Duration } from '../values/duration.ts'
import { splitLogin } from '../values/repo-url.ts'
import { isSecret, reveal, type Secret } from '../values/secret.ts'
import type { ShipitError } from '../values/errors.ts'
import { missingError, revealSecrets } from './missing-variables.ts'
import type { PartialValues } from './missing-variables.ts'
import { problemsOf } from '../settings/zod-problems.ts'
import type { Resolver } from './resolver.ts'
import { schemas } from '../settings/derived.ts'
import type { Stage } from '../tasks/stage.ts'

type Source = Pick<Stage, 'branch' | 'repoUrl' | 'repoLogin' | 'revision'>

/** The branch, commit and repository to deploy. Only runs that make releases need it, so in other runs it may lack variables. */
export const resolveSource = async (resolver: Resolver): Promise<PartialValues & { readonly values: Partial<Source> }> => {
  const missing = new Map<string, ShipitError>()
  const read = async <T>(key: 'branch' | 'repoUrl' | 'revision'): Promise<T | undefined> => {
    const { value, missing: error } = await resolver.optional<T>(key, schemas[key])
    if (error) missing.set(key, error)
    return value
  }
  const [branch, given, revision] = [await read<string>('branch'), await read<string | Secret>('repoUrl'), await read<string>('revision')]
  const unreadable = missingError(() => revealSecrets(given))
  if (unreadable) missing.set('repoUrl', unreadable)
  const { repoUrl, repoLogin } = openRepoUrl(unreadable ? undefined : given, resolver)
  return { values: { branch: branch!, repoUrl, repoLogin, revision: revision?.toLowerCase() }, missing }
}

/** The address, and the login that git gets separately. A secret address is opened only here. */
const openRepoUrl = (given: string | Secret | undefined, resolver: Resolver): Pick<Stage, 'repoUrl' | 'repoLogin'> => {
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

/** The `git` settings, with durations in milliseconds. */
export const gitOptions = (given: Readonly<Record<string, unknown>>): Stage['git'] =>
  Object.freeze({
    ...(given as unknown as Stage['git']),
    timeout: milliseconds(given['timeout'] as Duration),
    transferTimeout: milliseconds(given['transferTimeout'] as Duration),
  })
