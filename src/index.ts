// Everything that a config or a recipe may import.
export { defineConfig } from './config/define.ts'
export { defineRecipe } from './tasks/define.ts'
export { inside } from './tasks/inside.ts'
export { env } from './config/env.ts'
export { append, prepend } from './shell/env.ts'
export { raw } from './shell/raw.ts'
export { fail, note, warn } from './shell/says.ts'
export { sh } from './shell/sh.ts'
export { sudoRefused } from './shell/sudo-refused.ts'
export { words } from './shell/words.ts'
export { write } from './shell/write.ts'
export { path } from './values/path.ts'
export { secret, text } from './values/secret.ts'

export type { CommonConfig, ServerDef, ServersDef, StageConfig, TaskNames, VarValue } from './config/define.ts'
export type { Env } from './config/env.ts'
export type { HostDef, Late, LocalFacts, StageContext } from './tasks/stage.ts'
export { everLive } from './facts/states.ts'
export type { Layout, ProbeResult, RecipeFacts, ReleaseFact, ReleaseState } from './facts/types.ts'
export type { Host, HostKeyPolicy, Selector, SshOptions } from './inventory/types.ts'
export type { Command, EnvMap, EnvValue, Failed, HintOf, PathList, Raw, Refine, Sh, ShValue, Word } from './shell/types.ts'
export type { AbsoluteName, Loose, NoSettings, RecipeFactory } from './tasks/define.ts'
export type { SettingsOf } from './tasks/types.ts'
export type {
  AnyRecipe,
  AnyTask,
  BaseContext,
  DeployInfo,
  FactsContext,
  Failure,
  Finding,
  HookItem,
  Hooks,
  HookValue,
  LiveHost,
  Paths,
  Recipe,
  Result,
  Rolling,
  RunContext,
  RunTask,
  SequenceTask,
  Shell,
  StepList,
  StepsContext,
  StepsTask,
  TableRow,
  TaskDef,
  UseOptions,
} from './tasks/types.ts'
export type { CoreTask } from './tasks/core-names.ts'
export type { Claim, ClaimsContext } from './tasks/claims.ts'
export type { ProblemsContext } from './tasks/linked.ts'
export type { Around, Target } from './tasks/inside.ts'
export type { WriteOptions } from './shell/write.ts'
export type { Duration } from './values/duration.ts'
export type { Path } from './values/path.ts'
export type { Secret, TextValue } from './values/secret.ts'
