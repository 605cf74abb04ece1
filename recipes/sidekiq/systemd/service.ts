import { distinctName, withWording } from '../../systemd/services.ts'
import type { ServiceWording } from '../../systemd/services.ts'
import type { Context as ManagerContext } from '../manager.ts'
import { isSidekiqItself } from '../program.ts'
import type { Settings } from '../settings.ts'

/** The context of a task, with Sidekiq's wording. */
export type Context = ManagerContext & { readonly service: ServiceWording }

/** Sidekiq, as messages about its units name it. */
export const wordingOf = ({ command, timeoutStartSec }: Pick<Settings, 'command' | 'timeoutStartSec'>): ServiceWording => ({
  name: 'Sidekiq',
  tasks: 'sidekiq',
  account: 'sidekiq.user',
  refused: 'directives, or unitTemplate',
  install: ({ shipit }) => `write it: ${shipit('sidekiq:install')}`,
  own: (c) =>
    `give this one a unit of its own: sidekiq({ serviceUnitName: '${distinctName('sidekiq', c)}' }), then ${c.shipit('sidekiq:install')}`,
  again: ({ shipit }) => shipit('sidekiq:install', '--force'),
  killed: { lost: 'jobs may be lost', timeout: 'TimeoutStopSec must be some 10 s more than the timeout of Sidekiq' },
  // `sidekiq 6.4.1 shop [0 of 5 busy]`, set once the application is loaded and Redis answers. Another command may set another title, or none
  ...(isSidekiqItself(command) && { title: '^sidekiq(swarm,| [0-9].* \\[[0-9]+ of [0-9]+ busy])' }),
  boot: timeoutStartSec ?? 90,
  notify: 'Type=notify needs Sidekiq 6.0.6 or newer as the main process (write exec in ExecStart)',
  reload: ({ bin }) => `the unit changed during this run: ${bin} daemon-reload, then try again`,
})

/** Adds Sidekiq's wording to the context of a task. */
export const withSidekiq =
  <R>(make: (c: Context) => R) =>
  (c: ManagerContext): R =>
    make(withWording(c, wordingOf(c.settings)))
