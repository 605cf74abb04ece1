import type { SudoersRules } from '../../src/kit/index.ts'
import { NO_SUDO_NEEDED, sudoersCalls } from '../systemd/services.ts'
import type { Settings } from './settings.ts'
import { allCalls } from './systemd/calls.ts'
import { allCalls as upstartCalls } from './upstart/jobs.ts'

/** The sudo rules that the tasks need under each manager. */
export const sudoersRules: SudoersRules<Settings> = {
  task: 'sidekiq:sudoers',
  on: ({ settings: { roles } }) => ({ roles }),
  bin: (s) => (s.manager === 'upstart' ? s.upstart.initctlBin : s.systemctlBin),
  binDir: (s) => (s.manager === 'upstart' ? '/sbin' : '/usr/bin'),
  calls: (s, host) => {
    if (s.manager === 'upstart') return upstartCalls(s).map(([, ...words]) => ({ as: 'root', words: [host.bin, ...words] }))
    // a process that is signalled belongs to a user, whatever the scope of the units
    return s.manager === 'systemd' ? sudoersCalls(s, allCalls(s), host) : sudoersCalls({ ...s, serviceUnitUser: 'user' }, [], host)
  },
  whyNone: (s) => (s.manager === 'signals' ? 'Sidekiq runs as the deploy user' : NO_SUDO_NEEDED),
}
