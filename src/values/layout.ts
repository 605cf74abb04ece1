/** Holds the id of the run that has the lock: the switch compares it with $SHIPIT_RUN. */
export const LOCK_RUN_FILE = '.shipit/lock.run'
/** Is there while somebody holds the lock: the lines of `hold.ts`. */
export const HOLD_FILE = '.shipit/hold'
/** Has one file per release, with the release's name: its record (`src/facts/record.ts`). */
export const STATES_DIR = '.shipit/releases'
/** The name of a release: UTC, YYYYMMDDHHMMSS. */
export const RELEASE_NAME = /^\d{14}$/

/** The mode of a linked file that is new on a machine: nearly all of them are secrets. */
export const NEW_FILE_MODE = 0o600

/** Where linked files that were replaced are kept, in deployTo: the path of the file and a time follow. */
export const REPLACED_FILES = '.shipit/replaced'
