import { placeProblems } from './places.ts'
import { makeResolver } from './resolver.ts'
import type { Resolver } from './resolver.ts'
import { claimProblems } from './claims.ts'
import { deployUser } from './deploy-user.ts'
import { gitOptions, sourceOf } from './repo.ts'
import { configError, withProblems } from './validate.ts'
import { ShipitError } from '../values/errors.ts'
import { collectingEnv } from './env.ts'
import { thrownByConfig } from './evaluate.ts'
import { checkHostVars, hostSchemas } from './hostvars.ts'
import { unheeded } from './heeded.ts'
import { defaults, layerSettings } from './layer.ts'
import { checkLinked } from './linked.ts'
import { openAll, withLacks, withSecretLacks } from './lacking.ts'
import { localFacts } from './local.ts'
import { stageNamed } from './pick.ts'
import { showPath } from './place.ts'
import type { ConfigPath } from './place.ts'
import { checkSettings, layerRecipes, layerRecipeSettings, unknownSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import { settings as schemas } from './schema.ts'
import { hidden, recipesEnv } from './recipe-env.ts'
import { recipeProblems } from './recipe-problems.ts'
import { resolveHosts } from './servers.ts'
import { overlay, withoutFlags } from './overlay.ts'
import { readSets } from './set.ts'
import type { CommandLine } from './set.ts'
import { patchesOf, setHostVars, unknownVars } from './setvars.ts'
import { mergeEnv } from '../shell/env.ts'
import type { EnvMap } from '../shell/types.ts'
import type { LoadedConfig, RawStage } from './raw.ts'
import { playedIn } from '../inventory/played.ts'
import type { Host, SshOptions } from '../inventory/types.ts'
import type { LocalFacts, Overrides, ResolvedRecipe, Stage } from './types.ts'

/**
 * A stage with everything resolved: defaults < recipes' defaults < config < stage < command line, then what is late, each once.
 * Throws (usage) for a stage that does not exist, and with everything that is wrong in it.
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
    const made = await assemble(loaded, name, stage, recipes, resolver, flags)
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
  { config, file }: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  resolver: Resolver,
  flags: CommandLine,
): Promise<Stage> => {
  const { value, map, list, problems } = resolver
  const [deployTo, repoTree, repoPath] = await Promise.all(PLACES.map((key) => value<string | undefined>(key, schemas[key])))
  const source = await sourceOf(resolver)
  const git = await map('git.')
  const envs: EnvMap[] = []
  for (const key of resolver.envs) envs.push(await value<EnvMap>(key, schemas.env))
  // what a flag makes of a recipe's environment is the command line's as well: over the config's, under --set env.…
  const byFlag = flags.layer.env === undefined ? envs.length : envs.length - 1
  const linked = checkLinked(
    await list('linkedFiles', schemas.linkedFiles.element),
    await list('linkedDirs', schemas.linkedDirs.element),
    recipes.flatMap((used) => used.recipe.definition.linkedDirs ?? []),
  )
  problems.push(...linked.problems.map(({ key, message }) => ({ path: resolver.pathOf(key), message })))
  const [currentDirectory, releasesDirectory, sharedDirectory] = await Promise.all(NAMES.map((key) => value<string>(key)))
  const places = { currentDirectory: currentDirectory!, releasesDirectory: releasesDirectory!, sharedDirectory: sharedDirectory! }
  // of what is wrong by itself more would only confuse
  if (problems.length === 0 && deployTo !== undefined)
    problems.push(...placeProblems({ ...places, deployTo, repoPath }).map(({ key, message }) => ({ path: resolver.pathOf(key), message })))
  const resolved: Resolved[] = []
  for (const used of recipes) resolved.push(await resolveRecipe(used, resolver))
  // what is wrong already would only be told again by the recipes' own code
  const settled = problems.length > 0 ? [] : recipes.map((used, i) => ({ ...used, ...resolved[i]! }))
  const theirs = recipesEnv(settled, { stage: name, file, problems })
  problems.push(...recipeProblems(settled, { stage: name, linkedFiles: linked.files, linkedDirs: linked.dirs }, file))
  envs.splice(byFlag, 0, hidden(theirs.byFlag, envs.slice(0, byFlag)))
  const ssh = (await map('ssh.')) as SshOptions
  const here = ['stages', name, 'servers']
  const dialled = await hostsOf(config.roles, here, stage, { ssh, flags: flags.layer.ssh ?? {} }, resolver, file)
  const listed = dialled.map((host) => deployUser(host, [stage.ssh, config.ssh]))
  problems.push(...claimProblems(settled, { hosts: listed, application: config.application, stage: name }, file))
  problems.push(...unheeded(flags.layer.ssh, listed, name))
  const wanted = (host: Host) => hostSchemas(host, listed, resolved, name)
  const set = listed.map((host) => setHostVars(host, flags.vars, wanted(host)))
  problems.push(
    ...unknownVars(
      flags.vars,
      { ...config.vars, ...stage.vars },
      listed.map((host) => ({ vars: host.vars, schemas: wanted(host) })),
    ),
  )
  const { hosts, messages } = checkHostVars(set, resolved, name)
  problems.push(...messages.map((message) => ({ path: here, message })))
  const env = envs.reduce((under, over) => mergeEnv(under, over)!, theirs.env)
  openAll(env)
  const rest = {
    name,
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
    played: playedIn(Object.values(config.stages), config.roles, hosts),
    recipes: Object.freeze(resolved.map(({ recipe, name, settings }) => Object.freeze({ recipe, name, settings }))),
    tasks: Object.freeze({ ...config.tasks, ...stage.tasks }),
    hooks: Object.freeze([config.hooks, stage.hooks].filter((hooks) => hooks !== undefined)),
    file,
  }
  return Object.freeze(withLacks({ ...rest, ...source.values }, source.lacks)) as Stage
}

const PLACES = ['deployTo', 'repoTree', 'repoPath'] as const
const NAMES = ['currentDirectory', 'releasesDirectory', 'sharedDirectory'] as const

type Resolved = ResolvedRecipe & {
  /** its settings as they would be without the command line */ readonly under: Readonly<Record<string, unknown>> | undefined
}

const resolveRecipe = async ({ name, recipe, path }: UsedRecipe, resolver: Resolver): Promise<Resolved> => {
  const prefix = `settings.${name}.`
  const given = await resolver.partly(prefix)
  const { settings, problems } = checkSettings(recipe.definition.settings, given)
  for (const { path: inside, message } of problems) {
    const from = resolver.pathOf(`${prefix}${String(inside[0])}`)
    resolver.problems.push({ path: from.length > 0 ? [...from, ...inside.slice(1)] : [...path, ...inside], message })
  }
  const under = recipe.definition.env && (await withoutFlags(prefix, given, resolver))
  return { recipe, name, settings: Object.freeze(settings), under: under && checkSettings(recipe.definition.settings, under).settings }
}

const hostsOf = async (
  roles: readonly string[] | undefined,
  path: ConfigPath,
  stage: RawStage,
  options: { readonly ssh: SshOptions; readonly flags: SshOptions },
  resolver: Resolver,
  file: string,
) => {
  try {
    const { hosts, problems } = await resolveHosts(stage.servers, resolver.context, options, roles)
    resolver.problems.push(...problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })))
    return hosts
  } catch (error) {
    throw thrownByConfig(error, file, showPath(path))
  }
}

const untailed = (path: string | undefined): string | undefined => path?.replace(/(?<=.)\/+$/, '')
