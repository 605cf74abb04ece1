import { usageError } from '../values/errors.ts'
import { isSecret, reveal } from '../values/secret.ts'

/**
 * The value of a secret, for code that passes it to a library. It stays among the values that are masked, also in another encoding. Throws
 * (usage) for what is no secret, because that would not be masked, and for a variable that is not set.
 */
export const revealInCode = (value: unknown): string => {
  if (isSecret(value)) return reveal(value)
  throw usageError(`reveal() needs a secret, and got ${value === null ? 'null' : typeof value}`, {
    hint: "make it one where it comes from: secret('…'), env.secret('NAME'), or secretSchema() for a setting of a recipe",
  })
}
