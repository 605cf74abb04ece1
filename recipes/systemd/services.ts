// What other recipes may import to run services under systemd. `index.ts` is the recipe itself.

// A service as a value: its tasks, facts, doctor, unit files and sudo rules follow
export { partOf } from './service-definition.ts'
export type { ServiceDefinition, ServiceFacts } from './service-definition.ts'
export { serviceClaims, serviceDoctor, serviceFacts } from './service-facts.ts'
export { statusOf } from './service-status.ts'
export { serviceTasks } from './tasks.ts'
export { distinctName, withWording } from './wording.ts'
export type { ServiceWording } from './wording.ts'

// Settings
export { scopeSettings, systemctl } from './scope.ts'
export type { Context as SystemdContext, ScopeSettings } from './scope.ts'
export {
  clashesIn,
  directives,
  envFiles,
  fullName,
  isListenAddress,
  refuseTwice,
  socketDirectives,
  unitLine,
  unitName,
  unitPath,
  variables,
  wants,
} from './units/settings.ts'
export { installArgs } from './units/uninstall.ts'

// The units of a host: their names, state, owners, and what systemctl prints about them
export { badUnit, escapeUnit, unitClaim } from './names.ts'
export type { SystemdFacts } from './known.ts'
export { checkFacts, showUnits, unitFacts } from './facts.ts'
export { crashLoopMessage, unitsOf, waysToQuiet } from './state.ts'
export type { Unit } from './state.ts'
export { parseProperties, parseTimespan, reloadCommands, reloadOnlyQuiets } from './properties.ts'
export type { Properties } from './properties.ts'
export { ownerFact } from './ownership/fact.ts'
export { judgeOwnership } from './ownership/verdict.ts'
export type { Ownership } from './ownership/verdict.ts'
export { withinFunction } from './ownership/within.ts'

// The services that run an application, when only its folder is known
export { serviceQuestions, servicesOf } from './discovered.ts'
export type { FoundService } from './discovered.ts'

// Calls of systemctl
export { diagnosis, forgetFailures, inScope, query, runVerb, VALUE_FUNCTION } from './systemctl.ts'
export { toSudoCall, verbWords } from './verbs.ts'
export type { SystemctlCall } from './verbs.ts'
export { NO_SUDO_NEEDED, sudoersCalls } from './sudoers.ts'
export { callVerb, start, verifyStarted } from './lifecycle.ts'
export { diagnoseReload, noteSignalled, quietNotes, verifyQuiet } from './quiet.ts'
export { refuseForeign, verifyNotPinned } from './ownership/refuse.ts'
export { journal, serviceLogs } from './service-logs.ts'
export { followLog, linesOf, logArgs } from './status-and-log.ts'
export { verifyLinger } from './linger.ts'

// Verification
export { verifyUp } from './up.ts'
export { verifyEnded } from './ended.ts'
export { someAreDown } from './recover.ts'

// Checks, findings, remedies
export { unitChecks } from './checks.ts'
export { unitFindings } from './findings.ts'
export { DIAGNOSIS, journalCommand, remedy } from './remedies.ts'

// Unit files
export { installWritten, uninstallWritten, writtenFacts, writtenFindings } from './units/service-units.ts'
export type { UnitWriter } from './units/writer.ts'
export type { UnitContext, WantedUnit } from './units/context.ts'
export { asScopeUser } from './units/facts.ts'
export { programEnv, unitHostFact } from './units/host.ts'
export type { HostRows, UnitHost } from './units/host.ts'
export { sectionText, serviceText, unitSections } from './units/sections.ts'
export type { Directive, Section } from './units/sections.ts'
export { commandFiles, commandFolders } from './units/command.ts'
export type { CommandService } from './units/command.ts'
export { fillTemplate, readTemplate } from './units/template.ts'
export { isTcp } from './units/socket.ts'
export { currentDir, inShared, outputsOf, serviceUser } from './units/paths.ts'
export { assignment, execLine, literal } from './units/quote.ts'
