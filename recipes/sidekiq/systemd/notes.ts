import { note } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { everDeployed, unitsOf } from '../../systemd/state.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import type { UnitFile } from './files.ts'
import type { UnitHost } from './host.ts'
import { notifies } from './version.ts'

/** What you should know or do after an installation: one step, or none. */
export const notes = (c: Context, host: UnitHost | undefined, changed: readonly UnitFile[], stale: readonly string[]): Command | false => {
  const { settings: s, shipit } = c
  const running = unitsOf(c.facts, unitNames(s)).filter(({ state }) => state === 'running' || state === 'starting')
  // before the first deploy there is nothing to start
  const down = everDeployed(c) ? unitsOf(c.facts, unitNames(s)).filter(({ state }) => state === 'down' || state === 'missing') : []
  const others = Object.entries(host?.timeouts ?? {}).filter(([, timeout]) => timeout !== s.timeout)
  const found: (string | false)[] = [
    changed.length === 0 && `nothing to write: ${unitNames(s).join(', ')} ${unitNames(s).length === 1 ? 'is' : 'are'} as the config says`,
    down.length > 0 &&
      `${down.map(({ name }) => name).join(', ')} ${down.length === 1 ? 'does' : 'do'} not run: ${shipit('sidekiq:start')}`,
    changed.length > 0 && running.length > 0 && `Sidekiq runs as before until it is restarted: ${shipit('sidekiq:restart')}`,
    changed.length > 0 &&
      host?.bundle === undefined &&
      s.bundlePath === null &&
      `there is no bundle on this host yet: the unit looks for it in its PATH. Once it is there: ${shipit('sidekiq:install')}`,
    changed.length > 0 &&
      host?.sidekiq === undefined &&
      `the version of Sidekiq is not known before the first deploy: the unit has Type=notify, for 6.0.6 and newer`,
    changed.length > 0 &&
      !notifies(host?.sidekiq) &&
      `Sidekiq ${host?.sidekiq?.join('.')} does not tell systemd when it is up (6.0.6 and newer do): the unit has Type=simple`,
    ...others.map(
      ([file, timeout]) =>
        changed.length > 0 &&
        `config/${file} says :timeout: ${timeout}, and -t ${s.timeout} of the unit wins: sidekiq({ timeout: ${timeout} })`,
    ),
    stale.length > 0 && `no longer in the config: ${stale.join(' ')}. To stop and remove: ${shipit('sidekiq:install', '--prune')}`,
  ]
  const texts = found.filter((one) => one !== false)
  return texts.length > 0 && note(texts).title('what to know')
}
