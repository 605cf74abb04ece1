import { z } from 'zod'
import { milliseconds } from '../values/duration.ts'
import { isPath } from '../values/path.ts'
import { withoutLogin } from '../values/repo-url.ts'
import { isSecret } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import { umaskProblem } from '../values/umask.ts'
import { SHELL_WORDS } from '../shell/command-words.ts'
import { words } from '../shell/split-words.ts'
import type { EnvValue } from '../shell/types.ts'
import { schemaByKind } from './schema-by-kind.ts'
import { describeValue } from './zod-problems.ts'

// A process parses a config once or twice, so compiling code for each schema (zod's default) takes longer than it saves.
z.config({ jitless: true })

// Pieces of the schema of a config.

/** `strict` makes unknown keys errors; `optional` lets keys be left out. */
export const strict = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape)
export const optional = <S extends Record<string, z.ZodType>>(shape: S) =>
  Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.optional()])) as { [K in keyof S]: z.ZodOptional<S[K]> }
/** The schema, typed by what it accepts: zod cannot derive that from our own checks. */
export const withType = <T>(schema: z.ZodType): z.ZodType<T, T> => schema as z.ZodType<T, T>

export const functionValue = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: (issue) => `expected a function, found ${describeValue(issue.input)}`,
})
export const line = z
  .string()
  .min(1)
  .regex(/^[^\0\n\r]*$/, 'must be one line')
export const wholeNumber = (least: number) => z.int().min(least)
export const duration = z
  .custom((time) => doesNotThrow(() => milliseconds(time as number)), {
    error: "a duration is milliseconds, or a string such as '5s'",
  })
  .meta({
    anyOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: String.raw`^\d+(\.\d+)?(ms|s|m|h)$` },
    ],
  })

export const remotePath = line
  .regex(/^(\/|~\/)/, { error: (issue) => `expected an absolute path (or ~/…), found ${describeValue(issue.input)}` })
  .refine((text) => !/^(\/|~\/)[/.]*$/.test(text) && !/(^|\/)\.\.(\/|$)/.test(text), {
    error: (issue) => `${describeValue(issue.input)} cannot be deployed to`,
  })
export const releasePath = line
  .regex(/^[^/~]/, { error: (issue) => `expected a path inside the release, without a leading slash, found ${describeValue(issue.input)}` })
  .refine((text) => !text.split('/').some((part) => part === '..' || part === '.'), {
    error: (issue) => `${describeValue(issue.input)} must not contain . or ..`,
  })
export const fileMode = schemaByKind<string>({
  text: z.string().regex(/^0?[0-7]{3}$/, {
    error: (issue) => `the mode is three or four octal digits as text ('0640'), not ${describeValue(issue.input)}`,
  }),
  other: "octal digits as text, such as '0640'",
})
export const directoryName = releasePath.regex(/^[^/]+$/, 'expected one name, without a slash')
export const ref = line.regex(/^[^-\s][^\s~^:?*[\\]*$/, {
  error: (issue) => `${describeValue(issue.input)} is not the name of a branch, tag or commit`,
})
export const commit = line.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i, {
  error: (issue) => `${describeValue(issue.input)} is not a commit: give all 40 digits`,
})
const address = line.regex(/^[^-\s]\S*$/, {
  error: ({ input }) =>
    `${describeValue(withoutLogin(String(input)))} is not the address of a repository${/^[^-\s].*:\/\/.*\s/s.test(String(input)) ? ': write a space as %20' : ''}`,
})
/** A secret address is checked when it is opened. */
export const repoAddress = schemaByKind<string | Secret>({ secret: null, other: address })

const isEnvValue = (value: unknown): value is EnvValue =>
  value === null ||
  ['string', 'number'].includes(typeof value) ||
  isPath(value) ||
  isSecret(value) ||
  (typeof value === 'object' && '__list' in value)
export const environment = z.record(
  z.string().regex(/^[A-Za-z_]\w*$/, 'is not a name for an environment variable: letters, digits and _, not a digit first'),
  z.custom<EnvValue>(isEnvValue, {
    error: ({ input }) =>
      typeof input === 'boolean'
        ? `must be a string: put it in quotes, "${input}"`
        : `expected a string, number, path, secret, prepend(), append() or null, found ${describeValue(input)}`,
  }),
)

export const umask = withType<string>(
  z
    .custom((value) => umaskProblem(value) === undefined && !/^0?[1-7]..$/.test(value as string), {
      error: ({ input }) =>
        umaskProblem(input) ?? `${describeValue(input)} takes rights from the account that deploys, and it could not read its own files`,
    })
    .meta({ type: 'string', pattern: '^0?0[0-7]{2}$' }),
)

const isCommandName = (name: string): boolean => /^[\w./+@:%-]+$/.test(name) && !SHELL_WORDS.has(name) && name !== 'git'
const isWords = (value: unknown): boolean => {
  if (value === null) return true
  if (Array.isArray(value)) return value.length > 0 && value.every((word) => line.safeParse(word).success)
  return line.safeParse(value).success && doesNotThrow(() => words(value as string).length) && words(value as string).length > 0
}
export const commands = withType<Readonly<Record<string, string | readonly string[] | null>>>(
  z.record(
    z.string().refine(isCommandName, {
      error: ({ input }) => {
        const name = String(input)
        if (name === 'git') return "does not reach the git of shipit's own steps: env: { PATH: prepend('/opt/git/bin') } reaches all"
        return SHELL_WORDS.has(name)
          ? 'is a part of the shell, not a program'
          : 'is not the name of a program: it is one word, without quotes'
      },
    }),
    z
      .custom(isWords, {
        error: ({ input }) => `expected a command such as 'bundle exec rake', its words as a list, or null, found ${describeValue(input)}`,
      })
      .meta({ anyOf: [{ type: 'string', minLength: 1 }, { type: 'array', items: { type: 'string' }, minItems: 1 }, { type: 'null' }] }),
  ),
)
/** A secret that a text cannot stand in for: it would be written in the config, or on the command line. */
export const secretOnly = z.custom<Secret>(isSecret, {
  error: "must be a secret, which no text can be: askSecret('sudoPassword') or env.secret('SUDO_PASSWORD'), in a config in code",
})

/** Whether `make` returns without throwing. */
export const doesNotThrow = (make: () => number): boolean => {
  try {
    make()
    return true
  } catch {
    return false
  }
}
