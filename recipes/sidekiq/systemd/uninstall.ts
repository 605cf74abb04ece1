import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { unitDir } from '../../systemd/scope.ts'
import { unitsOf } from '../../systemd/state.ts'
import { act, scoped, systemctl, verifyStopped } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { fileNames, unitNames } from '../units.ts'
import { staleUnits } from './files.ts'
import { asRoot, daemonReload } from './root.ts'
import { MARK } from './text.ts'

/** Stops Sidekiq and removes what `install` wrote, what it wrote under older settings too. What somebody else wrote stays. */
export const uninstall = (c: Context): StepList => {
  const files = fileNames(c.settings).map(({ name }, i) => ({ name, text: c.facts[`file${i}`]?.stdout ?? '' }))
  const ours = files.filter(({ text }) => text.startsWith(MARK)).map(({ name }) => name)
  const foreign = files.filter(({ text }) => text !== '' && !text.startsWith(MARK)).map(({ name }) => name)
  const stale = staleUnits(c)
  const units = unitsOf(c.facts, unitNames(c.settings)).filter(({ name, state }) => state !== 'missing' && ours.includes(fileOf(name)))
  const names = [...units.map(({ name }) => name), ...stale.filter((name) => !name.includes('@.'))]
  const running = [...units.filter(({ state }) => state === 'running').map(({ name }) => name)]
  const gone = [...ours, ...stale.filter((name) => fileOf(name) === name)]
  return [
    foreign.length > 0 &&
      sh`printf '%s\n' ${`${foreign.join(', ')}: not written by shipit, and so left as it is`}`.title('what stays'),
    names.length > 0 && act(c, 'stop', names),
    running.length > 0 && verifyStopped(c, running),
    names.length > 0 && act(c, 'disable', names),
    gone.length > 0 && remove(c, gone),
    gone.length > 0 && daemonReload(c),
    names.length > 0 && resetFailed(c, names),
  ]
}

/** The file of a unit: that of an instance is its template. */
const fileOf = (name: string): string => name.replace(/@[^@]*\.service$/, '@.service')

const remove = (c: Context, files: readonly string[]): Command => {
  const paths = files.map((name) => `${String(unitDir(c))}/${name}`)
  return c.settings.serviceUnitUser === 'system' ? sh`rm -f ${paths}`.sudo().hint(asRoot(c, 'uninstall')) : scoped(c)`rm -f ${paths}`
}

/** A unit that had failed is remembered by systemd until it is told to forget it. */
const resetFailed = (c: Context, names: readonly string[]): Command => {
  const text = scoped(c)`${[...systemctl(c), 'reset-failed', ...names]}`
  const failed = scoped(c)`${[...systemctl(c), 'is-failed', '--quiet', ...names]}`
  return (c.settings.serviceUnitUser === 'system' ? text.sudo() : text).onlyIf(failed).allowFailure()
}
