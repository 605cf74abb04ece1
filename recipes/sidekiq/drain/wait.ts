import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { wordsOf } from '../../systemd/verbs.ts'
import type { Context, Manager } from '../manager.ts'
import { unitNames } from '../units.ts'
import { stampOf } from './quiet.ts'
import { NAMED, PROCESSES } from './ruby/processes.ts'
import { WAIT } from './ruby/wait.ts'
import { askingAgain, NO_RUBY } from './run.ts'
import { drainSettings } from './settings.ts'
import { seconds } from './seconds.ts'

/** Waits until Redis reports every process of this host quiet and idle. If one is not, `onBusy` makes it a failure or a warning. */
export const drain = (c: Context, by: Manager): StepList => {
  // run by itself with `drain` unset, it acts as with `drain: true`
  const { timeout, onBusy } = c.settings.drain ?? drainSettings.drain.parse(true)!
  const options = {
    timeout: seconds(timeout),
    onBusy,
    stamp: stampOf(c),
    atStop:
      onBusy === 'proceed'
        ? `. The stop gives them ${c.settings.timeout} s more; what is not done then, Sidekiq puts back into its queue`
        : '',
  }
  const command = askingAgain(c, by, `${NAMED}${PROCESSES}${WAIT}`, options, quietsHere(c) ? quietAgain(c) : undefined)
    .title('wait for the running jobs')
    .hint(({ code }) => remedy(c, code))
  return [onBusy === 'abort' ? command : command.allowFailure()]
}

/** Whether this run quieted Sidekiq: only then may it quiet a process that has started since. */
const quietsHere = (c: Context): boolean => c.settings.drain !== null && c.settings.manager === 'systemd' && c.deploy.releasing

/** Signals the main process of every unit, in words that the sudo rules allow, and notes the time. */
const quietAgain = (c: Context): Command => {
  const { serviceUnitUser, systemctlBin: bin } = c.settings
  const ctl = serviceUnitUser === 'system' ? ['sudo', bin] : [bin, '--user']
  return sh`for unit in ${unitNames(c.settings)}; do ${[...ctl, ...wordsOf('quiet')]} "$unit" || :; done; date +%s > ${stampOf(c)} || :`
}

const remedy = (c: Context, code: number | undefined): string | undefined => {
  switch (code) {
    case 3:
      if (c.settings.drain?.onBusy !== 'abort') return undefined
      return "wait longer, drain: { timeout: '10m' }; or let them be cut short and start again later, onBusy: 'proceed'"
    case 4:
      return "say where Sidekiq's Redis is: redis: { url: 'redis://…' }, or { envFile: '.env' }, or { from: 'app' }; and its namespace"
    case 5:
      return "is that where Sidekiq's Redis is? redis: { url: 'redis://…' }, or { envFile: '.env' }, or { from: 'app' } says so"
    case 6:
      return c.deploy.releasing ? `a deploy quiets Sidekiq first: ${c.shipit('deploy')}` : c.shipit('sidekiq:quiet', 'sidekiq:drain')
    case NO_RUBY:
      return "put it in the PATH: rbenv(), or env: { PATH: prepend('/opt/ruby/bin') }"
    default:
      return undefined
  }
}
