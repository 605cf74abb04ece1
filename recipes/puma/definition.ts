import { distinctName } from '../systemd/services.ts'
import type { ServiceDefinition, ServiceWording } from '../systemd/services.ts'
import type { PumaHost } from './notify.ts'
import { unitNames, type Settings } from './settings.ts'
import { writer } from './writer.ts'

const WORDS: ServiceWording = {
  name: 'Puma',
  tasks: 'puma',
  account: 'puma.user',
  refused: 'conf, bind and directives',
  own: (c) => `give this one a unit of its own: puma({ serviceUnitName: '${distinctName('puma', c)}' }), then ${c.shipit('puma:install')}`,
  install: ({ shipit }) => `write it: ${shipit('puma:install')}`,
  again: ({ shipit }) => shipit('puma:install', '--force'),
  killed: { lost: 'requests may have been cut', timeout: 'TimeoutStopSec must be more than what Puma gives them (force_shutdown_after)' },
  notify: 'Type=notify needs Puma 6.1 or newer, or 5.1 with the gem sd_notify, as the main process (write exec in ExecStart)',
  reload: ({ shipit }) =>
    `the unit has no ExecReload. Write one (ExecReload=/bin/kill -USR2 $MAINPID restarts Puma in place), or: ${shipit('puma:restart')}`,
}

/** Puma as a service under systemd. */
export const pumaDefinition: ServiceDefinition<Settings, PumaHost> = {
  title: 'Puma',
  tasks: 'puma',
  on: ({ settings: { roles } }) => ({ roles }),
  describe: (s) => ({
    words: WORDS,
    scope: s,
    units: unitNames(s),
    rolling: s.rolling,
    acts: [s.phased ? 'phased' : 'reload'],
    hooked: s.defaultHooks ? [s.phased ? 'phased' : 'restart'] : [],
  }),
  writer,
}
