// Everything that a config or a recipe may import.
export { defineConfig } from './config/define.ts'
export { defineRecipe } from './tasks/define.ts'
export { perStage } from './tasks/per-stage.ts'
export { inside } from './tasks/inside.ts'
export { each } from './config/each.ts'
export { task } from './config/task.ts'
export { ask, askSecret } from './config/ask.ts'
export { env } from './config/env.ts'
export { readYaml } from './config/read-yaml.ts'
export { fact } from './facts/fact.ts'
export { append, prepend } from './shell/env.ts'
export { raw } from './shell/raw.ts'
export { fail, note, warn } from './shell/messages.ts'
export { sh } from './shell/sh.ts'
export { rsync } from './shell/rsync.ts'
export { sleep } from './shell/sleep.ts'
export { sudoRefused } from './shell/sudo-refused.ts'
export { words } from './shell/split-words.ts'
export { when } from './shell/when.ts'
export { download } from './shell/download.ts'
export { upload } from './shell/upload.ts'
export { write } from './shell/write.ts'
export { milliseconds } from './values/duration.ts'
export { path } from './values/path.ts'
export { secret, text } from './values/secret.ts'

export type { CommonConfig, ServerDef, ServersDef, StageConfig, TaskNames } from './config/define.ts'
export type { Asked, AskOptions } from './config/ask.ts'
export type { Env } from './config/env.ts'
export type { HostDef, Late, LocalFacts, StageContext, VarValue } from './settings/types.ts'
export type { LinkedFile } from './settings/linked-file.ts'
export { everLive } from './facts/release-states.ts'
export type { Fact, FactTree, FactTreeOf, FactValues } from './facts/fact.ts'
export type { Layout, ProbeResult, ReleaseFact, ReleaseState } from './facts/types.ts'
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
  LogRequest,
  LogsContext,
  Failure,
  Finding,
  HookItem,
  Hooks,
  HookValue,
  LiveHost,
  LocalShell,
  OptionalHook,
  Override,
  Paths,
  Recipe,
  Rest,
  Result,
  Rolling,
  RunContext,
  RunTask,
  SequenceTask,
  SetValue,
  Shell,
  StepList,
  StepsContext,
  StepsTask,
  TableRow,
  TaskDef,
  UseOptions,
} from './tasks/types.ts'
export type { Questions } from './tasks/questions.ts'
export type { StageSettings } from './tasks/stage-settings.ts'
export type { Tunnel } from './tasks/tunnel.ts'
export type { CoreTask } from './tasks/core-names.ts'
export type { ServiceStatus, StatusFacts } from './tasks/service-status.ts'
export type { Claim, ClaimsContext } from './tasks/claims.ts'
export type { ProblemsContext } from './tasks/linked-paths.ts'
export type { InsideContext, InsideTarget } from './tasks/inside.ts'
export type { DownloadOptions } from './shell/download.ts'
export type { RemotePlace, RsyncOptions } from './shell/rsync.ts'
export type { UploadOptions } from './shell/upload.ts'
export type { ByteStream, OpenStream } from './shell/upload-content.ts'
export type { WriteOptions } from './shell/write.ts'
export type { Duration } from './values/duration.ts'
export type { Path } from './values/path.ts'
export type { QuestionOptions, SecretQuestionOptions } from './values/question.ts'
export type { Secret, TextValue } from './values/secret.ts'
