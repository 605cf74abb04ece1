import { makeResolver } from './resolver.ts'
import type { Resolver } from './resolver.ts'
import { configError } from './validate.ts'
import { collectingEnv } from './env.ts'
import { thrownByConfig } from './evaluate.ts'
import { checkHostVars } from './hostvars.ts'
import { defaults, layerSettings } from './layer.ts'
import { checkLinked } from './linked.ts'
import { localFacts } from './local.ts'
import { stageNamed } from './pick.ts'
import { showPath } from './place.ts'
import type { ConfigPath } from './place.ts'
import { checkSettings, layerRecipes, layerRecipeSettings, unknownSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import { LATE, settings as schemas } from './schema.ts'
import { recipesEnv } from './recipe-env.ts'
import { resolveHosts } from './servers.ts'
import { readSets } from './set.ts'
import { mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import type { LoadedConfig, RawStage } from './raw.ts'
import type { SshOptions } from '../inventory/types.ts'
import type { LocalFacts, Overrides, ResolvedRecipe, Stage } from './types.ts'

/**
 * A stage with everything resolved: defaults < recipes' defaults < config < stage < command line, then what is late, each once.
 * Throws (usage) for a stage that does not exist, and with everything that is wrong in it.
 */
export const resolveStage = (loaded: LoadedConfig, name: string, overrides: Overrides = {}): Promise<Stage> =>
  collectingEnv(async () => {
    const local = localFacts()
    const stage = await stageNamed(loaded, name, local)
    const recipes = layerRecipes(loaded.config, stage, name)
    const resolver = layer(loaded, name, stage, recipes, overrides, local)
    resolver.problems.push(
      ...unknownSettings(
        stage,
        recipes.map((used) => used.name),
        ['stages', name],
      ),
    )
    const made = await assemble(loaded, name, stage, recipes, resolver)
    if (resolver.problems.length > 0) throw await configError(resolver.problems, loaded.file, loaded.text)
    return made
  })

const layer = (
  loaded: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  overrides: Overrides,
  local: LocalFacts,
): Resolver => {
  const { config, file } = loaded
  const schemasOf = Object.fromEntries(recipes.map((used) => [used.name, used.recipe.definition.settings]))
  const flags = readSets(overrides.set ?? [], schemasOf, { ...config.vars, ...stage.vars })
  const layered = layerSettings([
    { path: [], layer: defaults(config.application) },
    { path: [], layer: config },
    { path: ['stages', name], layer: stage },
    { path: ['--set'], layer: flags.layer },
    { path: ['--branch'], layer: overrides.branch === undefined ? {} : { branch: overrides.branch } },
  ])
  const given = new Map([...layered.given, ...layerRecipeSettings(recipes, stage, name, flags.recipes)])
  return makeResolver({ stage: name, application: config.application, local, file, layered: { ...layered, given } })
}

const assemble = async (
  { config, file }: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  resolver: Resolver,
): Promise<Stage> => {
  const { value, map, list, problems } = resolver
  const [deployTo, branch, repoUrl, repoTree, repoPath] = await Promise.all(
    LATE.filter((key) => key !== 'env').map((key) => value<string | undefined>(key, schemas[key])),
  )
  const envs: EnvMap[] = []
  for (const key of resolver.envs) envs.push(await value<EnvMap>(key, schemas.env))
  const linked = checkLinked(
    await list('linkedFiles', schemas.linkedFiles.element),
    await list('linkedDirs', schemas.linkedDirs.element),
    recipes.flatMap((used) => used.recipe.definition.linkedDirs ?? []),
  )
  problems.push(...linked.problems.map(({ key, message }) => ({ path: resolver.pathOf(key), message })))
  const resolved: ResolvedRecipe[] = []
  for (const used of recipes) resolved.push(await resolveRecipe(used, resolver))
  // what is wrong already would only be told again by the recipes' own code
  const theirs =
    problems.length > 0
      ? {}
      : recipesEnv(
          recipes.map((used, i) => ({ ...used, settings: resolved[i]!.settings })),
          { stage: name, file, problems },
        )
  const ssh = (await map('ssh.')) as SshOptions
  const here = ['stages', name, 'servers']
  const { hosts, messages } = checkHostVars(await hostsOf(config.roles, here, stage, ssh, resolver, file), resolved, name)
  problems.push(...messages.map((message) => ({ path: here, message })))
  return Object.freeze({
    name,
    application: config.application,
    deployTo: untailed(deployTo)!,
    branch: branch!,
    repoUrl,
    repoTree: untailed(repoTree),
    linkedFiles: Object.freeze(linked.files),
    linkedDirs: Object.freeze(linked.dirs),
    keepReleases: await value<number>('keepReleases'),
    keepFailed: await value<boolean>('keepFailed'),
    currentDirectory: await value<string>('currentDirectory'),
    releasesDirectory: await value<string>('releasesDirectory'),
    sharedDirectory: await value<string>('sharedDirectory'),
    repoPath: untailed(repoPath),
    env: Object.freeze(envs.reduce((under, env) => mergeEnv(under, env)!, theirs)),
    vars: Object.freeze(await map('vars.')),
    ssh: Object.freeze(ssh),
    git: Object.freeze(await map('git.')) as Stage['git'],
    hosts: Object.freeze(hosts),
    recipes: Object.freeze(resolved),
    tasks: Object.freeze({ ...config.tasks, ...stage.tasks }),
    hooks: Object.freeze([config.hooks, stage.hooks].filter((hooks) => hooks !== undefined)),
    file,
  })
}

const resolveRecipe = async ({ name, recipe, path }: UsedRecipe, resolver: Resolver): Promise<ResolvedRecipe> => {
  const prefix = `settings.${name}.`
  const { settings, problems } = checkSettings(recipe.definition.settings, await resolver.map(prefix))
  for (const { path: inside, message } of problems) {
    const given = resolver.pathOf(`${prefix}${String(inside[0])}`)
    resolver.problems.push({ path: given.length > 0 ? [...given, ...inside.slice(1)] : [...path, ...inside], message })
  }
  return Object.freeze({ recipe, name, settings: Object.freeze(settings) })
}

const hostsOf = async (
  roles: readonly string[] | undefined,
  path: ConfigPath,
  stage: RawStage,
  ssh: SshOptions,
  resolver: Resolver,
  file: string,
) => {
  try {
    const { hosts, problems } = await resolveHosts(stage.servers, resolver.context, ssh, roles)
    resolver.problems.push(...problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })))
    return hosts
  } catch (error) {
    throw thrownByConfig(error, file, showPath(path))
  }
}

const untailed = (path: string | undefined): string | undefined => path?.replace(/(?<=.)\/+$/, '')
