import { z } from 'zod'
import type { StepsContext } from '../../src/index.ts'

/** Whose systemd a unit is of, and how it is called: what every recipe over systemd has among its settings. */
export const scopeSettings = {
  /** whose systemd: the host's, through sudo, or a user's own */
  serviceUnitUser: z.enum(['system', 'user']).default('user'),
  /** the user that the service runs as, where it is not who deploys: `User=` of a system unit, or whose own systemd has the unit */
  user: z
    .string()
    .min(1)
    .regex(/^[^\s:/-][^\s:/]*$/, 'is the name of a user')
    .nullable()
    .default(null),
  systemctlBin: z.string().min(1).regex(/^\S+$/, 'is one word: a command or its path').default('systemctl'),
}
export interface ScopeSettings {
  readonly serviceUnitUser: 'system' | 'user'
  readonly user: string | null
  readonly systemctlBin: string
}

/** What the functions of this folder need of a task's context; any recipe's that has {@link scopeSettings}. */
export type Context = StepsContext<ScopeSettings>
