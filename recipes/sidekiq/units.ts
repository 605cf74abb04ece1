import { badUnit, escapeUnit } from '../systemd/services.ts'

export interface UnitSettings {
  readonly serviceUnitName: string
  readonly configFiles: readonly string[]
  readonly processes: number
  /** the index of a single process: a rolling restart takes the processes of a host one after the other */
  readonly only?: number | undefined
}

/** The units of a host, in order, with suffix: one per config file, or its instances if `processes` is 2 or more. */
export const unitNames = (s: UnitSettings): readonly string[] =>
  bases(s)
    .flatMap(({ name }) =>
      s.processes === 1 ? [`${name}.service`] : Array.from({ length: s.processes }, (_, i) => `${name}@${i + 1}.service`),
    )
    .filter(isSelected(s))

/** Whether `only` selects a process, by its index. */
export const isSelected =
  ({ only }: Pick<UnitSettings, 'only'>) =>
  (_: unknown, index: number): boolean =>
    only === undefined || only === index

/** The unit files of a host, in order. With several processes the file is a template, which all instances share. */
export const fileNames = (s: UnitSettings): readonly { readonly name: string; readonly configFile: string }[] =>
  bases(s).map(({ name, configFile }) => ({ name: `${name}${s.processes === 1 ? '' : '@'}.service`, configFile }))

const bases = ({ serviceUnitName, configFiles }: UnitSettings) =>
  configFiles.map((configFile) => {
    const tail = tailOf(configFile)
    return { name: escapeUnit(tail === undefined ? baseOf(serviceUnitName) : `${baseOf(serviceUnitName)}.${tail}`), configFile }
  })

/** Why this cannot be a unit's name; undefined if it can. */
export const badUnitName = (typed: string): string | undefined => {
  const name = baseOf(typed)
  if (name.includes('@')) return 'has an @: for several instances, set `processes`'
  if (/\.(socket|target|timer|path|slice|scope|mount|device|automount|swap)$/.test(name))
    return 'has the suffix of a unit that is not a service'
  // the instance number and the suffix are added to this
  if (escapeUnit(name).length > 240) return 'is longer than systemd allows (255 with suffix)'
  return badUnit(`${name}.service`)
}

/** Why a config file's name cannot be part of a unit's name; undefined if it can. */
export const badConfigFile = (file: string): string | undefined => {
  if (file.includes('/'))
    return `has a slash: write the name of a file in config/, ${JSON.stringify(file.slice(file.lastIndexOf('/') + 1))}`
  // the unit's description contains the file name
  if (/\p{Cc}|\\$/u.test(file)) return 'has a line break or another control character, or ends with a backslash'
  const tail = tailOf(file)
  return tail === undefined ? undefined : badUnitName(`sidekiq.${tail}`)
}

/** Those of `files` that would give the same unit as an earlier one. */
export const sameUnit = (files: readonly string[]): readonly string[] =>
  files.filter((file, i) => files.findIndex((other) => tailOf(other) === tailOf(file)) < i)

/** `sidekiq.yml` → undefined; `sidekiq-high.yml` → `sidekiq-high`. Only the last extension is removed. */
const tailOf = (file: string): string | undefined => (file === 'sidekiq.yml' ? undefined : file.replace(/(?<=.)\.[^.]*$/, ''))

const baseOf = (name: string): string => name.replace(/\.service$/, '')
