import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { remedy, sudoRemedy } from '../../systemd/remedies.ts'
import { everDeployed, quieting, type Unit } from '../../systemd/state.ts'
import { ask } from '../../systemd/systemctl.ts'
import { wordsOf } from '../../systemd/verbs.ts'
import type { Context } from '../manager.ts'
import { unitsOf } from './index.ts'

/** Before anything is touched: what would stop the workers from being quieted, stopped or started later. */
export const checkSteps = (c: Context): (Command | false)[] => {
  const { roles, serviceUnitUser } = c.settings
  if (roles.length > 0 && !c.primary({ roles })) return [c.hosts('all')[0]?.name === c.host.name && nobody(c)]
  if (!roles.some((role) => c.host.has(role))) return []
  const units = unitsOf(c)
  const names = units.map((unit) => unit.name)
  if (units.some(({ state }) => state === 'unknown')) return [ask(c, ['show', '-p', 'LoadState'], names).hint(remedy(c, names, 'check'))]
  const missing = units.filter(({ state }) => state === 'missing').map((unit) => unit.name)
  return [
    missing.length > 0 &&
      everDeployed(c) &&
      ask(c, ['cat'], missing)
        .title(`check that ${missing.join(', ')} is installed`)
        .hint(remedy(c, missing, 'check')),
    ...(serviceUnitUser === 'system' ? maySudo(c, units) : [lingers(c)]),
  ]
}

const nobody = ({ settings: { roles }, stage }: Context): Command => {
  const text = `sidekiq: no server of ${stage} has the role ${roles.join(' or ')}`
  return sh`echo ${text} >&2; exit 1`.hint("say where Sidekiq runs: sidekiq({ roles: ['app'] }); or [] for a stage without it")
}

/** sudo is asked for exactly the words that come later. `-n`: it answers at once, and asks nobody for a password. */
const maySudo = (c: Context, units: readonly Unit[]): Command[] => {
  const names = units.filter(({ state }) => state !== 'missing').map((unit) => unit.name)
  if (names.length === 0) return []
  const calls = [...quieting(units), ...(['stop', 'start', 'restart'] as const).map((verb) => ({ verb, names }))]
  return calls.map(({ verb, names: some }) => {
    const words = [c.settings.systemctlBin, ...wordsOf(verb), ...some]
    return sh`sudo -n -l ${words}`.title(`check that sudo allows ${words.join(' ')}`).hint(sudoRemedy(c, some))
  })
}

/** Without lingering a user's systemd ends soon after its last session, and Sidekiq with it. */
const lingers = (c: Context): Command => {
  const file = `/var/lib/systemd/linger/${c.layout.user}`
  const text = `${c.layout.user} does not linger: its Sidekiq ends soon after logout. As root: loginctl enable-linger ${c.layout.user}`
  return sh`test -e ${file} || { echo ${text} >&2; exit 1; }`.title(`check that ${c.layout.user} lingers`).allowFailure()
}
