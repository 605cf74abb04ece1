import type { Servers } from '../inventory/hosts.ts'
import type { SshOptions } from '../inventory/types.ts'
import type { EnvMap } from '../shell/types.ts'
import type { AnyRecipe, AnyTask, Hooks } from '../tasks/types.ts'
import type { Problem } from '../errors/source-location.ts'
import type { GitOptions, Late, LocalFacts, StageContext } from '../tasks/stage.ts'
import type { Secret } from '../values/secret.ts'

/** A layer as written and validated: late settings are still functions. */
export interface RawLayer {
  readonly deployTo?: Late<string>
  readonly branch?: Late<string>
  readonly repoUrl?: Late<string | Secret>
  readonly revision?: Late<string>
  readonly repoTree?: Late<string>
  readonly repoPath?: Late<string>
  readonly linkedFiles?: readonly Late<string>[]
  readonly linkedDirs?: readonly Late<string>[]
  readonly keepReleases?: number
  readonly keepFailed?: boolean
  readonly currentDirectory?: string
  readonly releasesDirectory?: string
  readonly sharedDirectory?: string
  readonly env?: Late<EnvMap>
  readonly vars?: Readonly<Record<string, unknown>>
  readonly ssh?: SshOptions
  readonly git?: GitOptions
}
interface RawParts {
  readonly use?: readonly AnyRecipe[]
  readonly tasks?: Readonly<Record<string, AnyTask>>
  readonly hooks?: Hooks
}
export interface RawStage extends RawLayer, RawParts {
  readonly servers: Servers | ((c: StageContext) => Servers | Promise<Servers>)
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
export interface Raw extends RawLayer, RawParts {
  readonly application: string
  readonly roles?: readonly string[]
  readonly stages: Readonly<Record<string, RawStage | ((c: { local: LocalFacts }) => RawStage | Promise<RawStage>)>>
}

/** A config file that was read and validated. No stage is resolved yet. */
export interface LoadedConfig {
  /** absolute */
  readonly file: string
  readonly text: string
  readonly config: Raw
  /** problems in any stage that are found without computing anything: reported with those of the chosen stage, or by `refuseWrong` */
  readonly problems?: readonly Problem[]
}
