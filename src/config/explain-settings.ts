import { isPathList } from '../shell/env.ts'
import type { ConfigPath } from '../errors/source-location.ts'
import { defaults, KEYED, LATE, LISTS, SETTLED } from '../settings/derived.ts'
import type { ResolvedRecipe } from '../tasks/stage.ts'
import type { ShipitError } from '../values/errors.ts'
import { isPath } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { isPatched } from './apply-overrides.ts'
import { missingError, revealSecrets } from './missing-variables.ts'
import type { LoadedConfig } from './raw-config.ts'
import type { StageSources } from './stage.ts'

/** What gave a setting its value. */
export interface Origin {
  /** `default`, `config`, `stage`, `use` (given to a recipe there), `recipe NAME` (added by it), `--set`, `--branch` */
  readonly from: string
  /** its place in the config; undefined if it is not there */
  readonly path?: ConfigPath | undefined
  /** a function there computed it */
  readonly computed?: boolean
}

export interface ExplainedSetting {
  /** `['git', 'timeout']` */
  readonly path: ConfigPath
  readonly value: unknown
  /** why the value is not known: variables that are not set */
  readonly missing: ShipitError | undefined
  /** what decides comes first; more than one if they are joined */
  readonly origins: readonly Origin[]
}

/** The settings of a stage that have a value, after layering, each with its origin. */
export const explainSettings = async (sources: StageSources, loaded: LoadedConfig): Promise<readonly ExplainedSetting[]> => {
  const { stage } = sources
  const layers = layersOf(sources, loaded)
  const application = setting(['application'], () => stage.application, [originIn(layers, ['application'])])
  const all = [
    application,
    ...schemas(loaded),
    ...(await coreSettings(sources, layers, loaded)),
    ...envSettings(sources, layers),
    ...hostEnvSettings(sources),
  ]
  for (const recipe of stage.recipes) all.push(...(await recipeSettings(recipe, sources)))
  return all.filter(({ value, missing }) => value !== undefined || missing !== undefined)
}

/** `hostVars` and `stageVars`: the names that they declare. */
const schemas = ({ config }: LoadedConfig): ExplainedSetting[] =>
  (['hostVars', 'stageVars'] as const).flatMap((name) => {
    const schema = config[name]
    return schema === undefined ? [] : [setting([name], () => Object.keys(schema.shape), [{ from: 'config', path: [name] }])]
  })

const setting = (path: ConfigPath, read: () => unknown, origins: readonly Origin[], unknown?: ShipitError): ExplainedSetting => {
  let value: unknown
  const missing =
    unknown ??
    missingError(() => {
      value = read()
      revealSecrets(value)
    })
  return { path, value: missing ? undefined : value, missing, origins }
}

interface Layer {
  readonly from: string
  /** undefined for defaults, which are not in the config */
  readonly path: ConfigPath | undefined
  readonly layer: unknown
}

/** The layers of the core settings, highest first. */
const layersOf = ({ stage, raw, flags, branch }: StageSources, { config }: LoadedConfig): readonly Layer[] => [
  { from: '--branch', path: undefined, layer: { branch } },
  { from: '--set', path: undefined, layer: flags.layer },
  { from: 'stage', path: ['stages', stage.name], layer: raw },
  { from: 'config', path: [], layer: config },
  { from: 'default', path: undefined, layer: defaults(stage.application) },
]

const originIn = (layers: readonly Layer[], path: ConfigPath): Origin => {
  const found = layers.find(({ layer }) => valueAt(layer, path) !== undefined)
  if (found === undefined) return { from: 'default' }
  const given = valueAt(found.layer, path)
  const computed = [given].flat().some((one) => typeof one === 'function')
  return { from: found.from, path: found.path && [...found.path, ...path], computed }
}

const coreSettings = async (sources: StageSources, layers: readonly Layer[], { config }: LoadedConfig): Promise<ExplainedSetting[]> => {
  const { stage, resolver, flags } = sources
  const all: ExplainedSetting[] = []
  for (const name of [...LATE, ...SETTLED].filter((one) => one !== 'env')) {
    const { value, missing } = await resolver.optional(name)
    // as tasks get it: a path has lost its last slash; but of a URL, they get the user and the password apart
    all.push(setting([name], () => (name === 'repoUrl' ? value : stage[name]), [originIn(layers, [name])], missing))
  }
  for (const name of LISTS) {
    const own = originIn(layers, [name])
    const added = name === 'linkedDirs' ? sources.recipes.filter(({ recipe }) => recipe.definition.linkedDirs?.length) : []
    const origins = [own, ...added.map((one) => ({ from: `recipe ${one.name}` }))].filter(
      ({ from }) => added.length === 0 || from !== 'default',
    )
    all.push(setting([name], () => (name === 'linkedFiles' ? linkedFiles(stage) : stage[name]), origins))
  }
  for (const name of KEYED.filter((one) => one !== 'vars'))
    for (const [key, value] of Object.entries(await resolver.map(`${name}.`)))
      all.push(setting([name, key], () => value, [originIn(layers, [name, key])]))
  for (const key of Object.keys(stage.vars)) {
    const flag = isPatched(`vars.${key}`, resolver) ? [{ from: '--set' }] : []
    const given = originIn(layers, ['vars', key])
    // a part of a default may be typed, too
    const isOfSchema = given.from === 'default' && config.stageVars !== undefined && !flags.vars.some(({ path }) => path.join('.') === key)
    const whole = resolver.pathOf(`vars.${key}`)[0] === '--set' && !isOfSchema
    all.push(setting(['vars', key], () => stage.vars[key] as unknown, whole ? flag : [given, ...flag]))
  }
  return all
}

/** A path, or an object with what is not the default. */
const linkedFiles = ({ linkedFiles: files, linkedSources }: StageSources['stage']): readonly unknown[] =>
  files.map((path) => {
    const source = linkedSources.find((one) => one.path === path)
    if (source === undefined) return path
    const { from, upload, mode } = source
    return { path, from, upload, ...(mode === undefined ? {} : { mode }) }
  })

/** A variable is what the highest layer gives; one of the lists for PATH is joined with what is below it. */
const envSettings = ({ stage, envs }: StageSources, layers: readonly Layer[]): ExplainedSetting[] =>
  Object.keys(stage.env).map((name) => {
    const giving = envs.toReversed().filter(({ env }) => name in env)
    const last = giving.findIndex(({ env }) => !isPathList(env[name]))
    const origins = giving.slice(0, last < 0 ? giving.length : last + 1).map(({ from }): Origin => {
      const layer = layers.find((one) => one.from === from)
      const whole = valueAt(layer?.layer, ['env'])
      return { from, path: layer?.path && [...layer.path, 'env', name], computed: typeof whole === 'function' }
    })
    return setting(['env', name], () => stage.env[name], origins)
  })

/** What the hosts have by themselves. The command line overrides it. */
const hostEnvSettings = ({ stage, flags }: StageSources): ExplainedSetting[] =>
  stage.hosts.flatMap((host) =>
    Object.keys(host.env ?? {}).map((name) => {
      const value = stage.hostEnv?.get(host.name)?.[name]
      const flag = Object.hasOwn((flags.layer.env as object | undefined) ?? {}, name) ? [{ from: '--set' }] : []
      const origins = flag.length > 0 && !isPathList(value) ? flag : [...flag, { from: 'server' }]
      return setting(['servers', host.name, 'env', name], () => value, origins)
    }),
  )

const recipeSettings = async ({ name, settings }: ResolvedRecipe, sources: StageSources): Promise<ExplainedSetting[]> => {
  const all: ExplainedSetting[] = []
  for (const key of Object.keys(settings)) {
    const { value: given } = await sources.resolver.optional(`settings.${name}.${key}`)
    const whole = setting([name, key], () => settings[key], [])
    const leaves = whole.missing ? [[]] : leafPaths(whole.value)
    for (const inside of leaves) {
      const origins = recipeOrigins(name, key, inside, { given, sources })
      all.push(setting([name, key, ...inside], () => valueAt(settings[key], inside), origins))
    }
  }
  return all
}

/** `given`: the setting before the recipe's schema has filled in defaults. */
const recipeOrigins = (
  name: string,
  key: string,
  inside: ConfigPath,
  { given, sources }: { readonly given: unknown; readonly sources: StageSources },
): readonly Origin[] => {
  const { recipes, raw, flags, stage, resolver } = sources
  const used = recipes.find((one) => one.name === name)!
  const fullKey = `settings.${name}.${key}`
  const byStage = raw.settings?.[name]?.[key]
  const base = byStage ?? used.recipe.given[key]
  const path = [...(byStage === undefined ? used.path : ['stages', stage.name, 'settings', name]), key]
  const from = byStage === undefined ? 'use' : 'stage'
  const patches = flags.recipes.get(name)?.get(key) ?? []
  const isKnown = base !== undefined || patches.length > 0
  const isMissing = given === undefined && isKnown
  if (!isKnown || (!isMissing && valueAt(given, inside) === undefined)) return [{ from: 'default' }]
  const replaced = patches.some((patch) => patch.inside.every((part, i) => part === inside[i]))
  if (replaced || base === undefined) return [{ from: '--set' }]
  const below = patches.some((patch) => inside.every((part, i) => part === patch.inside[i]))
  const computed = typeof base === 'function'
  return [
    { from, path: computed ? path : [...path, ...inside], computed },
    ...(below && isPatched(fullKey, resolver) ? [{ from: '--set' }] : []),
  ]
}

/** The paths of everything in a value that is not an object of settings; the value itself if it is none. */
const leafPaths = (value: unknown): ConfigPath[] => {
  const entries = isSettings(value) ? Object.entries(value).filter(([, one]) => one !== undefined) : []
  return entries.length === 0 ? [[]] : entries.flatMap(([key, one]) => leafPaths(one).map((path) => [key, ...path]))
}

const isSettings = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null) &&
  !isSecret(value) &&
  !isPath(value) &&
  !isPathList(value)

/** What is at a path inside a value; undefined if nothing is. */
export const valueAt = (value: unknown, path: ConfigPath): unknown =>
  path.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && !isSecret(inner) && Object.hasOwn(inner, part)
        ? (inner as Readonly<Record<string | number, unknown>>)[part]
        : undefined,
    value,
  )
