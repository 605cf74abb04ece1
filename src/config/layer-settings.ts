import { isPresent } from '../values/absent.ts'
import { asSecretIfReplaced } from '../values/secret.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { KEYED, LATE, LISTS, SETTLED } from '../settings/derived.ts'
import type { SettingsLayer } from '../settings/layer.ts'

/** A value, and the place in the config (or the flag) that set it. */
export interface GivenSetting {
  readonly value: unknown
  readonly path: ConfigPath
}
export interface Layered {
  /** every setting by its key (`deployTo`, `linkedDirs[0]`, `vars.port`, `env.0`, `settings.sidekiq.processes`); late ones are functions */
  readonly given: ReadonlyMap<string, GivenSetting>
  /** keys of the `env` layers, lowest first */
  readonly envs: readonly string[]
  readonly counts: { readonly linkedFiles: number; readonly linkedDirs: number }
}

interface Layer {
  readonly path: ConfigPath
  readonly layer: SettingsLayer
}

/** Stacks the layers: defaults, config, stage, command line. Computes nothing. */
export const layerSettings = (layers: readonly Layer[]): Layered => {
  const given = new Map<string, GivenSetting>()
  const envs: string[] = []
  const counts = { linkedFiles: 0, linkedDirs: 0 }
  layers.forEach(({ path, layer }, depth) => {
    for (const key of [...LATE, ...SETTLED]) {
      if (layer[key] === undefined) continue
      if (key === 'env') envs.push(`env.${depth}`)
      given.set(key === 'env' ? `env.${depth}` : key, { value: layer[key], path: path[0] === '--branch' ? path : [...path, key] })
    }
    for (const map of KEYED) {
      for (const [key, value] of Object.entries(layer[map] ?? {})) {
        if (value === undefined) continue
        const before = given.get(`${map}.${key}`)?.value
        given.set(`${map}.${key}`, { value: asSecretIfReplaced(before, value), path: [...path, map, key] })
      }
    }
    for (const list of LISTS) {
      if (layer[list] === undefined) continue
      counts[list] = layer[list].length
      layer[list].forEach((value, i) => {
        if (!isPresent(value)) return void given.delete(`${list}[${i}]`)
        given.set(`${list}[${i}]`, { value, path: [...path, list, i] })
        for (const [name, member] of Object.entries(typeof value === 'object' ? value : {}))
          if (typeof member === 'function') given.set(`${list}[${i}].${name}`, { value: member, path: [...path, list, i, name] })
      })
    }
  })
  return { given, envs, counts }
}
