import type { ConfigPath } from '../errors/source-location.ts'

/**
 * The new names of settings, by their old path: `RECIPE.KEY`, or `config.KEY` for one of the core. `*` is a name that the config chooses.
 * Only the last part of a path has changed.
 */
const RENAMED: Readonly<Record<string, string>> = {
  'eb.bundlePath': 'bundlerPath',
  'monit.services.*.account': 'user',
  'puma.env': 'railsEnv',
  'rails.migrateOn': 'migrationRole',
  'rails.migrateTask': 'migrationCommand',
  'sidekiq.bundlePath': 'bundlerPath',
  'sidekiq.signals.boot': 'startTimeout',
  'sidekiq.upstart.boot': 'startTimeout',
  'sidekiq.watchdogSec': 'systemdWatchdogSec',
  'systemd.services.*.account': 'user',
}

/** The new name of a setting; undefined if it never had another one. `owner`: the recipe's own name, or `config`. */
export const newName = (owner: string, path: ConfigPath): string | undefined => {
  const parts = [owner, ...path].map(String)
  return Object.entries(RENAMED).find(([old]) => matches(old.split('.'), parts))?.[1]
}

const matches = (old: readonly string[], parts: readonly string[]): boolean =>
  old.length === parts.length && old.every((part, i) => part === '*' || part === parts[i])

/** `migrateOn is called migrationRole now`; undefined for a setting that was not renamed. */
export const renamedMessage = (owner: string, path: ConfigPath): string | undefined => {
  const name = newName(owner, path)
  return name === undefined ? undefined : `${String(path.at(-1))} is called ${name} now`
}

/** All renamed settings, for tests: the owner, the old path and the new name. */
export const renamedSettings = (): readonly { readonly owner: string; readonly path: readonly string[]; readonly name: string }[] =>
  Object.entries(RENAMED).map(([old, name]) => {
    const [owner = '', ...path] = old.split('.')
    return { owner, path, name }
  })
