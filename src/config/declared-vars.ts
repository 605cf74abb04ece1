import type { z } from 'zod'
import { defOf } from '../settings/zod-introspection.ts'
import { didYouMean } from '../values/nearest.ts'

// What `hostVars` and `stageVars` of a config have in common.

/** Whether a schema takes keys that it does not name. */
export const isOpen = ({ def }: z.ZodObject): boolean => def.catchall !== undefined && defOf(def.catchall as z.ZodType).type !== 'never'

const NOT_DECLARED = { hostVars: 'hostVars does not declare', stageVars: 'stageVars does not declare' } as const

/** Why a var is a mistake that the schema of the setting `by` does not have. */
export const undeclared = (by: keyof typeof NOT_DECLARED, name: string, { shape }: z.ZodObject): string => {
  const known = Object.keys(shape)
  const nearest = didYouMean(name, known)
  return `${NOT_DECLARED[by]} "${name}"${nearest === '' && known.length > 0 ? `: it has ${known.join(', ')}` : nearest}`
}
