import type { Context } from '../../recipes/sidekiq/manager.ts'
import { sidekiqUnits } from '../../recipes/sidekiq/systemd/definition.ts'
import { partOf } from '../../recipes/systemd/services.ts'
import type { WantedUnit } from '../../recipes/systemd/services.ts'

/** Sidekiq's unit files as shipit writes them. */
export const unitFiles = (c: Context): readonly WantedUnit[] =>
  sidekiqUnits.writer.files(partOf(sidekiqUnits, c).context, c.settings, c.facts.host?.known)
