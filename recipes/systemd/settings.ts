import { z } from 'zod'
import type { CoreTask, Late, Rolling, Selector } from '../../src/index.ts'
import { parted } from './lifecycle.ts'
import { badUnit, mangleUnit } from './names.ts'
import { scopeSettings } from './scope.ts'

/** What you can do with a service; these are also the names of its tasks. */
export type ServiceTask = 'start' | 'stop' | 'restart' | 'reload' | 'status' | 'log' | 'enable' | 'disable'

export interface ServiceSettings {
  /** the unit's name, a `.service` unless it has a suffix; default: the service's name */
  readonly unit?: string
  /** several units in one call: a service with its socket, workers … */
  readonly units?: readonly string[]
  /** default: every release host */
  readonly on?: Selector
  /** whose systemd has the unit: the host's, through sudo, or (default) a user's own */
  readonly user?: 'system' | 'user'
  /** the user whose own systemd it is, if not the deploying one */
  readonly account?: string | null
  readonly systemctlBin?: string
  /** true: a service that all applications on the host use, such as nginx: shipit does not check whose its unit is */
  readonly shared?: boolean
  /** `reload` restarts units that cannot be reloaded */
  readonly reloadOrRestart?: boolean
  /** how many hosts restart at a time */
  readonly rolling?: Rolling | null
  /** the tasks of the service that run after a task of the deploy */
  readonly after?: { readonly [K in CoreTask]?: ServiceTask | readonly ServiceTask[] }
}
/** The same as given to `use`: some settings may be late. */
export interface GivenService extends Omit<ServiceSettings, 'unit' | 'user' | 'account' | 'systemctlBin'> {
  readonly unit?: Late<string>
  readonly user?: Late<'system' | 'user'>
  readonly account?: Late<string | null>
  readonly systemctlBin?: Late<string>
}

/** The full name of a unit, checked and escaped. */
export const unitName = z.string().transform((name, context) => fullName(name, context))

/** The same within another schema; adds errors to its context. */
export const fullName = (name: string, context: z.RefinementCtx): string => {
  const why = badUnit(name)
  if (why !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(name)} ${why}` })
  return mangleUnit(name)
}

const size = z.union([z.number().int().min(1), z.templateLiteral([z.number().int().min(1).max(100), '%'])])
const duration = z.union([z.number().min(0), z.templateLiteral([z.number().min(0), z.enum(['ms', 's', 'm', 'h'])])])
export const rolling = z
  .strictObject({ size, wait: duration.optional() })
  .transform(({ size: of, wait }): Rolling => (wait === undefined ? { size: of } : { size: of, wait }))
  .nullable()
  .default(null)

const task = z.enum(['start', 'stop', 'restart', 'reload', 'status', 'log', 'enable', 'disable'])

/** The settings of the service called `name`. */
export const serviceSchema = (name: string) =>
  z
    .strictObject({
      unit: unitName.optional(),
      units: z.array(unitName).min(1, 'names no unit').optional(),
      on: z.custom<Selector>(isSelector, 'is a role, several, or { roles, primary, where, except }').default('release'),
      user: scopeSettings.serviceUnitUser,
      account: scopeSettings.user,
      systemctlBin: scopeSettings.systemctlBin,
      shared: z.boolean().default(false),
      reloadOrRestart: z.boolean().default(false),
      rolling,
      after: z.record(z.string(), z.union([task, z.array(task)])).default({}),
    })
    .superRefine((s, context) => {
      if (s.unit !== undefined && s.units !== undefined)
        context.addIssue({ code: 'custom', path: ['units'], message: 'stands beside `unit`: write one of them' })
      if (s.account !== null && s.user === 'system')
        context.addIssue({ code: 'custom', path: ['account'], message: "is whose own systemd it is: with user: 'system' it is the host's" })
      const same = s.units?.find((unit, i, all) => all.indexOf(unit) < i)
      if (same !== undefined) context.addIssue({ code: 'custom', path: ['units'], message: `${same}: the same unit twice` })
    })
    .transform(({ unit, units, ...rest }) => {
      const { main, stay } = parted((units ?? [unit ?? mangleUnit(name)]).map((one) => ({ name: one })))
      // systemctl passes the units on in order, and a socket cannot start once its service runs
      return { ...rest, units: [...stay, ...main].map((one) => one.name) }
    })
export type ServiceOut = z.output<ReturnType<typeof serviceSchema>>

function isSelector(value: unknown): boolean {
  if (value === 'local') return false
  return typeof value === 'string' || (typeof value === 'object' && value !== null)
}
