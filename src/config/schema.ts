import { z } from 'zod'
import { RESERVED_ROLES } from '../inventory/hosts.ts'
import { isPath } from '../values/path.ts'
import { withoutLogin } from '../values/repourl.ts'
import { isSecret } from '../values/secret.ts'
import { milliseconds } from '../values/duration.ts'
import { shareSize } from '../values/share.ts'
import { choose } from './choose.ts'
import { found } from './problems.ts'

/** `strict` makes unknown keys errors; `optional` lets keys be left out. */
const strict = <S extends z.core.$ZodLooseShape>(shape: S) => z.strictObject(shape)
const optional = <S extends Record<string, z.ZodType>>(shape: S) =>
  Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.optional()])) as { [K in keyof S]: z.ZodOptional<S[K]> }
const fn = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', {
  error: (issue) => `expected a function, found ${found(issue.input)}`,
})
const late = (schema: z.ZodType) => choose((value) => (typeof value === 'function' ? undefined : schema))
const line = z
  .string()
  .min(1)
  .regex(/^[^\0\n\r]*$/, 'must be one line')

const remotePath = line
  .regex(/^(\/|~\/)/, { error: (issue) => `expected an absolute path (or ~/…), found ${found(issue.input)}` })
  .refine((text) => !/^(\/|~\/)[/.]*$/.test(text) && !/(^|\/)\.\.(\/|$)/.test(text), {
    error: (issue) => `${found(issue.input)} is not a place to deploy to`,
  })
const insidePath = line
  .regex(/^[^/~]/, { error: (issue) => `expected a path inside the release, without a leading slash, found ${found(issue.input)}` })
  .refine((text) => !text.split('/').some((part) => part === '..' || part === '.'), {
    error: (issue) => `${found(issue.input)} must not contain . or ..`,
  })
const folder = insidePath.regex(/^[^/]+$/, 'expected one name, without a slash')
const ref = line.regex(/^[^-\s][^\s~^:?*[\\]*$/, { error: (issue) => `${found(issue.input)} is not the name of a branch, tag or commit` })
const address = line.regex(/^[^-\s]\S*$/, {
  error: ({ input }) =>
    `${found(withoutLogin(String(input)))} is not the address of a repository${/^[^-\s].*:\/\/.*\s/s.test(String(input)) ? ': a blank in it is written %20' : ''}`,
})
/** A secret address is checked where it is opened. */
const url = choose((value) => (isSecret(value) ? z.unknown() : address))
const duration = z.custom((time) => works(() => milliseconds(time as number)), { error: "a duration is milliseconds, or a text like '5s'" })
const whole = (least: number) => z.int().min(least)

const isEnvValue = (value: unknown): boolean =>
  value === null ||
  ['string', 'number'].includes(typeof value) ||
  isPath(value) ||
  isSecret(value) ||
  (typeof value === 'object' && '__list' in value)
const envMap = z.record(
  z.string().regex(/^[A-Za-z_]\w*$/, 'is not a name for an environment variable: letters, digits and _, not a digit first'),
  z.custom(isEnvValue, {
    error: ({ input }) =>
      typeof input === 'boolean'
        ? `must be a string: put it in quotes, "${input}"`
        : `expected a string, number, path, secret, prepend(), append() or null, found ${found(input)}`,
  }),
)

const sshOptions = strict(
  optional({
    user: line,
    port: whole(1).max(65535),
    keys: z.array(line),
    forwardAgent: z.union([z.literal(false), z.literal('git')]),
    // ssh would read it as part of the user name
    proxyJump: line.refine(
      (jumps) => jumps.split(',').every((jump) => !/:.*@/.test(jump.replace(/^\s*ssh:\/\//i, ''))),
      'has a password in it: use a key',
    ),
    hostKeys: z.enum(['yes', 'accept-new', 'no']),
    transport: z.enum(['ssh2', 'local']),
    configFile: line,
  }),
)

/** The settings that a config, a stage and the command line can give, as they must be once no setting is late any more. */
export const settings = {
  deployTo: remotePath,
  branch: ref,
  repoUrl: url,
  revision: line.regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i, {
    error: (issue) => `${found(issue.input)} is not a commit: give all 40 digits`,
  }),
  repoTree: insidePath,
  linkedFiles: z.array(insidePath),
  linkedDirs: z.array(insidePath),
  keepReleases: whole(1),
  keepFailed: z.boolean(),
  currentDirectory: folder,
  releasesDirectory: folder,
  sharedDirectory: folder,
  repoPath: remotePath,
  env: envMap,
  vars: z.record(z.string(), z.unknown()),
  ssh: sshOptions,
  git: strict(
    optional({
      hostKeys: z.enum(['accept-new', 'yes']),
      limit: whole(1),
      timeout: duration,
      transferTimeout: duration,
      submodules: z.boolean(),
      lfs: z.boolean(),
    }),
  ),
}
/** Settings that may be functions as a whole. In lists, each item may be a function; in vars, each value. */
export const LATE = ['deployTo', 'branch', 'repoUrl', 'repoTree', 'repoPath', 'revision', 'env'] as const

const common = {
  ...optional(settings),
  ...optional(Object.fromEntries(LATE.map((key) => [key, late(settings[key])]))),
  linkedFiles: z.array(late(insidePath)).optional(),
  linkedDirs: z.array(late(insidePath)).optional(),
}

const role = line.refine((text) => !RESERVED_ROLES.includes(text), { error: (issue) => `${found(issue.input)} is a selector, not a role` })
const hostShape = optional({
  user: line,
  port: whole(1).max(65535),
  primary: z.boolean(),
  release: z.boolean(),
  vars: settings.vars,
  ssh: sshOptions,
})
const entry = (shape: z.core.$ZodLooseShape) =>
  choose((value) => (typeof value === 'string' ? undefined : strict({ host: line, ...shape })))
const inList = entry({ ...hostShape, roles: z.array(role).min(1).optional() })
const inRole = entry(hostShape)
/** What `servers` may be: a list, or role → list. */
export const servers = choose((value) => (Array.isArray(value) ? z.array(inList) : z.record(role, z.array(inRole).optional())))

const selector = choose((value) => {
  if (typeof value === 'string') return line
  if (Array.isArray(value)) return z.array(line)
  if (typeof value === 'function') return undefined
  return strict(
    optional({
      roles: choose((roles) => (Array.isArray(roles) ? z.array(line) : line)),
      primary: z.literal(true),
      where: fn,
      except: z.array(line),
      required: z.boolean(),
    }),
  )
})
const rolling = choose((value) =>
  typeof value === 'function'
    ? fn
    : strict(
        optional({
          size: z.custom((size) => works(() => shareSize(size as string, 2)), {
            error: "a share of the hosts is a number from 1, or a text like '25%'",
          }),
          wait: z.custom((wait) => works(() => milliseconds(wait as number)), { error: "a duration is milliseconds, or a text like '5s'" }),
        }),
      ).refine(({ size }) => size !== undefined, { error: 'needs a size' }),
)
const args = z.custom((value) => value instanceof Object && 'shape' in value && 'safeParse' in value, {
  error: 'args is a zod object: z.object({ … })',
})
const KINDS = ['steps', 'run', 'sequence'] as const
const task = strict(
  optional({
    description: z.string(),
    on: selector,
    when: fn,
    shows: z.boolean(),
    rolling,
    args,
    steps: fn,
    run: fn,
    sequence: z.array(line),
    check: line,
    recover: line,
  }),
).check((ctx) => {
  const given = KINDS.filter((key) => ctx.value[key] !== undefined)
  if (given.length === 1) return
  const message = given.length === 0 ? 'needs one of steps, run or sequence' : `has ${given.join(' and ')}: a task has exactly one`
  ctx.issues.push({ code: 'custom', message, input: ctx.value })
})
const hookItem = choose((value) => (typeof value === 'string' ? line : task))
const hookList = z.record(z.string(), choose((value) => (Array.isArray(value) ? z.array(hookItem) : hookItem)).optional())

const recipe = z.custom((value) => typeof value === 'object' && value !== null && 'definition' in value && 'given' in value, {
  error: ({ input }) =>
    typeof input === 'function'
      ? 'expected a recipe, found a function: call it, as in bundler()'
      : `expected a recipe, found ${found(input)}`,
})
const parts = optional({
  use: z.array(recipe),
  tasks: z.record(line, task),
  hooks: strict(optional({ before: hookList, after: hookList })),
})

export const stage = strict({
  ...common,
  ...parts,
  servers: choose((value) => {
    if (typeof value === 'function') return undefined
    return typeof value === 'object' && value !== null ? servers : 'a list, role → list, or a function'
  }),
  settings: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})
const application = line.regex(/^[A-Za-z0-9._-]+$/, {
  error: (issue) => `${found(issue.input)} may have letters, digits, ".", "_" and "-" only`,
})
export const config = strict({
  ...common,
  ...parts,
  application: application.refine((text) => !/^[.-]/.test(text), 'must not begin with a dot or a dash'),
  roles: z.array(role).optional(),
  stages: z.record(
    z.string(),
    choose((value) => (typeof value === 'function' ? undefined : stage)),
  ),
})

const works = (make: () => number): boolean => {
  try {
    make()
    return true
  } catch {
    return false
  }
}
