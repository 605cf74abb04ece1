import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import type { CoreTask, Late } from '../../src/index.ts'
import { count, rolling, selector } from '../../src/kit/index.ts'
import { splitUnits } from './lifecycle.ts'
import { mangleUnit } from './names.ts'
import { scopeSettings } from './scope.ts'
import { clashesIn, envFiles, listen, socketDirectives, unitLine, unitPath, variables, wants, unitName } from './units/settings.ts'

const TASKS = ['start', 'stop', 'restart', 'reload', 'status', 'log', 'enable', 'disable'] as const
/** What you can do with a service; these are also the names of its tasks. */
export type ServiceTask = (typeof TASKS)[number]
/** What you can also do with a service whose unit shipit writes. */
export type UnitTask = 'install' | 'uninstall'

/** A command as its words. A string is split at spaces; shell syntax in it is refused, since no shell reads it. */
const exec = z
  .union([
    unitLine
      .regex(/\S/, 'must not be empty')
      .regex(
        /^[^"'`$\\|&;<>()*?#~]*$/,
        "has characters that only a shell understands: write its words as a list, ['bin/web', '--name=a b'], or run a shell: ['/bin/sh', '-c', '…']",
      )
      .transform((text) => text.trim().split(/\s+/)),
    z.array(unitLine.min(1)).min(1),
  ])
  .superRefine(([program = ''], context) => {
    const message = mistakeIn(program)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** A folder may have spaces, but a program whose name has some is most likely a whole command. */
const mistakeIn = (program: string): string | undefined => {
  if (/\s(-|[^/]*$)/.test(program)) return `begins with ${JSON.stringify(program)}: write each word by itself`
  if (program.startsWith('~')) return 'begins with ~, which systemd does not expand: write the path in full'
  return /^[A-Za-z_]\w*=/.test(program) ? 'begins with a variable: put it into env' : undefined
}

const task = z.enum(TASKS)
type After = { readonly [K in CoreTask]?: ServiceTask | readonly ServiceTask[] }

/** The settings of a unit that shipit writes. */
const written = {
  /**
   * With `exec`: what systemd listens on for the service: a port, an address with a port, a path (relative: in `shared`), or a list of these.
   * shipit writes a socket unit, which stays up over a restart; the service gets the socket as file descriptor 3.
   * @example [3000, 'tmp/sockets/web.sock']
   * @directive ListenStream
   */
  listen,
  /**
   * With `exec`: its environment. Every account on the host can read a unit, so a secret is refused: put it into a file, `envFiles`.
   * @example { NODE_ENV: 'production', PORT: 3000 }
   * @directive Environment
   */
  env: variables('envFiles'),
  /**
   * With `exec`: files with NAME=VALUE lines. Relative paths are in `shared`; put a `-` before one that may be missing.
   * @example ['.env', '-/etc/default/shop']
   * @directive EnvironmentFile
   */
  envFiles,
  /**
   * With `exec`: a file to append the output to. A relative path is in `shared`; null: the journal.
   * @example 'log/web.log'
   * @directive StandardOutput
   */
  log: unitPath.nullable().default(null),
  /**
   * The same for stderr. null: the same as `log`.
   * @example 'log/web.error.log'
   * @directive StandardError
   */
  errorLog: unitPath.nullable().default(null),
  /**
   * With `exec`, true: the service notifies systemd when it is up (`READY=1`).
   * @example true
   * @directive Type
   */
  notify: z.boolean().default(false),
  /**
   * With `exec`: seconds between TERM and KILL.
   * @example 60
   * @directive TimeoutStopSec
   */
  stopTimeout: count.default(30),
  /**
   * With `exec`: units to start with it, and before it.
   * @example ['redis-server.service']
   * @directive Wants
   */
  wants,
  /**
   * With `exec`: directives by section, in systemd's syntax. They replace those of shipit; null leaves one out. `Socket` needs `listen`.
   * @example { Service: { MemoryMax: '2G', ExecReload: '/bin/kill -HUP $MAINPID' } }
   */
  directives: socketDirectives,
}

/**
 * The settings of a service. Its name is part of the names of its tasks: letters, digits, `_` and `-`.
 * @since 0.2.0
 */
const shape = z.strictObject({
  /**
   * The unit. Without a suffix it is a `.service`; write out `.socket`, `.timer`, `.target` and the others.
   * @default the service's name
   * @example 'shop-web'
   */
  unit: unitName.optional(),
  /**
   * Several units instead of one, always in one call. Sockets, timers and paths come first.
   * @example ['web', 'web.socket']
   */
  units: z.array(unitName).min(1, 'names no unit').optional(),
  /** The hosts: a role, several, or `{ roles, primary, where, except }`. */
  on: selector.default('release'),
  ...scopeSettings,
  /** `true`: a service that all applications on the host use, such as nginx. shipit does not check who owns its unit. */
  shared: z.boolean().default(false),
  /** `true`: `reload` restarts units that cannot be reloaded. */
  reloadOrRestart: z.boolean().default(false),
  /**
   * The command: shipit writes its unit. A program with a slash is in `current` (`bin/web`); any other is found in the PATH of the stage's
   * commands (`node server.js`). A string is split at spaces; a list has its words as they are, so write one if a word has a space.
   * @example ['/bin/sh', '-c', 'exec bin/web']
   * @directive ExecStart
   */
  exec: exec.optional(),
  ...written,
  /** How many hosts restart at a time; null: all at once. With it, the services of a host restart one by one. */
  rolling,
  /**
   * The tasks of the service that run after a task of the deploy.
   * @default with `exec`, and no timer or path: `{ 'deploy:published': 'restart' }`
   * @example { 'deploy:published': 'reload' }
   */
  after: (z.record(z.string(), z.union([task, z.array(task)])) as unknown as z.ZodType<After, After>).optional(),
})

/** Lists may be `as const`. */
type Frozen<T> = T extends (...args: never) => unknown ? T : T extends object ? { readonly [K in keyof T]: Frozen<T[K]> } : T
/** The settings of a service, as a stage gives them. */
export type ServiceSettings = Frozen<z.input<typeof shape>>
/** The same as given to `use`: all but `on`, where a function selects hosts, may be late. `given.ts` has them with their comments. */
export type Given = { readonly [K in keyof ServiceSettings]: K extends 'on' ? ServiceSettings[K] : Late<ServiceSettings[K]> }

/** The settings of the service called `name`. `written`: it has a command in `use`, and with it the tasks that write its unit. */
export const serviceSchema = (name: string, written = true) =>
  shape
    .superRefine((s, context) => {
      for (const mistake of mistakesIn(s, name, written)) context.addIssue({ code: 'custom', ...mistake })
    })
    .transform(({ unit, units, after, ...rest }) => {
      const given = units ?? [unit ?? mangleUnit(name)]
      const socket = rest.listen.length === 0 || given.some((one) => one.endsWith('.socket')) ? [] : given.flatMap(socketOf)
      const { main, stay } = splitUnits([...socket, ...given].map((one) => ({ name: one })))
      // without it, a process of the previous release would run forever; a service that a timer or a path starts ends by itself
      const ends = stay.some((one) => /\.(timer|path)$/.test(one.name))
      const restarts: typeof after = rest.exec === undefined || ends ? {} : { 'deploy:published': 'restart' }
      // systemctl passes the units on in order, and a socket cannot start once its service runs
      return { ...rest, after: after ?? restarts, units: [...stay, ...main].map((one) => one.name) }
    })

type Shaped = z.output<typeof shape>
interface Mistake {
  readonly path: string[]
  readonly message: string
}

/** Settings that do not go together. */
const mistakesIn = function* (s: Shaped, name: string, written: boolean): Generator<Mistake> {
  if (s.exec !== undefined && !written)
    yield { path: ['exec'], message: 'must be in `use` too, or the tasks that write the unit do not exist: a stage can only replace it' }
  if (s.unit !== undefined && s.units !== undefined) yield { path: ['units'], message: 'cannot be used with `unit`: write one of them' }
  // a value of serviceUnitUser, which had this name before 0.2.0 was released
  if (s.user === 'user' && s.serviceUnitUser === 'user')
    yield { path: ['user'], message: "is the name of an account: to choose the systemd, write serviceUnitUser: 'user'" }
  else if (s.user !== null && s.serviceUnitUser === 'system' && s.exec === undefined)
    yield {
      path: ['user'],
      message: "cannot be used with serviceUnitUser: 'system' without exec: it names the user whose own systemd has the unit",
    }
  const sockets = (s.units ?? []).filter((unit) => unit.endsWith('.socket'))
  if (s.listen.length > 0 && sockets.length > 1)
    yield { path: ['listen'], message: `allows one socket unit, found ${sockets.join(' and ')}` }
  for (const message of clashesIn(s.listen, s.directives.Socket)) yield { path: ['listen'], message }
  if (s.listen.length === 0 && Object.keys(s.directives.Socket).length > 0)
    yield { path: ['directives', 'Socket'], message: 'needs `listen`: without it shipit writes no socket unit' }
  yield* s.exec === undefined ? mistakesWithoutExec(s) : mistakesWithExec(s, name)
  const same = s.units?.find((unit, i, all) => all.indexOf(unit) < i)
  if (same !== undefined) yield { path: ['units'], message: `${same}: the same unit twice` }
}

const mistakesWithoutExec = function* (s: Shaped): Generator<Mistake> {
  for (const key of lost(s)) yield { path: [key], message: 'needs `exec`: it applies only to a unit that shipit writes' }
}

const mistakesWithExec = function* (s: Shaped, name: string): Generator<Mistake> {
  const services = (s.units ?? [s.unit ?? mangleUnit(name)]).filter((unit) => unit.endsWith('.service'))
  if (services.length !== 1 || services[0]!.includes('@'))
    yield { path: ['exec'], message: 'needs exactly one service, and not a template: give each service an entry of its own' }
  if (s.shared) yield { path: ['shared'], message: 'cannot be used with `exec`: shipit does not write the unit of a service of the host' }
  for (const hook of canReload(s) ? [] : hooksOf('reload', s.after))
    yield {
      path: ['after', hook],
      message:
        "reloads a unit without ExecReload: add directives: { Service: { ExecReload: '/bin/kill -HUP $MAINPID' } }, or use 'restart'",
    }
}
/** The socket unit of a service, unless one of another name is given. */
const socketOf = (unit: string): readonly string[] => (unit.endsWith('.service') ? [unit.replace(/\.service$/, '.socket')] : [])

/** The tasks of a deploy after which a task of the service runs. */
const hooksOf = (task: ServiceTask, after: Readonly<Record<string, ServiceTask | readonly ServiceTask[]>> = {}): readonly string[] =>
  Object.entries(after).flatMap(([hook, tasks]) => ([tasks].flat().includes(task) ? [hook] : []))

/** Whether the unit that shipit writes can be reloaded, by systemd.service(5). */
const canReload = (s: { readonly reloadOrRestart: boolean; readonly directives: z.output<typeof socketDirectives> }): boolean => {
  const { ExecReload, Type } = s.directives.Service
  return s.reloadOrRestart || [ExecReload ?? []].flat().length > 0 || [Type].flat().at(-1) === 'notify-reload'
}

/** Settings that have no effect without `exec`. */
const lost = (s: Shaped): readonly string[] => {
  const unset = z.object(written).parse({})
  return Object.keys(written).filter((key) => !isDeepStrictEqual(s[key as keyof typeof written], unset[key as keyof typeof written]))
}

export type ServiceOut = z.output<ReturnType<typeof serviceSchema>>
