import { absolute } from '../../absolute.ts'
import { ownerOf } from '../../systemd/scope.ts'
import type { Context } from '../manager.ts'

/** The user that Sidekiq runs as; '' if the login was not read. */
export const userOf = (c: Context): string => (c.settings.serviceUnitUser === 'user' ? ownerOf(c) : (c.settings.user ?? c.layout.user))

/** Absolute, because systemd does not expand `~` there. */
export const currentOf = (c: Context): string => absolute(c, c.paths.current)

/** Absolute paths as they are, others under `shared`. */
export const inShared = (c: Context, file: string): string =>
  file.startsWith('/') ? file : `${absolute(c, c.paths.shared)}/${file.replace(/^\.\/+/, '')}`
