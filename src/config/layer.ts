import { replacing } from '../values/secret.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { LATE } from './schema.ts'
import type { RawLayer } from './raw.ts'

/** A value, and the place in the config (or the flag) that set it. */
export interface Given {
  readonly value: unknown
  readonly path: ConfigPath
}
export interface Layered {
  /** every setting by its key (`deployTo`, `linkedDirs[0]`, `vars.port`, `env.0`, `settings.sidekiq.processes`); late ones are functions */
  readonly given: ReadonlyMap<string, Given>
  /** keys of the `env` layers, lowest first */
  readonly envs: readonly string[]
  readonly counts: { readonly linkedFiles: number; readonly linkedDirs: number }
}

interface Layer {
  readonly path: ConfigPath
  readonly layer: RawLayer
}

/** Merged key by key across layers. Everything else except `env` is replaced as a whole, lists too. */
const MAPS = ['ssh', 'git', 'vars'] as const
const LISTS = ['linkedFiles', 'linkedDirs'] as const
const PLAIN = ['keepReleases', 'keepFailed', 'currentDirectory', 'releasesDirectory', 'sharedDirectory'] as const

/** The defaults of the core settings. */
export const defaults = (application: string): RawLayer => ({
  deployTo: `/var/www/${application}`,
  branch: 'main',
  keepReleases: 5,
  keepFailed: false,
  currentDirectory: 'current',
  releasesDirectory: 'releases',
  sharedDirectory: 'shared',
  git: { hostKeys: 'yes', limit: 10, timeout: '1m', transferTimeout: '6h', submodules: true, lfs: true },
})

/** Stacks the layers: defaults, config, stage, command line. Computes nothing. */
export const layerSettings = (layers: readonly Layer[]): Layered => {
  const given = new Map<string, Given>()
  const envs: string[] = []
  const counts = { linkedFiles: 0, linkedDirs: 0 }
  layers.forEach(({ path, layer }, depth) => {
    for (const key of [...LATE, ...PLAIN]) {
      if (layer[key] === undefined) continue
      if (key === 'env') envs.push(`env.${depth}`)
      given.set(key === 'env' ? `env.${depth}` : key, { value: layer[key], path: path[0] === '--branch' ? path : [...path, key] })
    }
    for (const map of MAPS) {
      for (const [key, value] of Object.entries(layer[map] ?? {})) {
        if (value === undefined) continue
        const before = given.get(`${map}.${key}`)?.value
        given.set(`${map}.${key}`, { value: replacing(before, value), path: [...path, map, key] })
      }
    }
    for (const list of LISTS) {
      if (layer[list] === undefined) continue
      counts[list] = layer[list].length
      layer[list].forEach((value, i) => given.set(`${list}[${i}]`, { value, path: [...path, list, i] }))
    }
  })
  return { given, envs, counts }
}
