// Everything that a recipe may import from `shipit-ts/kit`: what recipes need beyond the public API of a config.
export { checkSteps } from './checks.ts'
export { isUpToDate, isUpToDateButHeader, textAt } from './files/compare.ts'
export { driftFindings } from './files/drift.ts'
export { deployFolder, describeWriter, headerOf, headerStart, isOurFile, isSameStage, parseHeader, sameBody } from './files/header.ts'
export { cannotList, listManaged, managedIn, parseManaged } from './files/managed.ts'
export {
  foreignFilesIn,
  foreignFileText,
  foreignMessage,
  LINK,
  noteLeft,
  oursAt,
  oursFunction,
  ownFiles,
  proveOrigin,
} from './files/ownership.ts'
export { failIfUnknown, fileFact, foundFileFact, printFile } from './files/found-file.ts'
export { CHANGED, failIfChanged } from './files/fail-if-changed.ts'
export { expandHome, otherHome } from './expand-home.ts'
export { isSelected, selectHosts } from './select-hosts.ts'
export {
  absolutePath,
  account,
  count,
  duration,
  environmentName,
  line,
  program,
  roles,
  rolesOrAll,
  rolling,
  secretSchema,
  selector,
  share,
} from './schema.ts'
export { inParallel, joinLines } from './join-commands.ts'
export { serviceStatus } from './service-status.ts'
export { sudoChecks, sudoFacts } from './sudo/allowed.ts'
export { excessRights, parseSudoRules } from './sudo/listing.ts'
export { asRootIf, deniedHint, rootRemedy, throughSudo } from './sudo/as-root.ts'
export { sudoersFile, sudoersLine, sudoersRemedy, sudoersWord } from './sudo/sudoers-remedy.ts'
export { sudoersHint } from './sudo/sudoers-rules.ts'
export { sudoersTask } from './sudo/sudoers-task.ts'
export { atLeast, parseVersion } from './version.ts'

export type { Check } from './checks.ts'
export type { WrittenFile } from './files/compare.ts'
export type { Drift } from './files/drift.ts'
export type { Header, HeaderContext } from './files/header.ts'
export type { ManagedFile, ManagedFiles } from './files/managed.ts'
export type { LeftFile } from './files/ownership.ts'
export type { FileRead, FoundFile } from './files/found-file.ts'
export type { SudoAnswer, SudoCall, SudoFacts } from './sudo/allowed.ts'
export type { SudoRule } from './sudo/listing.ts'
export type { SudoRights } from './sudo/sudoers-remedy.ts'
export type { SudoersCall, SudoersContext, SudoersHost, SudoersRules } from './sudo/sudoers-rules.ts'
