/** Holds the id of the run that has the lock: the switch compares it with $SHIPIT_RUN. */
export const LOCK_RUN_FILE = '.shipit/lock.run'
/** One file a release, named like it: its record (`src/facts/record.ts`). */
export const STATES_DIR = '.shipit/releases'
/** A release's name: UTC, YYYYMMDDHHMMSS. */
export const RELEASE_NAME = /^\d{14}$/
