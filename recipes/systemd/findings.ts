import type { Finding } from '../../src/index.ts'
import { expandHome } from '../../src/kit/index.ts'
import { splitUnits } from './lifecycle.ts'
import { ownershipOf } from './ownership/of-units.ts'
import type { Properties } from './properties.ts'
import { type Context, isSystem, typedSystemctl } from './scope.ts'
import { crashLoopMessage, everDeployed } from './state.ts'
import { journalCommand } from './remedies.ts'

type Names = readonly string[]

/** The doctor's findings about the units of a service, beyond those of `unitChecks`, from the facts of `doctorFacts`. */
export const unitFindings = (c: Context, names: Names): readonly Finding[] => {
  const shown = c.facts.shown?.units
  return shown === undefined ? [] : names.flatMap((name, i) => findingsOf(c, name, shown[i]!, names, shown))
}

const findingsOf = (c: Context, name: string, properties: Properties, names: Names, all: readonly Properties[]): Finding[] => {
  if (properties.get('LoadState') !== 'loaded') return []
  const tasks = c.service.tasks
  const active = properties.get('ActiveState')
  const state = properties.get('UnitFileState')
  const socket = splitUnits(names.map((each) => ({ name: each }))).stay.some(
    (each) => each.name !== name && enabled(all[names.indexOf(each.name)]!),
  )
  const found: (Finding | false)[] = [
    active === 'failed' && {
      level: 'error',
      message: `${name} has failed (${properties.get('Result') ?? 'reason unknown'})`,
      remedy: `see ${journalCommand(c, [name])}; then ${c.shipit(`${tasks}:restart`)}`,
    },
    active === 'activating' && loops(c, name, tasks),
    active === 'inactive' &&
      everDeployed(c) &&
      properties.get('Type') !== 'oneshot' &&
      !socket && { level: 'warning', message: `${name} does not run`, remedy: c.shipit(`${tasks}:start`) },
    state === 'disabled' &&
      !socket && {
        level: 'warning',
        message: `${name} is not enabled: it does not start at boot`,
        remedy: c.shipit(`${tasks}:enable`, ...asRoot(c)),
      },
    properties.get('NeedDaemonReload') === 'yes' && {
      level: 'warning',
      message: `the unit file of ${name} has changed since systemd read it`,
      remedy: `${typedSystemctl(c, 'daemon-reload')}, then ${c.shipit(`${tasks}:restart`)}`,
    },
    elsewhere(c, name, properties),
  ]
  return found.filter((each) => each !== false)
}

const loops = (c: Context, name: string, tasks: string): Finding | false => {
  const unit = c.facts.units?.find((one) => one.name === name)
  const message = unit && crashLoopMessage(unit)
  return (
    message !== undefined && {
      level: 'error',
      message,
      remedy: `see ${journalCommand(c, [name])}; then ${c.shipit(`${tasks}:restart`)}`,
    }
  )
}

/** A service that looks for its files outside `current` keeps using the release in which it was started. */
const elsewhere = (c: Context, name: string, properties: Properties): Finding | false => {
  if (!name.endsWith('.service')) return false
  const kind = ownershipOf(c).find((one) => one.name === name)?.ownership.kind
  // other findings report these; the remedy below would take the unit from its owner
  if (kind === 'foreign' || kind === 'release' || kind === 'host') return false
  if (kind === 'unknown' && c.service.hosts !== true) return false
  const current = expandHome(c, c.paths.current)
  const dir = (properties.get('WorkingDirectory') ?? '').replace(/^[!-]/, '')
  if (`${dir}/`.startsWith(`${current}/`)) return false
  // without a WorkingDirectory, the command itself may name the folder
  if ((dir === '' || dir === '/') && (properties.get('ExecStart') ?? '').includes(current)) return false
  return {
    level: 'warning',
    message: `${name} does not run in ${current}${dir === '' ? ': it has no WorkingDirectory' : `, but in ${dir}`}`,
    remedy: `WorkingDirectory=${current} in the unit, then ${typedSystemctl(c, 'daemon-reload')}`,
  }
}

/** Whether sudo allows `enable` is known only if it was asked. */
const asRoot = (c: Context): readonly string[] =>
  isSystem(c) && c.layout.user !== 'root' && c.facts.sudo?.some(({ words, allowed }) => words[1] === 'enable' && allowed) !== true
    ? ['--set', 'ssh.user=root']
    : []

const enabled = (properties: Properties): boolean => (properties.get('UnitFileState') ?? '').startsWith('enabled')
