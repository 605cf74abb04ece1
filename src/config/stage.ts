import { playedIn } from '../inventory/played.ts'
import type { SshOptions } from '../inventory/types.ts'
import { mergeEnv } from '../shell/env.ts'
import type { Call, EnvMap } from '../shell/types.ts'
import { ShipitError } from '../values/errors.ts'
import { collectingEnv } from './env.ts'
import { defaults, layerSettings } from './layer.ts'
import { openAll, withLacks, withSecretLacks } from './lacking.ts'
import { checkLinked } from './linked.ts'
import { localFacts } from './local.ts'
import { overlay } from './overlay.ts'
import { stageNamed } from './pick.ts'
import { placeProblems } from './places.ts'
import type { LoadedConfig, RawStage } from './raw.ts'
import { hidden, recipesEnv } from './recipe-env.ts'
import { recipeProblems } from './recipe-problems.ts'
import { layerRecipes, layerRecipeSettings, unknownSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import { gitOptions, sourceOf } from './repo.ts'
import { makeResolver } from './resolver.ts'
import type { Resolver } from './resolver.ts'
import { settings as schemas } from './schema.ts'
import { callWith, NOTHING } from '../shell/call.ts'
import { readSets } from './set.ts'
import type { CommandLine } from './set.ts'
import { patchesOf } from './setvars.ts'
import { sharing } from './sharing.ts'
import { stageHosts } from './stage-hosts.ts'
import { settleRecipe, type SettledRecipe } from './stage-recipes.ts'
import type { LocalFacts, Stage } from '../tasks/stage.ts'
import type { Overrides } from './overrides.ts'
import { configError, withProblems } from './validate.ts'

/**
 * A stage with everything resolved: defaults < recipe defaults < config < stage < command line, then late settings, each computed once.
 * Throws (usage) if the stage does not exist, or with everything that is wrong in it.
 */
export const resolveStage = async (loaded: LoadedConfig, name: string, overrides: Overrides = {}): Promise<Stage> => {
  let stage: Stage
  try {
    stage = await resolve(loaded, name, overrides)
  } catch (error) {
    throw error instanceof ShipitError ? await withProblems(error, loaded) : error
  }
  if (loaded.problems?.length) throw await configError(loaded.problems, loaded.file, loaded.text)
  return stage
}

const resolve = (loaded: LoadedConfig, name: string, overrides: Overrides): Promise<Stage> =>
  collectingEnv(async () => {
    const local = localFacts()
    const stage = await stageNamed(loaded, name, local)
    const recipes = layerRecipes(loaded.config, stage, name)
    const flags = readSets(overrides.set ?? [], schemasOf(recipes))
    const resolver = layer(loaded, name, stage, recipes, { flags, branch: overrides.branch, local })
    resolver.problems.push(
      ...unknownSettings(
        stage,
        recipes.map((used) => used.name),
        ['stages', name],
      ),
    )
    const made = await assemble(loaded, name, stage, recipes, resolver, {
      ...flags,
      shipit: overrides.shipit ?? callWith(NOTHING, () => false),
    })
    if (resolver.problems.length > 0) throw await configError(resolver.problems, loaded.file, loaded.text)
    return made
  })

const schemasOf = (recipes: readonly UsedRecipe[]) =>
  Object.fromEntries(recipes.map((used) => [used.name, used.recipe.definition.settings]))

const layer = (
  { config, file }: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  { flags, branch, local }: { flags: CommandLine; branch: string | undefined; local: LocalFacts },
): Resolver => {
  const layered = layerSettings([
    { path: [], layer: defaults(config.application) },
    { path: [], layer: config },
    { path: ['stages', name], layer: stage },
    { path: ['--set'], layer: flags.layer },
    { path: ['--branch'], layer: branch === undefined ? {} : { branch } },
  ])
  const given = new Map([...layered.given, ...layerRecipeSettings(recipes, stage, name)])
  overlay(given, 'vars.', patchesOf(flags.vars, { ...config.vars, ...stage.vars }))
  for (const [recipe, sets] of flags.recipes) overlay(given, `settings.${recipe}.`, sets, schemasOf(recipes)[recipe])
  return makeResolver({ stage: name, application: config.application, local, file, layered: { ...layered, given } })
}

const assemble = async (
  loaded: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  resolver: Resolver,
  flags: CommandLine & { readonly shipit: Call },
): Promise<Stage> => {
  const { config, file } = loaded
  const { value, map, problems } = resolver
  const [deployTo, repoTree, repoPath] = await Promise.all(PLACES.map((key) => value<string | undefined>(key, schemas[key])))
  const source = await sourceOf(resolver)
  const git = await map('git.')
  const envs: EnvMap[] = []
  for (const key of resolver.envs) envs.push(await value<EnvMap>(key, schemas.env))
  // recipe environment that a flag changed ranks with the command line: over the config's, under --set env.…
  const byFlag = flags.layer.env === undefined ? envs.length : envs.length - 1
  const linked = await resolveLinked(recipes, resolver)
  const places = await resolvePlaces(deployTo, repoPath, resolver)
  const resolved: SettledRecipe[] = []
  for (const used of recipes) resolved.push(await settleRecipe(used, resolver))
  // after a mistake, the recipes' own code would only report it again
  const settled = problems.length > 0 ? [] : recipes.map((used, i) => ({ ...used, ...resolved[i]! }))
  const theirs = recipesEnv(settled, { stage: name, file, problems })
  problems.push(...recipeProblems(settled, { stage: name, linkedFiles: linked.files, linkedDirs: linked.dirs }, file))
  envs.splice(byFlag, 0, hidden(theirs.byFlag, envs.slice(0, byFlag)))
  const ssh = (await map('ssh.')) as SshOptions
  const hosts = await stageHosts(loaded, name, stage, { resolver, flags, ssh, recipes: resolved, settled })
  const env = envs.reduce((under, over) => mergeEnv(under, over)!, theirs.env)
  openAll(env)
  const rest = {
    name,
    shipit: (...words: readonly string[]) => flags.shipit(name, ...words),
    application: config.application,
    deployTo: untailed(deployTo)!,
    repoTree: untailed(repoTree),
    linkedFiles: Object.freeze(linked.files),
    linkedDirs: Object.freeze(linked.dirs),
    keepReleases: await value<number>('keepReleases'),
    keepFailed: await value<boolean>('keepFailed'),
    ...places,
    repoPath: untailed(repoPath),
    env: Object.freeze(env),
    vars: Object.freeze(withSecretLacks(await resolver.partly('vars.'))),
    ssh: Object.freeze(ssh),
    git: gitOptions(git),
    hosts: Object.freeze(hosts),
    sharing: Object.freeze(sharing(config, name, { deployTo: deployTo ?? '', hosts })),
    played: playedIn(Object.values(config.stages), config.roles, hosts),
    recipes: Object.freeze(resolved.map(({ recipe, name, settings }) => Object.freeze({ recipe, name, settings }))),
    tasks: Object.freeze({ ...config.tasks, ...stage.tasks }),
    hooks: Object.freeze([config.hooks, stage.hooks].filter((hooks) => hooks !== undefined)),
    file,
  }
  return Object.freeze(withLacks({ ...rest, ...source.values }, source.lacks)) as Stage
}

/** The linked files and directories, including those of recipes. */
const resolveLinked = async (recipes: readonly UsedRecipe[], { list, problems, pathOf }: Resolver) => {
  const linked = checkLinked(
    await list('linkedFiles', schemas.linkedFiles.element),
    await list('linkedDirs', schemas.linkedDirs.element),
    recipes.flatMap((used) => used.recipe.definition.linkedDirs ?? []),
  )
  problems.push(...linked.problems.map(({ key, message }) => ({ path: pathOf(key), message })))
  return linked
}

const resolvePlaces = async (deployTo: string | undefined, repoPath: string | undefined, { value, problems, pathOf }: Resolver) => {
  const [currentDirectory, releasesDirectory, sharedDirectory] = await Promise.all(NAMES.map((key) => value<string>(key)))
  const places = { currentDirectory: currentDirectory!, releasesDirectory: releasesDirectory!, sharedDirectory: sharedDirectory! }
  // compare the places only once each is valid by itself
  if (problems.length === 0 && deployTo !== undefined)
    problems.push(...placeProblems({ ...places, deployTo, repoPath }).map(({ key, message }) => ({ path: pathOf(key), message })))
  return places
}

const PLACES = ['deployTo', 'repoTree', 'repoPath'] as const
const NAMES = ['currentDirectory', 'releasesDirectory', 'sharedDirectory'] as const

const untailed = (path: string | undefined): string | undefined => path?.replace(/(?<=.)\/+$/, '')
