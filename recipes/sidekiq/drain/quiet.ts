import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import type { Asking, Context } from '../manager.ts'
import { plain } from './run.ts'

/** The steps that quiet Sidekiq, then a timestamp by the host's own clock: only what Redis reports after it counts. */
export const quieted = (c: Context, steps: StepList): StepList => (c.settings.drain !== null && some(steps) ? [steps, stamp(c)] : steps)

/** Whether the list contains a step. */
export const some = (steps: StepList): boolean => (steps as readonly unknown[]).flat(9).some(Boolean)

const stamp = (c: Context): Command => {
  const file = c.paths.deployTo.join('.shipit', name(c))
  return sh`mkdir -p ${c.paths.deployTo.join('.shipit')} && date +%s > ${file}`.title('note when Sidekiq was told to be quiet')
}

/** The path of that timestamp, as a program can open it. */
export const stampOf = (c: Context | Asking): string => plain(c, c.paths.deployTo.join('.shipit', name(c)))

/** An application may have several Sidekiqs, each a use of the recipe with its own unit name. */
const name = ({ settings }: Context | Asking): string => `quiet-${settings.serviceUnitName.replace(/\.service$/, '')}`
