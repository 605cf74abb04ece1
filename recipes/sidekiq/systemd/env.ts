import { rails } from '../../rails/index.ts'
import type { Asking, Context } from '../manager.ts'

/** Sidekiq's RAILS_ENV and `-e`: the setting, that of `rails()`, or the stage's name. */
export const railsEnvOf = (c: Context | Asking): string => c.settings.railsEnv ?? c.settingsOf(rails)?.railsEnv ?? c.stage
