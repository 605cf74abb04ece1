import type { ReleaseState } from '../../facts/types.ts'
import { sh } from '../../shell/sh.ts'
import type { Command } from '../../shell/types.ts'
import { STATES_DIR } from '../../values/layout.ts'
import type { Path } from '../../values/path.ts'
import type { Paths } from '../types.ts'

/** Records what a release is: a line in a file of its own under `.shipit/releases`. */
export const writeState = (paths: Paths, release: string, state: ReleaseState): Command => sh`echo ${state} > ${statePath(paths, release)}`

export const statePath = (paths: Paths, release: string): Path => paths.deployTo.join(STATES_DIR, release)
