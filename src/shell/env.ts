import { usageError } from '../values/errors.ts'
import type { Path } from '../values/path.ts'
import { isPath } from '../values/path.ts'
import { isSecret, asSecretIfReplaced } from '../values/secret.ts'
import { bin } from './bytes.ts'
import type { Bin } from './bytes.ts'
import { pathBin, quoteBin, secretBin, type Secrets } from './quote.ts'
import type { EnvMap, EnvValue, PathList } from './types.ts'

/** `PATH: prepend('/opt/ruby/bin')`: puts these directories before what the variable holds on the host. */
export const prepend = (...dirs: (string | Path)[]): PathList => pathList('prepend', dirs)

/** Puts these directories after what the variable holds on the host. */
export const append = (...dirs: (string | Path)[]): PathList => pathList('append', dirs)

/** `A=b`, ready for `export` or `sudo`. Throws a ShipitError for an invalid name or value. */
export const assignment = (name: string, value: Exclude<EnvValue, null>, secrets: Secrets): Bin =>
  `${variable(name)}=${valueBin(name, value, secrets)}`

/** Returns the name if it is valid; throws a ShipitError otherwise. */
export const variable = (name: string): string => {
  if (/^[A-Za-z_]\w*$/.test(name)) return name
  throw usageError(`not a name for an environment variable: ${JSON.stringify(name)}`, { hint: 'letters, digits and _, not a digit first' })
}

/** The later map wins; a path list joins what the variable held before it instead of replacing it. */
export const mergeEnv = (before: EnvMap | undefined, after: EnvMap | undefined): EnvMap | undefined => {
  if (before === undefined || after === undefined) return after ?? before
  const merged: Record<string, EnvValue> = { ...before }
  for (const [name, value] of Object.entries(after)) {
    merged[name] = isPathList(value) && name in before ? onto(value, before[name]!) : (asSecretIfReplaced(before[name], value) as EnvValue)
  }
  return merged
}

const onto = (list: PathList, base: EnvValue): PathList =>
  Object.freeze({ ...list, over: list.over === undefined ? base : isPathList(list.over) ? onto(list.over, base) : list.over })

const pathList = (side: PathList['side'], dirs: readonly (string | Path)[]): PathList => {
  const bad = dirs.find((dir) => dir.toString().includes(':') || dir.toString() === '')
  if (bad !== undefined) throw usageError(`${side}(): ${JSON.stringify(bad.toString())} cannot be in a colon-separated list of directories`)
  return Object.freeze({ __list: true as const, side, dirs: Object.freeze([...dirs]) })
}

export const isPathList = (value: unknown): value is PathList => typeof value === 'object' && value !== null && '__list' in value

const valueBin = (name: string, value: Exclude<EnvValue, null>, secrets: Secrets): Bin => {
  if (isPathList(value)) return listBin(name, value, secrets)
  if (isSecret(value)) return secretBin(value, secrets)
  if (isPath(value)) return pathBin(value)
  if (typeof value === 'string') return value === '' ? '' : quoteBin(bin(value))
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  throw usageError(`${name} cannot be ${value === undefined ? 'undefined' : typeof value} in the environment`, {
    hint: "give text, a number, a path, a secret, prepend(…) or append(…); null unsets the variable, '' makes it empty",
  })
}

/** An empty variable must not leave an empty entry: in PATH that is the current directory. */
const listBin = (name: string, { side, dirs, over }: PathList, secrets: Secrets): Bin => {
  const own = dirs.map((dir) => pathBin(dir)).join(':')
  if (over === undefined) {
    if (own === '') return `"$${name}"`
    return side === 'prepend' ? `${own}"\${${name}:+:$${name}}"` : `"\${${name}:+$${name}:}"${own}`
  }
  const base = over === null ? '' : valueBin(name, over, secrets)
  return (side === 'prepend' ? [own, base] : [base, own]).filter((part) => part !== '').join(':')
}
