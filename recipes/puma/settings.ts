import { z } from 'zod'
import { count, environmentName, roles, rolling } from '../../src/kit/index.ts'
import { clashesIn, envFiles, fullName, scopeSettings, socketDirectives, unitName, unitPath, variables } from '../systemd/services.ts'
import { bind, listenOf } from './bind.ts'

/** @since 0.2.0 */
export const settings = z
  .object({
    /** The name of the unit, with or without `.service`. */
    serviceUnitName: unitName.refine((name) => name.endsWith('.service'), 'must be the name of a service').default('puma.service'),
    ...scopeSettings,
    /**
     * The socket unit that holds the port while Puma restarts: its name, or `true` if it is named like the service. `false`: none.
     * @example true
     */
    socket: z
      .union([z.boolean(), z.string()], 'must be the name of a socket unit, or true')
      .transform((name, context) =>
        typeof name === 'boolean' ? name : fullName(name.endsWith('.socket') ? name : `${name}.socket`, context),
      )
      .default(false),
    /**
     * The addresses that Puma, or its socket unit, listens on. `[]`: those of its config file.
     * @example 'tcp://0.0.0.0:9292'
     */
    bind,
    /** Puma's config file, relative to `current`. `null`: the one that Puma finds. */
    conf: unitPath.nullable().default('config/puma.rb'),
    /** Puma's `-e`, and its `RAILS_ENV`. `null`: that of `rails()`, or else the stage's name. */
    railsEnv: environmentName.nullable().default(null),
    /**
     * Environment of the unit. Every account of the host can read a unit: put secrets in a file.
     * @example { WEB_CONCURRENCY: 4 }
     */
    serviceUnitEnvVars: variables('serviceUnitEnvFiles'),
    /**
     * Files with lines `NAME=VALUE`; relative paths are in `shared`. A leading `-` means that the file may be missing.
     * @example ['-.env']
     */
    serviceUnitEnvFiles: envFiles,
    /**
     * A file to append the output to; relative paths are in `shared`. `null`: the journal.
     * @example 'log/puma.log'
     */
    accessLog: unitPath.nullable().default(null),
    /** The same for standard error. `null`: the same place as `accessLog`. */
    errorLog: unitPath.nullable().default(null),
    /** Seconds without a sign of life after which systemd ends Puma and starts it again. `0`: never. */
    systemdWatchdogSec: z.number().int().min(0).default(10),
    /**
     * Directives by section, in systemd's syntax. They replace those of shipit; `null` leaves one out.
     * @example { Service: { MemoryMax: '2G' } }
     */
    directives: socketDirectives,
    /** `true`: replace the workers one after the other, by USR1. Needs workers, a `directory` that is `current`, and no `preload_app!`. */
    phased: z.boolean().default(false),
    /** Seconds that a phased restart may take to replace all workers. */
    phasedTimeout: count.default(300),
    /** How many hosts restart at a time. `null`: all at once. */
    rolling,
    /** The servers that run Puma. A server without roles has every role. `[]`: none, for a stage without Puma. */
    roles: roles.default(['web']),
    /** `false`: adds no hooks to a deploy. */
    defaultHooks: z.boolean().default(true),
  })
  .superRefine((s, context) => {
    if (s.socket === false) return
    for (const [i, one] of s.bind.entries())
      if (listenOf(one, (file) => file) === undefined)
        context.addIssue({
          code: 'custom',
          path: ['bind', i],
          message: `${one} is not an address for a socket unit, since systemd resolves no names: write an IP address and a port, such as tcp://127.0.0.1:9292`,
        })
    const listen = s.bind.flatMap((one) => listenOf(one, (file) => file) ?? [])
    for (const message of clashesIn(listen, s.directives.Socket)) context.addIssue({ code: 'custom', path: ['bind'], message })
  })
export type Settings = z.output<typeof settings>

/** Puma's socket unit; undefined: it has none. */
export const socketName = ({ serviceUnitName, socket }: Pick<Settings, 'serviceUnitName' | 'socket'>): string | undefined => {
  if (socket === false) return undefined
  return socket === true ? serviceUnitName.replace(/\.service$/, '.socket') : socket
}

/** Puma's units on a host: its socket, and the service. */
export const unitNames = (s: Pick<Settings, 'serviceUnitName' | 'socket'>): readonly string[] => {
  const socket = socketName(s)
  return socket === undefined ? [s.serviceUnitName] : [socket, s.serviceUnitName]
}
