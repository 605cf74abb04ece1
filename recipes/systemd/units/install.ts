import { fail, note, sh, warn } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { describeWriter, expandHome, isSameStage, LINK, noteLeft, otherHome, parseHeader } from '../../../src/kit/index.ts'
import { enableLinger } from '../linger.ts'
import { unitFileOf } from '../names.ts'
import { ownershipOf } from '../ownership/of-units.ts'
import { hostsUnit, ownerChecks } from '../ownership/refuse.ts'
import { otherUser, typedSystemctl } from '../scope.ts'
import { everDeployed, namesOf, unitsOf } from '../state.ts'
import { runVerb } from '../systemctl.ts'
import { asRoot, commandsFor, daemonReload, isSocket } from './as-root.ts'
import type { UnitContext, UnitSet } from './context.ts'
import { same, type UnitFile } from './drift.ts'
import { otherScopeFindings } from './other-scope.ts'
import { noLonger, staleUnits, unreadUnits } from './stale.ts'
import { filesOf, removeUnits, runnable } from './uninstall.ts'
import { writeUnit } from './write.ts'

/** What a recipe contributes to an installation of its units. */
export interface Installation {
  readonly set: UnitSet
  readonly files: readonly UnitFile[]
  /** the recipe's reasons not to write on this host, each with a remedy */
  readonly problems?: readonly string[]
  /** folders of the logs, which systemd does not make */
  readonly folders?: readonly string[]
  /** notes about the files that are written */
  readonly notes?: readonly string[]
}

/** Writes only the files that differ. Running services are left as they are. */
export const installUnits = (
  c: UnitContext,
  { set, files, problems: own = [], folders = [], notes: more = [] }: Installation,
): StepList => {
  const home = otherHome(c)
  // the service first: if systemd refuses it, its socket is not written either
  const changed = files.filter((file) => !same(file)).toSorted((a, b) => Number(isSocket(a.name)) - Number(isSocket(b.name)))
  const wrong = home === undefined ? [...own, ...fileProblems(c, files), ...runningSockets(c, set, changed)] : [home]
  if (wrong.length > 0) return [refuseToWrite(set, wrong)]
  const { ours: old, left } = staleUnits(c, set)
  const prune = c.args.prune === true && old.length > 0
  const elsewhere = otherScopeFindings(c, set)
  const unread = (c.facts.shown?.units ?? []).some((of) => of.get('NeedDaemonReload') === 'yes')
  return [
    ...enableLinger(c),
    ...folders.map((dir) => folder(c, dir)),
    ...changed.map((file) => writeUnit(c, file, related(files, file))),
    c.args.prune === true && [unreadUnits(c), noteLeft(left)],
    // with its old file, the service would stop along with a socket that it needed
    prune && changed.length > 0 && old.some(isSocket) && daemonReload(c, 'install'),
    prune && removeUnits(c, runnable(old), filesOf(old)),
    (changed.length > 0 || prune || unread) && daemonReload(c, 'install'),
    !enabled(c) && runVerb(c, 'enable', set.names),
    notes(c, set, changed, more, prune ? [] : old),
    elsewhere.length > 0 && warn(elsewhere.map(({ message, remedy }) => `${message}: ${remedy}`)).title('look for units of older settings'),
  ]
}

/**
 * The reasons not to change sockets on a host where the service runs. When systemd reads a changed socket, it closes the addresses that it
 * has open, and a service that is restarted then listens nowhere; beside a service that runs without it, a socket cannot start.
 */
const runningSockets = (c: UnitContext, { names }: UnitSet, changed: readonly UnitFile[]): readonly string[] => {
  const sockets = changed.filter(({ name }) => isSocket(name)).map(({ name }) => name)
  const running = unitsOf(c.facts.units, names).filter(({ state }) => state === 'running' || state === 'starting')
  if (sockets.length === 0 || running.length === 0) return []
  return [
    `${sockets.join(', ')} would change while ${namesOf(running).join(', ')} ${running.length === 1 ? 'runs' : 'run'}, and the service would lose its connections for good. Stop it for the change: ${commandsFor(c, changed)}`,
  ]
}

/** The units that a file names: a service and its socket name each other. */
const related = (files: readonly UnitFile[], file: UnitFile): readonly UnitFile[] =>
  files.some(({ name }) => isSocket(name)) ? files.filter((one) => one !== file) : []

/** The step that refuses to write anything. */
const refuseToWrite = ({ names }: UnitSet, why: readonly string[]): Command =>
  fail(why)
    .title(`look at ${names.join(', ')}`)
    .hint('nothing was changed on this host')

/** A folder in `shared` is not made as root: if root owned it, the next deploy would fail. */
const folder = (c: UnitContext, dir: string): Command => {
  const shared = `${expandHome(c, c.paths.shared)}/`
  const there = sh`test -d ${dir}`
  const other = otherUser(c) ?? (c.layout.user === 'root' ? (c.settings.user ?? undefined) : undefined)
  if (c.settings.serviceUnitUser === 'user' || `${dir}/`.startsWith(shared))
    return (other === undefined ? sh`mkdir -p ${dir}` : sh.as(other)`mkdir -p ${dir}`).unless(there)
  const owner = c.settings.user ?? c.layout.user
  return sh`install -d -o ${owner} ${dir}`.sudo().unless(there).hint(asRoot(c, 'install'))
}

/** If this is not known, the units are enabled again. */
const enabled = (c: UnitContext): boolean =>
  c.facts.shown?.units?.every((of) => (of.get('UnitFileState') ?? '').startsWith('enabled')) ?? false

/** Notes and next steps after an installation: one step, or none. */
const notes = (
  c: UnitContext,
  { names }: UnitSet,
  changed: readonly UnitFile[],
  more: readonly string[],
  stale: readonly string[],
): Command | false => {
  const { name: service, tasks } = c.service
  const units = unitsOf(c.facts.units, names)
  const running = units.filter(({ state }) => state === 'running' || state === 'starting')
  // before the first deploy there is nothing to start
  const down = everDeployed(c) ? units.filter(({ state }) => state === 'down' || state === 'missing') : []
  const found: (string | false)[] = [
    changed.length === 0 && `nothing to write: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} as the config says`,
    down.length > 0 && `${namesOf(down).join(', ')} ${down.length === 1 ? 'does' : 'do'} not run: ${c.shipit(`${tasks}:start`)}`,
    changed.length > 0 && running.length > 0 && `${service} runs as before until it is restarted: ${c.shipit(`${tasks}:restart`)}`,
    ...(changed.length > 0 ? more : []),
    stale.length > 0 && noLonger(c, stale, 'install'),
  ]
  const texts = found.filter((one) => one !== false)
  return texts.length > 0 && note(texts).title('notes')
}

/** Reasons not to write these files on this host, each with a remedy. */
const fileProblems = (c: UnitContext, files: readonly UnitFile[]): readonly string[] => {
  const masked = (c.facts.shown?.units ?? []).filter((unit) => unit.get('LoadState') === 'masked').map((unit) => unit.get('Id') ?? 'a unit')
  const found: (string | false)[] = [
    ...masked.map((name) => `${name} is masked. Unmask it: ${typedSystemctl(c, 'unmask', name)}`),
    ...files.filter(({ now }) => now === undefined).map(({ name, why }) => `${name} cannot be read: ${why ?? ''}`),
    // a mask is a link too
    ...files.filter(({ name }) => !masked.includes(name)).map((file) => notOurs(c, file)),
  ]
  return found.filter((one) => one !== false)
}

/**
 * Never replaces what belongs to another application. `--force` replaces a file of unknown origin and keeps a copy of it; it also replaces
 * one with our header that runs in another folder.
 */
const notOurs = (c: UnitContext, { name, now, foreign, link }: UnitFile): string | false => {
  const unit = ownershipOf(c).find((one) => unitFileOf(one.name) === name)
  const ownership = unit?.ownership
  const force = `${c.service.tasks}:install --force keeps it as ${name}.before-shipit`
  if (ownership?.kind === 'host') return `${hostsUnit(unit!.name)}: ${c.service.own(c)}`
  if (ownership?.kind === 'foreign') {
    const [found] = ownerChecks(c, [unit!.name])
    return (!ownership.moved || c.args.force !== true) && `${found!.message}: ${found!.remedy}`
  }
  const by = parseHeader(now ?? '')
  const theirs = by !== undefined && !isSameStage(c, by)
  // if a unit runs in our folder, it was written when the application, the stage or the folder had another name
  if (foreign && theirs && ownership?.kind !== 'ours')
    return `${name} already exists and ${describeWriter(name, now ?? '')}: ${c.service.own(c)}`
  if (!link && by !== undefined && !theirs && by.use === c.usedAs && by.of?.name === name && ownership?.kind === 'ours') return false
  const what = link ? LINK : describeWriter(name, now ?? '')
  return foreign && c.args.force !== true && `${name} already exists and ${what}. To replace it: ${force}`
}
