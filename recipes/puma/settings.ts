import { z } from 'zod'
import { fullName, rolling, unitName } from '../systemd/settings.ts'
import { scopeSettings } from '../systemd/scope.ts'

export const settings = z.object({
  /** the unit's name, with or without `.service` */
  serviceUnitName: unitName
    .refine((name) => name.endsWith('.service'), 'has the suffix of a unit that is not a service')
    .default('puma.service'),
  ...scopeSettings,
  /** the socket unit that holds the port while Puma restarts: its name, or true if it is named like the service */
  socket: z
    .union([z.boolean(), z.string()], 'is the name of a socket unit, or true')
    .transform((name, context) =>
      typeof name === 'boolean' ? name : fullName(name.endsWith('.socket') ? name : `${name}.socket`, context),
    )
    .default(false),
  /** replaces workers one after the other, by USR1: needs workers, a `directory` that is `current`, and no preload_app! */
  phased: z.boolean().default(false),
  /** seconds within which a phased restart must have replaced all workers */
  phasedTimeout: z.number().int().min(1).default(300),
  /** how many hosts restart at a time */
  rolling,
  /** `[]`: no server */
  roles: z.array(z.string().min(1)).default(['web']),
  /** false: a deploy runs none of the tasks by itself */
  defaultHooks: z.boolean().default(true),
})
export type Settings = z.output<typeof settings>

/** Puma's units on a host: the service, and its socket. */
export const unitNames = ({ serviceUnitName, socket }: Pick<Settings, 'serviceUnitName' | 'socket'>): readonly string[] => {
  if (socket === false) return [serviceUnitName]
  return [socket === true ? serviceUnitName.replace(/\.service$/, '.socket') : socket, serviceUnitName]
}
