// What other recipes may import to write files and rules for Sidekiq. `index.ts` is the recipe itself.
export { lockfileOf, notifies, quietSignalOf } from './program.ts'
export { settings } from './settings.ts'
export type { Settings } from './settings.ts'
export { fileNames, unitNames } from './units.ts'
export { instances, jobFiles, workersOf } from './upstart/jobs.ts'
export { quoteWord, workersText } from './upstart/job-text.ts'
