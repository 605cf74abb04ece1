import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { RESERVED_ROLES } from '../inventory/hosts.ts'
import { listOf, schemaByKind } from '../settings/schema-by-kind.ts'
import { givenSchemas, schemas } from '../settings/derived.ts'
import { sshOptions } from '../settings/ssh-and-git.ts'
import { duration, functionValue, line, optional, strict, wholeNumber, doesNotThrow } from '../settings/schema-parts.ts'
import { describeValue } from '../settings/zod-problems.ts'
import { hostShareSize } from '../values/host-share.ts'

const role = line.refine((text) => !RESERVED_ROLES.includes(text), {
  error: (issue) => `${describeValue(issue.input)} is a selector, not a role`,
})
const flag = z.boolean()
const lines = z.array(line)
const hostShape = optional({
  user: line,
  port: wholeNumber(1).max(65535),
  primary: flag,
  release: flag,
  vars: schemas.vars,
  env: schemas.env,
  ssh: sshOptions,
  sudoPassword: schemas.sudoPassword,
})
const entry = (shape: z.core.$ZodLooseShape) => schemaByKind({ text: null, other: strict({ host: line, ...shape }) })
const inList = entry({ ...hostShape, roles: z.array(role).min(1).optional() })
const inRole = entry(hostShape)
/** The schema of `servers`: a list, or role → list. */
export const servers = schemaByKind({ list: listOf(inList), other: z.record(role, listOf(inRole).optional()) })

const selector = schemaByKind({
  text: line,
  list: lines,
  function: null,
  other: strict(
    optional({
      roles: schemaByKind({ list: lines, other: line }),
      primary: z.literal(true),
      where: functionValue,
      except: lines,
      required: flag,
    }),
  ),
})
const rolling = schemaByKind({
  function: functionValue,
  other: strict(
    optional({
      size: z
        .custom((size) => doesNotThrow(() => hostShareSize(size as string, 2)), {
          error: "a share of the hosts is a number from 1, or a string such as '25%'",
        })
        .meta({
          anyOf: [
            { type: 'integer', minimum: 1 },
            { type: 'string', pattern: '^([1-9]|[1-9][0-9]|100)%$' },
          ],
        }),
      wait: duration,
    }),
  ).refine(({ size }) => size !== undefined, { error: 'needs a size' }),
})
/** A schema of an object, of zod. */
export const zodObject = z.custom((value) => value instanceof Object && 'shape' in value && 'safeParse' in value, {
  error: 'must be a zod object, z.object({ … }), which only a config in code can have',
})
/** For a task that takes the words after `--`. */
const rest = schemaByKind({
  text: line,
  object: strict(optional({ name: line, description: line })),
  other: z
    .custom((value) => value === true, {
      error: ({ input }) => `expected true, what the words are, such as 'files', or { name, description }, found ${describeValue(input)}`,
    })
    .meta({ type: 'boolean', const: true }),
})
const isJson = (value: unknown): boolean => {
  const text = JSON.stringify(value) as string | undefined
  return text !== undefined && isDeepStrictEqual(JSON.parse(text), value)
}
/** A value that `--set` can take as text. */
const jsonValue = z.unknown().refine(isJson, { error: ({ input }) => `expected a value that JSON has, found ${describeValue(input)}` })
const KINDS = ['steps', 'run', 'sequence'] as const
/** A task of a config. */
export const task = strict(
  optional({
    description: z.string(),
    on: selector,
    when: functionValue,
    shows: flag,
    rolling,
    args: zodObject,
    rest,
    steps: functionValue,
    run: functionValue,
    sequence: listOf(line),
    set: z.record(line, jsonValue),
    check: line,
    recover: line,
  }),
).check((ctx) => {
  if (ctx.value.rest !== undefined && ctx.value.sequence !== undefined) {
    const message = 'is for a task with steps or run: in a sequence, the task that takes the words gets them'
    ctx.issues.push({ code: 'custom', path: ['rest'], message, input: ctx.value })
  }
  if (ctx.value.set !== undefined && ctx.value.sequence === undefined)
    ctx.issues.push({ code: 'custom', path: ['set'], message: 'is for a sequence, whose tasks run with these settings', input: ctx.value })
  const given = KINDS.filter((key) => ctx.value[key] !== undefined)
  if (given.length === 1) return
  const message = given.length === 0 ? 'needs one of steps, run or sequence' : `has ${given.join(' and ')}: a task has exactly one`
  ctx.issues.push({ code: 'custom', message, input: ctx.value })
})
const optionalHook = strict({ task: line, optional: z.literal(true) })
const hookItem = schemaByKind({ text: line, reference: optionalHook, other: task })
const hookList = z.record(z.string(), schemaByKind({ list: listOf(hookItem), absent: null, other: hookItem }).optional())

/** An item of `use`. */
export const recipe = z.custom((value) => typeof value === 'object' && value !== null && 'definition' in value && 'given' in value, {
  error: ({ input }) =>
    typeof input === 'function'
      ? 'expected a recipe, found a function: call it, as in bundler()'
      : `expected a recipe, found ${describeValue(input)}`,
})
const parts = optional({
  ...givenSchemas,
  /**
   * The recipes. One in a stage takes the place of the one with the same name at the top level.
   * @default `[]`
   */
  use: listOf(recipe),
  /**
   * Your own tasks, by name. A stage's replace those of the same name at the top level.
   * @default `{}`
   */
  tasks: z.record(line, task),
  /**
   * Tasks in the place of those of recipes, by name; `false` switches one off. A stage's replace those of the top level.
   * @default `{}`
   */
  override: z.record(line, schemaByKind({ absent: z.literal(false).nullish(), other: task })),
  /**
   * Tasks `before` and `after` any other task, and `finally`: however it ends. A stage's are added after those of the top level.
   * @default `{}`
   */
  hooks: strict(optional({ before: hookList, after: hookList, finally: hookList })),
})

/** The end of an error about the name of an application or a stage. */
export const NAME_CHARACTERS = 'may contain only a-z, A-Z, 0-9, ".", "_" and "-"'
const application = line
  .regex(/^[A-Za-z0-9._-]+$/, { error: (issue) => `${describeValue(issue.input)} ${NAME_CHARACTERS}` })
  .refine((text) => !/^[.-]/.test(text), 'must not begin with a dot or a dash')

export const stage = strict({
  application: application.optional(),
  ...parts,
  /** The servers: a list, or role → list. In code also a function of the stage, async or not, that returns either. */
  servers: schemaByKind({
    function: null,
    list: servers,
    object: servers,
    other: 'a list of servers, an object of role → servers, or a function',
  }),
  /**
   * Settings of recipes in this stage, over those given at `use`.
   * @default `{}`
   * @example { sidekiq: { processes: 8 } }
   */
  settings: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
})
export const config = strict({
  /** The name of the application: letters, digits, `.`, `_`, `-`. A stage may give another (since 0.2.0). */
  application,
  ...parts,
  /**
   * If you list the roles, any other role, in servers or in selectors, is an error.
   * @default open
   * @example ['app', 'db', 'worker']
   */
  roles: z.array(role).optional(),
  /**
   * What each server must have in `vars`: a zod object, which checks them and gives defaults. Tasks get `host.vars` with its types.
   * @default open
   * @since 0.2.0
   */
  hostVars: zodObject.optional(),
  /**
   * What `vars` of the config and its stages may and must have: a zod object, which checks them and gives defaults. Functions and tasks get
   * `vars` with its types.
   * @default open
   * @since 0.2.0
   */
  stageVars: zodObject.optional(),
  /** The stages by name. In code a stage may be a function of `{ local }`, async or not. */
  stages: z.record(z.string(), schemaByKind({ function: null, other: stage })),
})
