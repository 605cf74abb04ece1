import type { SudoFacts } from '../../src/kit/index.ts'
import type { Properties } from './properties.ts'
import type { Unit } from './state.ts'

/** What is known about a host's systemd: the values of `unitFacts`, `ownerFact`, `checkFacts` and `doctorFacts`. */
export interface SystemdFacts extends SudoFacts {
  readonly units?: readonly Unit[] | undefined
  readonly session?: Session | undefined
  readonly account?: Account | undefined
  readonly owner?: Owners | undefined
  readonly shown?: Shown | undefined
  readonly linger?: boolean | undefined
}

/** The login's session: `runtimeDir` is '' if PAM set none. */
export interface Session {
  readonly uid: string
  readonly runtimeDir: string
}

/** An entry of the host's passwd(5). */
export interface Account {
  readonly uid: string
  readonly home: string
}

/** What `systemctl show` printed about the units for the doctor. */
export interface Shown {
  /** in the order of the names; undefined: systemd did not answer */
  readonly units: readonly Properties[] | undefined
}

/** A host's answer about the owners of units; `stderr`: why it did not answer. */
export type Owners = { readonly stderr: string } | OwnerAnswer

export interface OwnerAnswer {
  readonly stderr?: undefined
  /** our folder on the host, links resolved */
  readonly top: string
  /** the requested units, in order; for an alias, systemd answers with the unit's own name */
  readonly units: readonly { readonly name: string; readonly properties: Properties }[]
  /** the units that those start or restart */
  readonly along: readonly Properties[]
}
