import { layerRecipes } from '../../config/recipes.ts'
import type { Raw } from '../../config/raw-config.ts'
import { makeHosts } from '../../inventory/hosts.ts'
import { rolesOf } from '../../inventory/select.ts'
import { JOINED, schemas } from '../../settings/derived.ts'
import { shapeOf } from '../../settings/zod-introspection.ts'
import type { SeenRelease } from '../../run/seen-releases.ts'
import { notedReleases } from '../seen-releases.ts'
import { parseOptions } from '../global-options.ts'
import { tasksOf, type ListedTask } from '../commands/tasks.ts'
import { loadProject } from '../commands/load-project.ts'
import { configTyped } from './read-words.ts'

/** What a config offers. Functions in it are not called: what only they know is not there. */
export interface Choices {
  readonly stages: readonly string[]
  tasks(stage: string): ReadonlyMap<string, ListedTask>
  hosts(stage: string): readonly string[]
  roles(stage: string): readonly string[]
  /** those that the last command on the hosts saw */
  releases(stage: string): readonly SeenRelease[]
  /** the paths of linked files that this machine has, too */
  linked(stage: string): readonly string[]
  /** settings as `--set` takes them: `keepReleases`, `ssh.user`, `sidekiq.concurrency` */
  settings(stage: string): readonly string[]
}

/** Loads the config that the words name, or the one of this folder. Throws (usage) if there is none or it is broken. */
export const loadChoices = async (words: readonly string[]): Promise<Choices> => {
  const file = configTyped(words)
  const { config, file: loaded } = await loadProject(parseOptions(file === undefined ? [] : [`--config=${file}`]))
  return {
    stages: Object.keys(config.stages),
    tasks: (stage) => tasksOf(config, stage),
    hosts: (stage) => hostsOf(config, stage).map(({ name }) => name),
    roles: (stage) => [...new Set([...(config.roles ?? []), ...rolesOf(hostsOf(config, stage))])],
    releases: (stage) => notedReleases(loaded, stage),
    linked: (stage) => pathsIn(stageOf(config, stage)?.linkedFiles ?? config.linkedFiles),
    settings: (stage) => settingsOf(config, stage),
  }
}

const stageOf = (config: Raw, name: string) => {
  const stage = Object.hasOwn(config.stages, name) ? config.stages[name] : undefined
  return typeof stage === 'function' ? undefined : stage
}

const hostsOf = (config: Raw, name: string) => {
  const servers = stageOf(config, name)?.servers
  return servers === undefined || typeof servers === 'function' ? [] : makeHosts(servers).hosts
}

const pathsIn = (files: Raw['linkedFiles']): readonly string[] =>
  (files ?? []).flatMap((one) => (typeof one === 'object' && one !== null && typeof one.path === 'string' ? [one.path] : []))

const settingsOf = (config: Raw, name: string): readonly string[] => {
  const stage = stageOf(config, name)
  const recipes = stage === undefined ? [] : layerRecipes(config, stage, name)
  return [
    ...Object.entries(schemas).flatMap(([key, schema]) =>
      (JOINED as readonly string[]).includes(key) ? Object.keys(shapeOf(schema)).map((inner) => `${key}.${inner}`) : [key],
    ),
    ...Object.keys({ ...config.vars, ...stage?.vars, ...config.stageVars?.shape }).map((key) => `vars.${key}`),
    ...recipes.flatMap(({ name: used, recipe }) =>
      recipe.definition.settings === undefined ? [] : Object.keys(shapeOf(recipe.definition.settings)).map((key) => `${used}.${key}`),
    ),
  ]
}

/** The core's tasks, which there are without a config. */
export const CORE_TASKS: ReadonlyMap<string, ListedTask> = tasksOf({ stages: {} })
