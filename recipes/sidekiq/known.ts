import { z } from 'zod'
import type { Path } from '../../src/index.ts'
import type { FoundFile } from '../../src/kit/index.ts'
import type { Properties, ServiceFacts } from '../systemd/services.ts'

/** What is known about a host: the values of the facts of its manager, and of the doctor's. */
export interface SidekiqFacts extends ServiceFacts<SidekiqHost> {
  /** processes that are quiet while no run holds this host's lock */
  readonly quiet?: readonly QuietProcess[] | undefined
  readonly redis?: RedisRead | undefined

  /** systemd: further properties of the units, for the doctor; undefined: systemd did not answer */
  readonly more?: readonly Properties[] | undefined
  /** systemd: what the units run, and what they refer to that is missing, one row each */
  readonly runs?: readonly string[] | undefined

  /** Upstart: the jobs, their files, and the files that change a job, NAME.override */
  readonly jobs?: readonly Job[] | undefined
  readonly jobFiles?: readonly FoundFile[] | undefined
  readonly overrides?: readonly FoundFile[] | undefined
  /** Upstart: the home of Sidekiq's user; undefined also if the host has no such user */
  readonly home?: string | undefined

  /** signals: the daemons of the host */
  readonly processes?: DaemonsRead | undefined
}

export interface QuietProcess {
  readonly name: string
  readonly pid: number
}

/** What a unit or a job needs to know about Sidekiq on a host. */
export interface SidekiqHost {
  /** the version in the live release, or in the newest; undefined: no release, or no Gemfile.lock in it */
  readonly sidekiq: readonly number[] | undefined
  /** by config file: its `:timeout:`, which `-t` overrides */
  readonly timeouts: Readonly<Record<string, number>>
}

/** What the doctor's Ruby program prints of the Redis that Sidekiq uses. */
export const redisAnswer = () =>
  z.object({
    /** Sidekiq's version */
    sidekiq: z.string().nullish(),
    /** how many processes of Sidekiq run on this host */
    running: z.number(),
    /** how many of them Redis knows */
    known: z.number().optional(),
    /** the source of the address */
    source: z.string().optional(),
    /** the address, without its password */
    at: z.string().optional(),
    /** Redis is not configured anywhere: the address is a guess */
    default: z.boolean().optional(),
    /** the version of Redis */
    version: z.string().nullish(),
    /** its maxmemory-policy */
    policy: z.string().nullish(),
    /** why Redis could not be asked */
    error: z.string().optional(),
  })
export type RedisAnswer = z.output<ReturnType<typeof redisAnswer>>

/** What the host's Ruby found; or how it failed, if it could not be run. */
export type RedisRead = { readonly answer: RedisAnswer } | { readonly answer?: undefined; readonly code: number; readonly stderr: string }

/** What initctl calls one process: a job, or an instance of it if `processes` is 2 or more. */
export interface Instance {
  readonly job: string
  /** `['sidekiq']`, `['sidekiq', 'index=1']` */
  readonly words: readonly string[]
  /** the name of its log: `sidekiq`, `sidekiq-1` */
  readonly label: string
}

/** A job or an instance as it was when the host was read. */
export interface Job extends Instance {
  /** `unknown`: Upstart could not be asked */
  readonly state: 'missing' | 'running' | 'starting' | 'down' | 'unknown'
  /** 0: none */
  readonly pid: number
  /** what initctl printed */
  readonly answer: string
}

/** A daemon of a host: its index, its pidfile and its config file (undefined: config/sidekiq.yml, which it finds by itself). */
export interface Daemon {
  readonly index: number
  readonly file: Path
  readonly config: string | undefined
}

/** `foreign`: the pidfile names a Sidekiq that runs outside our releases. */
export type DaemonState = 'running' | 'foreign' | 'stale' | 'none'

/** The daemons of a host, as they were when it was read. */
export interface DaemonsRead {
  readonly daemons: readonly (Daemon & { readonly state: DaemonState; readonly pid: number })[]
  /** by PID: the working directory of another application's Sidekiq */
  readonly foreignDirs: ReadonlyMap<number, string>
  /** PIDs of this application's Sidekiqs that no pidfile names */
  readonly withoutPidfile: readonly number[]
  readonly unwritable: readonly string[]
  /** from the live release's Gemfile.lock */
  readonly version: string | undefined
  /** why the host could not be read, as far as it printed that; the rest is not known then */
  readonly why?: string
}
