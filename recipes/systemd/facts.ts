import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import type { ScopeSettings } from './scope.ts'
import { ask, scoped } from './systemctl.ts'

/** Asked of a host before anything is planned: whose systemd, and its units as they are (`unitsOf`). `login`: who logs in, where known. */
export const unitFacts = (settings: ScopeSettings, names: readonly string[], login?: string): Readonly<Record<string, Command>> => {
  const { systemctlBin: bin, user } = settings
  const words = ['show', '-p', 'Id,LoadState,ActiveState,MainPID,Type,ExecReload']
  if (settings.serviceUnitUser === 'system') return { units: ask({ settings, facts: {} }, words, names).probe() }
  const session = sh`printf '%s\n' "$(id -u)" "\${XDG_RUNTIME_DIR:-}"`.probe()
  if (user === null || user === login)
    return { session, units: sh`XDG_RUNTIME_DIR=\${XDG_RUNTIME_DIR:-/run/user/$(id -u)} ${bin} --user ${words} ${names}`.probe() }
  return {
    session,
    account: sh`getent passwd ${user}`.probe(),
    units: scoped({ settings, facts: {} })`XDG_RUNTIME_DIR=/run/user/$(id -u) ${bin} --user ${words} ${names}`.probe(),
  }
}
