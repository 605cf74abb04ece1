import type { z } from 'zod'
import type { Servers } from '../inventory/hosts.ts'
import type { SettingsLayer } from '../settings/layer.ts'
import type { LocalFacts, StageContext } from '../settings/types.ts'
import type { AnyRecipe, AnyTask, Hooks, Override } from '../tasks/types.ts'
import type { Absent } from '../values/absent.ts'
import type { Problem } from '../errors/source-location.ts'

interface RawParts {
  readonly use?: readonly (AnyRecipe | Absent)[]
  readonly tasks?: Readonly<Record<string, AnyTask>>
  readonly override?: Readonly<Record<string, Override>>
  readonly hooks?: Hooks
}
export interface RawStage extends SettingsLayer, RawParts {
  /** undefined: the config's, see {@link applicationOf} */
  readonly application?: string | undefined
  readonly servers: Servers | ((c: StageContext) => Servers | Promise<Servers>)
  readonly settings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}
export interface Raw extends SettingsLayer, RawParts {
  readonly application: string
  readonly roles?: readonly string[]
  /** what each host must have in `vars` */
  readonly hostVars?: z.ZodObject
  /** what `vars` of the config and its stages may and must have */
  readonly stageVars?: z.ZodObject
  readonly stages: Readonly<Record<string, RawStage | ((c: { local: LocalFacts }) => RawStage | Promise<RawStage>)>>
}

/** The name of the application in a stage: its own, or else the config's. */
export const applicationOf = (config: Pick<Raw, 'application'>, stage: Pick<RawStage, 'application'>): string =>
  stage.application ?? config.application

/** A config file that was read and validated. No stage is resolved yet. */
export interface LoadedConfig {
  /** absolute */
  readonly file: string
  readonly text: string
  readonly config: Raw
  /** problems in any stage that are found without computing anything: reported with those of the chosen stage, or by `refuseProblems` */
  readonly problems?: readonly Problem[]
}
