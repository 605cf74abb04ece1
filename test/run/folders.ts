import assert from 'node:assert/strict'
import { mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { startFleet, type Fleet, type Ran } from './support.ts'

/** Hosts, the folder of their config, and the home of the first one, for tests that send files from one to the other. */
export interface Folders {
  readonly fleet: Fleet
  readonly here: string
  readonly there: string
}

export const startFolders = async (names: readonly [string, ...string[]]): Promise<Folders> => {
  const fleet = await startFleet(names)
  return { fleet, here: dirname(fleet.repo), there: dirname(fleet.on(names[0], '')) }
}

/** Makes these folders anew, below `here` and below `there`. */
export const emptyFolders = ({ here, there }: Pick<Folders, 'here' | 'there'>, mine: string, theirs: string): void => {
  for (const folder of [join(here, mine), join(there, theirs)]) {
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
  }
}

/** the lines that steps printed */
export const said = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'step:output' ? [event.line] : []))

export const ok = (ran: Ran) => assert.equal(ran.exit, 0, JSON.stringify(ran.failures))
