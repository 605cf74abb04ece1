import { LOCAL_SSH_COMMAND } from '../inventory/ssh-command.ts'
import type { Host } from '../inventory/types.ts'
import type { HostRead } from '../plan/types.ts'

/** This machine, for tasks with `on: 'local'`. */
export const localHost: Host = {
  name: 'local',
  address: 'localhost',
  user: undefined,
  port: undefined,
  roles: [],
  primary: false,
  release: false,
  vars: {},
  ssh: { transport: 'local' },
  sshCommand: LOCAL_SSH_COMMAND,
  has: () => false,
}

/** Nothing is read from this machine. */
export const LOCAL_READ: HostRead = {
  layout: {
    home: '',
    user: '',
    current: { kind: 'none' },
    revision: undefined,
    releases: [],
    repo: { exists: false, url: undefined },
    commit: undefined,
    missing: [],
    mvT: true,
  },
  recipes: {},
}
