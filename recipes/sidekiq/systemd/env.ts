import { rails } from '../../rails/index.ts'
import type { Asking, Context } from '../manager.ts'

/** RAILS_ENV and `-e` of Sidekiq: as set, or that of `rails()`, or the stage's name. */
export const railsEnvOf = (c: Context | Asking): string => c.settings.railsEnv ?? c.settingsOf(rails)?.railsEnv ?? c.stage
