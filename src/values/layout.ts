/** Holds the id of the run that has the lock: the switch compares it with $SHIPIT_RUN. */
export const LOCK_RUN_FILE = '.shipit/lock.run'
/** Is there while somebody holds the lock: the lines of `hold.ts`. */
export const HOLD_FILE = '.shipit/hold'
/** Has one file per release, with the release's name: its record (`src/facts/record.ts`). */
export const STATES_DIR = '.shipit/releases'
/** The name of a release: UTC, YYYYMMDDHHMMSS. */
export const RELEASE_NAME = /^\d{14}$/
