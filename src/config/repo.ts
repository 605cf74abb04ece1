import { milliseconds, type Duration } from '../values/duration.ts'
import { splitLogin } from '../values/repourl.ts'
import { isSecret, reveal, type Secret } from '../values/secret.ts'
import type { ShipitError } from '../values/errors.ts'
import { lackOf, openAll } from './lacking.ts'
import type { Partly } from './lacking.ts'
import { problemsOf } from './problems.ts'
import type { Resolver } from './resolver.ts'
import { settings as schemas } from './schema.ts'
import type { Stage } from '../tasks/stage.ts'

type Source = Pick<Stage, 'branch' | 'repoUrl' | 'repoLogin' | 'revision'>

/** What is deployed, and from where. Only runs that make releases need it, so in other runs it may lack variables. */
export const sourceOf = async (resolver: Resolver): Promise<Partly & { readonly values: Partial<Source> }> => {
  const lacks = new Map<string, ShipitError>()
  const read = async <T>(key: 'branch' | 'repoUrl' | 'revision'): Promise<T | undefined> => {
    const { value, lack } = await resolver.optional<T>(key, schemas[key])
    if (lack) lacks.set(key, lack)
    return value
  }
  const [branch, given, revision] = [await read<string>('branch'), await read<string | Secret>('repoUrl'), await read<string>('revision')]
  const closed = lackOf(() => openAll(given))
  if (closed) lacks.set('repoUrl', closed)
  const { repoUrl, repoLogin } = openRepoUrl(closed ? undefined : given, resolver)
  return { values: { branch: branch!, repoUrl, repoLogin, revision: revision?.toLowerCase() }, lacks }
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
