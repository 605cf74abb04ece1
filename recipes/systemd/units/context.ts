import type { FileRead, ManagedFile } from '../../../src/kit/index.ts'
import type { Context } from '../scope.ts'
import type { ServiceWording } from '../wording.ts'
import type { Owners } from '../known.ts'

/** What is known about the unit files on a host: the values of `unitFileFacts`. */
export interface UnitFileFacts {
  /** the files of the settings, as the host has them */
  readonly files?: readonly (FileRead & { readonly name: string })[] | undefined
  readonly ours?: OwnUnits | undefined
  /** the units that shipit wrote under another systemd; read only if a change of the settings matters */
  readonly otherScope?: readonly OtherUnit[] | undefined
}

/** The units on a host that shipit wrote, whoever they belong to. */
export interface OwnUnits {
  readonly files: readonly ManagedFile[]
  /** those of the requested files that are links */
  readonly links: readonly string[]
  /** instances that start at boot, or run */
  readonly instances: readonly string[]
  /** unit files that could not be read */
  readonly unread: readonly string[]
  /** the owners of units that this use of the recipe may have written under older settings; for a template, the owner of its first instance */
  readonly owner?: Owners | undefined
}

/** A unit file that shipit wrote for another systemd than the settings name. */
export interface OtherUnit extends ManagedFile {
  readonly scope: 'system' | 'user'
}

/** A context of a service whose unit files shipit writes. */
export type UnitContext = Context & { readonly service: ServiceWording; readonly facts: UnitFileFacts; readonly part?: string | undefined }

/** The units of a use of a recipe. */
export interface UnitSet {
  /** the units on this host, as systemctl names them: `web.service`, `web@1.service` */
  readonly names: readonly string[]
  /** the files that the use has on any host: all others are old */
  readonly fileNames: readonly string[]
  /** files that the use has under another systemd, by its current settings */
  readonly elsewhere?: readonly string[]
  /** the use has several services, and an old unit may belong to any of them: it is removed only with --prune */
  readonly several?: boolean
}

/** A unit file as it should be. */
export interface WantedUnit {
  /** `web.service`; `web@.service` for several processes */
  readonly name: string
  readonly text: string
}
