import type { BaseContext } from '../../src/index.ts'

type Call = BaseContext['shipit']

/** What messages about a failure need to know about a service. */
export interface ServiceWording {
  /** its name in a sentence: `Sidekiq` */
  readonly name: string
  /** the prefix of its tasks: `sidekiq` */
  readonly tasks: string
  /** the setting with the account that it runs as: `sidekiq.user` */
  readonly account: string
  /** the settings to check if systemd rejects its unit file; default: `directives` */
  readonly refused?: string
  /** how to install a missing unit, as an instruction */
  readonly install: (c: { shipit: Call; bin: string }) => string
  /** how to give this application a unit of its own, if the existing one belongs to another */
  readonly own: (c: Pick<BaseContext, 'application' | 'stage' | 'shipit'>) => string
  /** the command that rewrites a unit of shipit's; undefined: shipit writes none */
  readonly again?: ((c: { shipit: Call }) => string) | undefined
  /** it may be a service of the host itself, whose unit need not show its owner */
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
export const withWording = <C extends object>(c: C, service: ServiceWording): C & { readonly service: ServiceWording } => ({
  ...c,
  service,
})

/** The wording that services have in common whose unit the task `install` writes. */
export const commandWording = (name: string, tasks: string) =>
  ({
    name,
    tasks,
    install: ({ shipit }) => `write it: ${shipit(`${tasks}:install`)}`,
    again: ({ shipit }) => shipit(`${tasks}:install`, '--force'),
    killed: { lost: 'what it was doing is lost', timeout: 'Give it more time to end: TimeoutStopSec in its unit' },
    notify: 'Type=notify is for a program that says READY=1 as the main process (write exec in ExecStart)',
  }) satisfies Partial<ServiceWording>

/** A unit name that no other application or stage has. */
export const distinctName = (what: string, { application, stage }: { application: string; stage: string }): string =>
  `${what}-${application}-${stage}`.replaceAll(/[^\w.-]/g, '_')

/** The name of a service among those of its recipe: `web` of `systemd:web`; undefined: the recipe has only one. */
export const partName = (tasks: string): string | undefined => tasks.split(':')[1]
