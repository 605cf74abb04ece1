import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import type { Asking, Context } from '../manager.ts'
import { plain } from './run.ts'

/** The steps that quiet Sidekiq, and a stamp of the host's own clock: what Redis says of it counts from then on. */
export const quieted = (c: Context, steps: StepList): StepList => (c.settings.drain !== null && some(steps) ? [steps, stamp(c)] : steps)

/** Whether there is a step among them. */
export const some = (steps: StepList): boolean => (steps as readonly unknown[]).flat(9).some(Boolean)

const stamp = (c: Context): Command => {
  const file = c.paths.deployTo.join('.shipit', name(c))
  return sh`mkdir -p ${c.paths.deployTo.join('.shipit')} && date +%s > ${file}`.title('note when Sidekiq was told to be quiet')
}

/** Where the stamp is, as a program opens it. */
export const stampOf = (c: Context | Asking): string => plain(c, c.paths.deployTo.join('.shipit', name(c)))

/** An application may have several Sidekiqs, each a use of the recipe with a unit name of its own. */
const name = ({ settings }: Context | Asking): string => `quiet-${settings.serviceUnitName.replace(/\.service$/, '')}`
