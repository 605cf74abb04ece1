import type { Fact } from '../facts/fact.ts'

/** A service of a recipe on a host, as `shipit STAGE status` shows it. One that has several processes may have a row for each. */
export interface ServiceStatus {
  /** its name on the host: `puma.service` */
  readonly name: string
  /** in a word or two: `active`, `failed`, `not installed` */
  readonly state: string
  /** whether it is as it should be; undefined: not known */
  readonly up: boolean | undefined
  /** its process */
  readonly pid?: number | undefined
  /** the age of the process, in seconds */
  readonly age?: number | undefined
  /** the folder that the process works in, without links (proc(5)): it shows the release; undefined: not known */
  readonly dir?: string | undefined
}

/** The services of a recipe on a host, each question by any name; the answer is undefined if it could not be read. */
export interface StatusFacts {
  readonly [name: string]: Fact<readonly ServiceStatus[] | undefined> | undefined | false
}
