import type { Claim, Host } from '../../src/index.ts'
import { unitClaim } from '../systemd/names.ts'
import type { Settings } from './settings.ts'
import { pidfiles } from './signals/processes.ts'
import { fileNames, unitNames } from './units.ts'
import { instances, jobFiles } from './upstart/jobs.ts'

/** What only one `sidekiq()` may have on a host: units and their files, jobs, pidfiles. */
export const claims = (s: Settings, host: Host): readonly Claim[] => {
  switch (s.manager) {
    case 'systemd':
      return [...new Set([...fileNames(s).map(({ name }) => name), ...unitNames(s)])].map((name) => unitClaim(s, host, name))
    case 'upstart':
      return [...new Set([...jobFiles(s).map(({ name }) => name), ...instances(s).map(({ words }) => words.join(' '))])].map((name) => ({
        what: `the job ${name} of Upstart`,
      }))
    case 'signals':
      return pidfiles(s).map((file) => ({ what: `the pidfile ${file}` }))
  }
}
