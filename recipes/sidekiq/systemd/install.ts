import { fail, sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { absolute } from '../../absolute.ts'
import { otherUser } from '../../systemd/scope.ts'
import { act } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { unitNames } from '../units.ts'
import { same, shownOf, staleUnits, unitFiles, unreadUnits, type UnitFile } from './files.ts'
import { hostOf } from './host.ts'
import { linger } from './linger.ts'
import { notes } from './notes.ts'
import { logFolders } from './output.ts'
import { problems } from './problems.ts'
import { put } from './put.ts'
import { retire } from './retire.ts'
import { asRoot, daemonReload } from './root.ts'
import { filesOf, runnable } from './uninstall.ts'

/** Writes only the files that differ. Sidekiq keeps running as it is. */
export const install = (c: Context): StepList => {
  const host = hostOf(c.facts)
  const files = readFiles(c)
  if (typeof files === 'string') return [refuse(c, [files])]
  const wrong = problems(c, host, files)
  if (wrong.length > 0) return [refuse(c, wrong)]
  const changed = files.filter((file) => !same(file))
  const old = staleUnits(c)
  const prune = c.args.prune === true && old.length > 0
  const unread = (shownOf(c) ?? []).some((of) => of.get('NeedDaemonReload') === 'yes')
  return [
    ...linger(c),
    ...logFolders(c).map((dir) => folder(c, dir)),
    ...changed.map((file) => put(c, file)),
    c.args.prune === true && unreadUnits(c),
    prune && retire(c, runnable(old), filesOf(old)),
    (changed.length > 0 || prune || unread) && daemonReload(c, 'install'),
    !enabled(c) && act(c, 'enable', unitNames(c.settings)),
    notes(c, host, changed, prune ? [] : old),
  ]
}

const readFiles = (c: Context): readonly UnitFile[] | string => {
  try {
    return unitFiles(c)
  } catch (error) {
    return `unitTemplate: ${error instanceof Error ? error.message : String(error)}`
  }
}

const refuse = (c: Context, why: readonly string[]): Command =>
  fail(why)
    .title(`look at ${unitNames(c.settings).join(', ')}`)
    .hint('nothing was changed on this host')

/** A folder in `shared` is not made as root: if root owned it, the next deploy would fail. */
const folder = (c: Context, dir: string): Command => {
  const shared = `${absolute(c, c.paths.shared)}/`
  const there = sh`test -d ${dir}`
  const other = otherUser(c) ?? (c.layout.user === 'root' ? (c.settings.user ?? undefined) : undefined)
  if (c.settings.serviceUnitUser === 'user' || `${dir}/`.startsWith(shared))
    return (other === undefined ? sh`mkdir -p ${dir}` : sh.as(other)`mkdir -p ${dir}`).unless(there)
  const owner = c.settings.user ?? c.layout.user
  return sh`install -d -o ${owner} ${dir}`.sudo().unless(there).hint(asRoot(c, 'install'))
}

/** If this is not known, the units are enabled again. */
const enabled = (c: Context): boolean => shownOf(c)?.every((of) => (of.get('UnitFileState') ?? '').startsWith('enabled')) ?? false
