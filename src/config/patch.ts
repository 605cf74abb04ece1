import { usageError } from '../values/errors.ts'
import { isSecret, asSecretIfReplaced } from '../values/secret.ts'
import { showPath } from '../errors/source-location.ts'
import type { ConfigPath } from '../errors/source-location.ts'

/** A value that the command line gives for something inside a setting. */
export interface Patch {
  /** the path inside the setting; empty for the whole */
  readonly inside: ConfigPath
  readonly value: unknown
  /** as typed, for errors */
  readonly typed: string
}

/** The value with the patches applied, in order; the original is not changed. Throws (usage) if a path does not fit the value. */
export const applyPatches = (base: unknown, patches: readonly Patch[], key: string): unknown =>
  patches.reduce((value, patch) => applyPatch(value, patch.inside, patch, key), base)

const applyPatch = (base: unknown, [head, ...rest]: ConfigPath, patch: Patch, key: string): unknown => {
  if (head === undefined) return asSecretIfReplaced(base, patch.value)
  if (typeof head === 'number') {
    if (!Array.isArray(base) || head > base.length)
      throw patchError(patch, key, Array.isArray(base) ? `has ${base.length}` : 'is not a list')
    return [...base.slice(0, head), applyPatch(base[head], rest, patch, key), ...base.slice(head + 1)]
  }
  if (base !== undefined && base !== null && !isPlain(base)) throw patchError(patch, key, 'is not an object')
  const object = (base ?? {}) as Readonly<Record<string, unknown>>
  return { ...object, [head]: applyPatch(object[head], rest, patch, key) }
}

// secrets are opaque objects, with no keys to set
const isPlain = (value: unknown): boolean => typeof value === 'object' && !Array.isArray(value) && !isSecret(value)

const patchError = ({ typed, inside }: Patch, key: string, why: string) => {
  const parents = inside.slice(0, -1)
  const holder = `${key}${parents.length === 0 ? '' : typeof parents[0] === 'number' ? showPath(parents) : `.${showPath(parents)}`}`
  return usageError(`--set ${typed}: ${holder} ${why}`, { hint: `set it as a whole: --set ${key}=…` })
}
