import { sh } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { unitDir } from '../../systemd/scope.ts'
import { verifyEnded } from '../../systemd/ended.ts'
import { unread } from '../../systemd/state.ts'
import { act, scoped, systemctl } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import { asRoot } from './root.ts'

/** Stops units, disables them at boot, and removes these files. Run a daemon-reload after it. */
export const retire = (c: Context, units: readonly string[], files: readonly string[]): StepList => [
  units.length > 0 && [
    act(c, 'stop', units),
    ...verifyEnded(
      c,
      units.map((name) => unread(name, 'running')),
    ),
    act(c, 'disable', units),
    resetFailed(c, units),
  ],
  files.length > 0 && remove(c, files),
]

/** The file of a unit; for an instance, that of its template. */
export const fileOf = (name: string): string => name.replace(/@[^@]*\.service$/, '@.service')

const remove = (c: Context, files: readonly string[]): Command => {
  const paths = files.map((name) => `${String(unitDir(c))}/${name}`)
  return c.settings.serviceUnitUser === 'system' ? sh`rm -f ${paths}`.sudo().hint(asRoot(c, 'uninstall')) : scoped(c)`rm -f ${paths}`
}

/** systemd remembers that a unit failed until it is reset. */
const resetFailed = (c: Context, names: readonly string[]): Command => {
  const text = scoped(c)`${[...systemctl(c), 'reset-failed', ...names]}`
  const failed = scoped(c)`${[...systemctl(c), 'is-failed', '--quiet', ...names]}`
  return (c.settings.serviceUnitUser === 'system' ? text.sudo() : text).onlyIf(failed).allowFailure()
}
