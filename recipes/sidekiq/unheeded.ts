import { isDeepStrictEqual } from 'node:util'
import { settings as schema, type Settings } from './settings.ts'

type Key = Exclude<keyof Settings, 'only'>

const UNITS: readonly Key[] = ['log', 'errorLog', 'watchdogSec', 'timeoutStartSec', 'wants', 'directives', 'unitTemplate']

/** Settings that a manager cannot use, so that they would be lost. `serviceUnitUser` and the settings of other managers are not listed. */
export const UNHEEDED: Readonly<Record<Settings['manager'], readonly Key[]>> = {
  systemd: [],
  upstart: UNITS,
  signals: [...UNITS, 'command', 'commandArgs', 'useLoginShell', 'bundlePath', 'serviceUnitEnvVars', 'serviceUnitEnvFiles', 'umask'],
}

const INSTEAD: Readonly<Partial<Record<Key, string>>> = {
  log: 'signals.log',
  commandArgs: 'signals.options',
  serviceUnitEnvVars: 'env of the stage',
}

/** Reports settings that have no effect with this manager. */
export const unheeded = ({ settings: s }: { readonly settings: Settings }): readonly string[] => {
  const usual: Settings = schema.parse({})
  const lost = UNHEEDED[s.manager].filter((key) => !isDeepStrictEqual(s[key], usual[key]))
  if (lost.length === 0) return []
  const instead = s.manager === 'signals' ? lost.flatMap((key) => (INSTEAD[key] === undefined ? [] : `${INSTEAD[key]} for ${key}`)) : []
  return [
    `manager: '${s.manager}' has no place for ${lost.join(', ')}: leave ${lost.length === 1 ? 'it' : 'them'} out in this stage` +
      (instead.length > 0 ? `, or set ${instead.join(', ')}` : ''),
  ]
}
