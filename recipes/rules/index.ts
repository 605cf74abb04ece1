// What the recipes that watch services share by rules, and what others may know of them.
export {
  asRoot,
  differingFindings,
  fileFacts,
  type FileSet,
  installFiles,
  refuseForeign,
  REJECTED,
  rootHint,
  testHint,
  uninstallFiles,
  unreadableFindings,
} from './files.ts'
export { type Limit, limitsOf } from './limits.ts'
export { parseInq, problemText } from './parse.ts'
export { printInq, printMetric } from './print.ts'
export { ruleSchema } from './schema.ts'
export { hasRole, isClaimed, rolesOf, sidekiqOf, watchedHosts } from './services.ts'
export type { Amount, Check, Metric, Rule } from './types.ts'
export {
  checkWatcher,
  doubleRestart,
  levelOf,
  programFact,
  sudoFactsFor,
  sudoFindings,
  type Watcher,
  watcherFindings,
  whereInstalled,
} from './watcher.ts'
