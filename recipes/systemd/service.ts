import type { BaseContext } from '../../src/index.ts'

type Call = BaseContext['shipit']

/** What the texts about a failure call the service, and what they know of it. */
export interface Service {
  /** in a sentence: `Sidekiq` */
  readonly name: string
  /** what its tasks begin with: `sidekiq` */
  readonly tasks: string
  /** the setting that says whose systemd it is: `serviceUnitUser` */
  readonly scope: string
  /** how a unit that is missing comes to be there, as an order */
  readonly install: (c: { shipit: Call; bin: string }) => string
  /** how to give this application a unit of its own, where the one that is there belongs to another */
  readonly own: (c: Pick<BaseContext, 'application' | 'stage' | 'shipit'>) => string
  /** the command that writes a unit of shipit's again; undefined: shipit writes none */
  readonly again?: (c: { shipit: Call }) => string
  /** it may be a service of the host itself, whose unit need not say whose it is */
  readonly hosts?: true
  /** what is lost when systemd had to kill it, and what then is wrong with its TimeoutStopSec */
  readonly killed: { readonly lost: string; readonly timeout: string }
  /** a pattern for grep -E of the title that its process has once it is up; undefined: it sets none */
  readonly title?: string
  /** seconds that it may take to come up, where systemd does not know when it is; 90 */
  readonly boot?: number
  /** what Type=notify asks of it */
  readonly notify: string
  /** what to do about a unit that cannot be reloaded */
  readonly reload: (c: { shipit: Call; bin: string }) => string
}

/** The context with the words of a service. */
export const serving = <C extends object>(c: C, service: Service): C & { readonly service: Service } => ({ ...c, service })

/** Sidekiq's, which are also those of a context without any. */
export const SIDEKIQ: Service = {
  name: 'Sidekiq',
  tasks: 'sidekiq',
  scope: 'serviceUnitUser',
  install: ({ shipit }) => `write it: ${shipit('sidekiq:install')}`,
  own: (c) =>
    `give this one a unit of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' }), then ${c.shipit('sidekiq:install')}`,
  again: ({ shipit }) => shipit('sidekiq:install', '--force'),
  killed: { lost: 'jobs may be lost', timeout: 'TimeoutStopSec must be some 10 s more than the timeout of Sidekiq' },
  // `sidekiq 6.4.1 shop [0 of 5 busy]`, set when the application is loaded and Redis answers
  title: '^sidekiq(swarm,| [0-9].* \\[[0-9]+ of [0-9]+ busy])',
  notify: 'Type=notify needs Sidekiq 6.0.6 or newer as the main process (write exec in ExecStart)',
  reload: ({ bin }) => `the unit changed under this run: ${bin} daemon-reload, and once more`,
}

/** A name for a unit that no other application's and no other stage's has. */
export const ownName = (what: string, { application, stage }: { application: string; stage: string }): string =>
  `${what}-${application}-${stage}`.replaceAll(/[^\w.-]/g, '_')
