import type { Command } from '../../../src/index.ts'
import { serving, SIDEKIQ } from '../../systemd/service.ts'
import { remedy } from '../../systemd/remedies.ts'
import { act, ask } from '../../systemd/systemctl.ts'
import { lingers } from '../../systemd/watch.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { unitsOf } from './lifecycle.ts'

/** `enable` or `disable` all units in one call. If one is missing, systemctl enables none of them, so all missing units are reported. */
export const boot = (c: Context, verb: 'enable' | 'disable'): readonly (Command | false)[] => {
  const names = unitNames(c.settings)
  const missing = unitsOf(c).flatMap(({ name, state }) => (state === 'missing' ? [name] : []))
  return [
    missing.length > 0 &&
      ask(c, ['cat'], missing)
        .title(`check that ${missing.join(', ')} is installed`)
        .hint(remedy(c, missing, 'check')),
    act(c, verb, names),
    verb === 'enable' && c.settings.serviceUnitUser === 'user' && lingers(serving(c, SIDEKIQ)),
  ]
}
