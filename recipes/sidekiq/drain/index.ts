import { milliseconds, sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import type { Asking, Context, Manager } from '../manager.ts'
import { askRedisUntilSettled, NO_RUBY, programPath, markInBundle, SET_PATH, SET_REDIS } from '../ruby/index.ts'
import { drainSettings } from './settings.ts'

/** Waits until Redis reports every process of this host quiet and idle. If one is not, `onBusy` makes it a failure or a warning. */
export const drain = (c: Context, by: Manager): StepList => {
  // run by itself with `drain` unset, it acts as with `drain: true`
  const { timeout, onBusy } = c.settings.drain ?? drainSettings.drain.parse(true)!
  const options = {
    timeout: milliseconds(timeout) / 1000,
    onBusy,
    stamp: programPath(c, stampFile(c)),
    atStop:
      onBusy === 'proceed'
        ? `. At the stop they get ${c.settings.timeout} s more; then Sidekiq puts unfinished jobs back into their queue`
        : '',
  }
  const command = askRedisUntilSettled(c, by, 'wait', options, quietAgain(c, by))
    .title('wait for the running jobs')
    .hint(({ code }) => hintFor(c, code))
  return [onBusy === 'abort' ? command : command.allowFailure()]
}

/** Quiets processes that have started since this run quieted Sidekiq, and records the time again. Undefined if this run did not quiet it. */
const quietAgain = (c: Context, by: Manager): Command | undefined => {
  const command = c.settings.drain !== null && c.deploy.releasing ? by.quietAgain?.(c) : undefined
  return command && sh`${command}; date +%s > ${programPath(c, stampFile(c))} || :`
}

const hintFor = (c: Context, code: number | undefined): string | undefined => {
  switch (code) {
    case 3:
      if (c.settings.drain?.onBusy !== 'abort') return undefined
      return "wait longer, drain: { timeout: '10m' }, or let Sidekiq put them back into their queue, onBusy: 'proceed'"
    case 4:
      return `${SET_REDIS}, and its namespace`
    case 5:
      return `is this Sidekiq's Redis? If not, ${SET_REDIS}`
    case 6:
      return c.deploy.releasing ? `a deploy quiets Sidekiq first: ${c.shipit('deploy')}` : c.shipit('sidekiq:quiet', 'sidekiq:drain')
    case NO_RUBY:
      return SET_PATH
    default:
      return undefined
  }
}

/** Marks this deploy in Sidekiq's metrics, through the application's own gem (before Sidekiq 7: prints a note). Never fails the run. */
export const markDeploy = (c: Context, by: Manager): StepList => {
  const { deploy, settings, stage } = c
  const label =
    settings.deployLabel ?? ([deploy.shortRevision, deploy.branch].filter(Boolean).join(' ') || `${stage} ${deploy.release}`.trim())
  return [
    markInBundle(c, by, label)
      .title("mark the deploy in Sidekiq's metrics")
      .hint(`this does not affect the deploy. Try again: ${c.shipit('sidekiq:mark_deploy')}`)
      .allowFailure(),
  ]
}

/** The steps that quiet Sidekiq, then a timestamp by the host's own clock: only what Redis reports after it counts. */
export const quieted = (c: Context, steps: StepList): StepList => {
  if (c.settings.drain === null || !hasSteps(steps)) return steps
  const stamp = sh`mkdir -p ${c.paths.deployTo.join('.shipit')} && date +%s > ${stampFile(c)}`
  return [steps, stamp.title('record when Sidekiq was quieted')]
}

export const hasSteps = (steps: StepList): boolean => (steps as readonly unknown[]).flat(9).some(Boolean)

/** An application may have several Sidekiqs, each a use of the recipe with its own unit name. */
const stampFile = ({ settings, paths }: Context | Asking) =>
  paths.deployTo.join('.shipit', `quiet-${settings.serviceUnitName.replace(/\.service$/, '')}`)
