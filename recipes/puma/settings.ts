import { z } from 'zod'
import { fullName, rolling, unitName } from '../systemd/settings.ts'
import { scopeSettings } from '../systemd/scope.ts'

export const settings = z.object({
  /** the unit's name, with or without `.service` */
  serviceUnitName: unitName
    .refine((name) => name.endsWith('.service'), 'has the suffix of a unit that is not a service')
    .default('puma.service'),
  ...scopeSettings,
  /** the socket unit that holds the port while Puma restarts: its name, or true for that of the service */
  socket: z
    .union([z.boolean(), z.string()], 'is the name of a socket unit, or true')
    .transform((name, context) =>
      typeof name === 'boolean' ? name : fullName(name.endsWith('.socket') ? name : `${name}.socket`, context),
    )
    .default(false),
  /** workers are replaced one after the other, by USR1: needs workers, a `directory` that is `current`, and no preload_app! */
  phased: z.boolean().default(false),
  /** seconds until all workers of a phased restart must be new ones */
  phasedTimeout: z.number().int().min(1).default(300),
  /** so many hosts at a time are restarted */
  rolling,
  /** `[]`: on no server */
  roles: z.array(z.string().min(1)).default(['web']),
  /** false: none of the tasks runs by itself in a deploy */
  defaultHooks: z.boolean().default(true),
})
export type Settings = z.output<typeof settings>

/** The units of Puma on a host: the service, and its socket. */
export const unitNames = ({ serviceUnitName, socket }: Pick<Settings, 'serviceUnitName' | 'socket'>): readonly string[] => {
  if (socket === false) return [serviceUnitName]
  return [socket === true ? serviceUnitName.replace(/\.service$/, '.socket') : socket, serviceUnitName]
}
