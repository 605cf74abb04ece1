import type { BaseContext } from '../../src/index.ts'

type Call = BaseContext['shipit']

/** What messages about a failure need to know about a service. */
export interface Service {
  /** its name in a sentence: `Sidekiq` */
  readonly name: string
  /** the prefix of its tasks: `sidekiq` */
  readonly tasks: string
  /** the setting that selects whose systemd it is: `serviceUnitUser` */
  readonly scope: string
  /** how to install a missing unit, as an instruction */
  readonly install: (c: { shipit: Call; bin: string }) => string
  /** how to give this application a unit of its own, if the existing one belongs to another */
  readonly own: (c: Pick<BaseContext, 'application' | 'stage' | 'shipit'>) => string
  /** the command that rewrites a unit of shipit's; undefined: shipit writes none */
  readonly again?: (c: { shipit: Call }) => string
  /** it may be a service of the host itself, whose unit need not show whose it is */
  readonly hosts?: true
  /** what is lost if systemd has to kill it, and what is wrong with its TimeoutStopSec then */
  readonly killed: { readonly lost: string; readonly timeout: string }
  /** a `grep -E` pattern for the title of its process once it is up; undefined: it sets none */
  readonly title?: string
  /** seconds that it may take to come up, if systemd does not know when it is; default: 90 */
  readonly boot?: number
  /** what Type=notify requires of it */
  readonly notify: string
  /** what to do about a unit that cannot be reloaded */
  readonly reload: (c: { shipit: Call; bin: string }) => string
}

/** Adds a service to a context. */
export const serving = <C extends object>(c: C, service: Service): C & { readonly service: Service } => ({ ...c, service })

/** Sidekiq, which is also the default of a context without a service. */
export const SIDEKIQ: Service = {
  name: 'Sidekiq',
  tasks: 'sidekiq',
  scope: 'serviceUnitUser',
  install: ({ shipit }) => `write it: ${shipit('sidekiq:install')}`,
  own: (c) =>
    `give this one a unit of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' }), then ${c.shipit('sidekiq:install')}`,
  again: ({ shipit }) => shipit('sidekiq:install', '--force'),
  killed: { lost: 'jobs may be lost', timeout: 'TimeoutStopSec must be some 10 s more than the timeout of Sidekiq' },
  // `sidekiq 6.4.1 shop [0 of 5 busy]`, set once the application is loaded and Redis answers
  title: '^sidekiq(swarm,| [0-9].* \\[[0-9]+ of [0-9]+ busy])',
  notify: 'Type=notify needs Sidekiq 6.0.6 or newer as the main process (write exec in ExecStart)',
  reload: ({ bin }) => `the unit changed under this run: ${bin} daemon-reload, and once more`,
}

/** A unit name that no other application or stage has. */
export const ownName = (what: string, { application, stage }: { application: string; stage: string }): string =>
  `${what}-${application}-${stage}`.replaceAll(/[^\w.-]/g, '_')
