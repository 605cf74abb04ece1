import { z } from 'zod'
import { secret } from '../index.ts'
import type { Rolling, Secret, Selector } from '../index.ts'

// Pieces of settings schemas. Each refuses values that would break the file or the command that the setting goes into.

/** Text without line breaks and control characters, because it becomes part of a line. */
// oxlint-disable-next-line no-control-regex
export const line = z.string().regex(/^[^\u0000-\u001f\u007f]+$/, 'must be one line')

/** A path that begins with `/`. */
export const absolutePath = line.regex(/^\/./, 'must be an absolute path')

/** A program as one word: its name or its path, without arguments. */
export const program = z.string().regex(/^[^\s-]\S*$/, 'must be one word: a command or its path')

/** The name of a user. */
export const account = z.string().regex(/^[^\s:/-][^\s:/]*$/, 'must be the name of a user')

/** A number of something, at least one. */
export const count = z.number().int().min(1)

/** Names of roles; if there are none, the recipe does nothing. */
export const roles = z.array(z.string().min(1))

/**
 * A string or a secret, as a secret: whatever the config gives, the value is masked in all output, and tasks cannot print it. Not an empty
 * string.
 */
export const secretSchema = (): z.ZodType<Secret, string | Secret> =>
  z
    .custom<string | Secret>(isSecretOrText, { error: ({ input }) => `expected text or a secret, found ${kindOf(input)}` })
    .meta({ type: 'string' })
    .transform((value) => secret(value as string))

/** A text is a secret from here on, so that an error about another setting cannot show it. */
const isSecretOrText = (value: unknown): boolean => {
  try {
    secret(value as string)
    return true
  } catch {
    return false
  }
}

const kindOf = (value: unknown): string =>
  value === ''
    ? 'an empty text'
    : value === null
      ? 'null'
      : Array.isArray(value)
        ? 'a list'
        : value === undefined
          ? 'nothing'
          : `a ${typeof value}`

/** `'all'` (every release host), or the roles of the hosts. {@link selectHosts} makes a selector of it. */
export const rolesOrAll = z.union([z.literal('all'), roles.min(1)]).default('all')

/** How many of the hosts: a number, or a share such as `'25%'`. */
export const share = z.union([count, z.templateLiteral([z.number().int().min(1).max(100), '%'])])

/** Milliseconds, or a string such as `'5s'`. */
export const duration = z.union([z.number().min(0), z.templateLiteral([z.number().min(0), z.enum(['ms', 's', 'm', 'h'])])])

/** How many hosts at a time, and how long to wait between them; null: all at once. */
export const rolling = z
  .strictObject({
    /**
     * How many hosts at a time: a number, or a share.
     * @example '25%'
     */
    size: share,
    /**
     * How long to wait before the next ones.
     * @example '5s'
     */
    wait: duration.optional(),
  })
  .transform(({ size, wait }): Rolling => (wait === undefined ? { size } : { size, wait }))
  .nullable()
  .default(null)

/** The name of an environment of Rails, such as `production`. */
export const environmentName = z.string().regex(/^[\w.-]+$/, 'must be the name of an environment')

/** The hosts of a task: a role, several, or `{ roles, primary, where, except }`. */
export const selector = z.union([
  line.refine((text) => text !== 'local', "must be hosts of the stage, not 'local'"),
  z.array(line),
  z.strictObject({
    /** The hosts with this role, or with one of these. */
    roles: z.union([line, z.array(line)]).optional(),
    /** `true`: only one of these hosts. */
    primary: z.literal(true).optional(),
    where: z.custom<(host: never) => boolean>((given) => typeof given === 'function', 'must be a function').optional(),
    /** Excludes the hosts with one of these roles. */
    except: z.array(line).optional(),
    /** `true`: it is an error if no host matches. */
    required: z.boolean().optional(),
  }),
]) as unknown as z.ZodType<Selector, Selector>
