import { dirname } from 'node:path'
import { playedRoles } from '../inventory/played-roles.ts'
import type { SshOptions } from '../inventory/types.ts'
import { commandMap, type CommandMap } from '../shell/map-commands.ts'
import type { Call, EnvMap } from '../shell/types.ts'
import { ShipitError } from '../values/errors.ts'
import { collectEnvErrors } from './env-issues.ts'
import { envSources, type EnvSource } from './env-sources.ts'
import { hostEnvs, joinEnvs, localEnv } from './host-env.ts'
import { layerSettings } from './layer-settings.ts'
import { revealSecrets, withMissing, withMissingSecrets, type PartialValues } from './missing-variables.ts'
import { checkLinkedPaths } from './linked-paths.ts'
import { linkedSources } from './linked-sources.ts'
import { localFacts } from './operator.ts'
import { applyOverrides } from './apply-overrides.ts'
import { selectStage } from './select-stage.ts'
import { pathConflicts, type DeployPaths } from './path-conflicts.ts'
import { applicationOf, type LoadedConfig, type Raw, type RawStage } from './raw-config.ts'
import { hiddenByConfig, recipesEnv } from './recipe-env.ts'
import { recipeProblems } from './recipe-problems.ts'
import { layerRecipes, layerRecipeSettings, schemasOf, unknownSettings } from './recipes.ts'
import type { UsedRecipe } from './recipes.ts'
import { gitOptions, resolveSource } from './repository.ts'
import { makeResolver } from './resolver.ts'
import type { Resolver } from './resolver.ts'
import { defaults, schemas, SETTLED, type SettledSettings } from '../settings/derived.ts'
import { settledLinkedFile } from '../settings/linked-file.ts'
import { releasePath } from '../settings/schema-parts.ts'
import { commandMaker, NO_OPTIONS } from '../shell/shipit-command.ts'
import type { CommandLine } from './set-option.ts'
import { parseSetOptions } from './set-option.ts'
import { varPatches } from './set-vars.ts'
import { addDeclared, withDeclaredVars } from './stage-vars.ts'
import { stagesSharingDeployPath } from './shared-deploy-path.ts'
import { resolveStageHosts } from './stage-hosts.ts'
import { resolveRecipe, type CheckedRecipe } from './stage-recipes.ts'
import { problemsOf } from '../settings/zod-problems.ts'
import type { LocalFacts } from '../settings/types.ts'
import type { Stage } from '../tasks/stage.ts'
import { present } from '../values/absent.ts'
import { withoutTrailingSlash } from '../values/path.ts'
import type { Overrides } from './overrides.ts'
import { configError, placeOf, withProblems } from './validate.ts'

/**
 * A stage with everything resolved: defaults < recipe defaults < config < stage < command line, then late settings, each computed once.
 * Throws (usage) if the stage does not exist, or with everything that is wrong in it.
 */
export const resolveStage = async (loaded: LoadedConfig, name: string, overrides: Overrides = {}): Promise<Stage> =>
  (await resolveWithSources(loaded, name, overrides)).stage

/** A stage, and what its settings were made from. */
export interface StageSources {
  readonly stage: Stage
  /** as written */
  readonly raw: RawStage
  readonly recipes: readonly UsedRecipe[]
  readonly flags: CommandLine
  /** `--branch` */
  readonly branch: string | undefined
  readonly resolver: Resolver
  /** what gives environment, lowest first: `recipe NAME`, `config`, `stage`, `--set` */
  readonly envs: readonly EnvSource[]
}

/** The same as {@link resolveStage}, with the sources. */
export const resolveWithSources = async (loaded: LoadedConfig, name: string, overrides: Overrides): Promise<StageSources> => {
  let sources: StageSources
  try {
    sources = await resolve(loaded, name, overrides)
  } catch (error) {
    throw error instanceof ShipitError ? await withProblems(error, loaded) : error
  }
  if (loaded.problems?.length) throw await configError(loaded.problems, loaded.file, loaded.text)
  return sources
}

const resolve = (loaded: LoadedConfig, name: string, overrides: Overrides): Promise<StageSources> =>
  collectEnvErrors(async () => {
    const local = localFacts(dirname(loaded.file))
    const stage = await selectStage(loaded, name, local)
    const recipes = layerRecipes(loaded.config, stage, name)
    const flags = parseSetOptions(overrides.set ?? [], schemasOf(recipes))
    const resolver = layerStage(loaded, name, stage, recipes, { flags, branch: overrides.branch, local })
    resolver.problems.push(
      ...unknownSettings(
        stage,
        recipes.map((used) => used.name),
        ['stages', name],
      ),
    )
    const resolved = await withDeclaredVars(loaded, { name, stage }, resolver, (declared) =>
      assembleStage(loaded, name, stage, recipes, resolver, {
        ...flags,
        declared,
        runsNothing: overrides.runsNothing ?? false,
        shipit: overrides.shipit ?? commandMaker(NO_OPTIONS, () => false),
      }),
    )
    if (resolver.problems.length > 0) throw await configError(resolver.problems, loaded.file, loaded.text)
    return { ...resolved, raw: stage, recipes, flags, branch: overrides.branch, resolver }
  })

const layerStage = (
  { config, file }: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  { flags, branch, local }: { flags: CommandLine; branch: string | undefined; local: LocalFacts },
): Resolver => {
  const application = applicationOf(config, stage)
  const layered = layerSettings([
    { path: [], layer: defaults(application) },
    { path: [], layer: config },
    { path: ['stages', name], layer: stage },
    { path: ['--set'], layer: flags.layer },
    { path: ['--branch'], layer: branch === undefined ? {} : { branch } },
  ])
  const given = new Map([...layered.given, ...layerRecipeSettings(recipes, stage)])
  const { stageVars } = config
  applyOverrides(given, 'vars.', varPatches(flags.vars, { ...config.vars, ...stage.vars }, present([stageVars])), stageVars)
  if (stageVars) addDeclared(given, stageVars)
  for (const [recipe, sets] of flags.recipes) applyOverrides(given, `settings.${recipe}.`, sets, schemasOf(recipes)[recipe]?.schema)
  return makeResolver({ stage: name, application, local, file, layered: { ...layered, given }, stageVars })
}

/** The command line, and the vars by their schema, if the config has one. */
interface AssembleOptions extends CommandLine {
  readonly declared: PartialValues | undefined
  readonly shipit: Call
  readonly runsNothing: boolean
}

const assembleStage = async (
  loaded: LoadedConfig,
  name: string,
  stage: RawStage,
  recipes: readonly UsedRecipe[],
  resolver: Resolver,
  { declared, ...flags }: AssembleOptions,
): Promise<Pick<StageSources, 'stage' | 'envs'>> => {
  const { config, file } = loaded
  const { map, problems } = resolver
  const [deployTo, repoTree, repoPath] = await resolvePaths(resolver)
  const source = await resolveSource(resolver)
  const git = await map('git.')
  const commands = await resolveCommands(resolver)
  const envs = await resolveEnvs(resolver)
  const byFlag = flags.layer.env === undefined ? envs.length : envs.length - 1
  const linked = await resolveLinked(recipes, resolver, file)
  const plain = await resolveSettled(resolver)
  checkPaths({ ...plain, deployTo, repoPath }, resolver)
  const resolved = await resolveRecipes(recipes, resolver)
  // after a mistake, the recipes' own code would only report it again
  const checked = problems.length > 0 ? [] : recipes.map((used, i) => ({ ...used, ...resolved[i]! }))
  const recipeEnv = recipesEnv(checked, { stage: name, file, problems })
  problems.push(...recipeProblems(checked, { stage: name, linkedFiles: linked.files, linkedDirs: linked.dirs }, file))
  const hidden = hiddenByConfig(recipeEnv.byFlag, envs.slice(0, byFlag))
  const sources = envSources(resolver.envs, envs, recipeEnv.byRecipe, { at: byFlag, env: hidden })
  envs.splice(byFlag, 0, hidden)
  const ssh = (await map('ssh.')) as SshOptions
  const hosts = await resolveStageHosts(loaded, name, stage, { resolver, flags, ssh, sudo: plain, recipes: resolved, checked })
  const env = joinEnvs(recipeEnv.env, envs)
  const around = { below: envs.slice(0, byFlag), above: envs.slice(byFlag + 1) }
  const ownEnvs = { ...hostEnvs(hosts, recipeEnv, around), ...localEnv(checked, { stage: name, file }, around) }
  if (!flags.runsNothing) [env, ...(ownEnvs.hostEnv?.values() ?? [])].forEach(revealSecrets)
  const rest = {
    name,
    shipit: (...words: readonly string[]) => flags.shipit(name, ...words),
    application: resolver.context.application,
    deployTo: withoutTrailingSlash(deployTo)!,
    repoTree: withoutTrailingSlash(repoTree),
    linkedFiles: Object.freeze(linked.files),
    linkedDirs: Object.freeze(linked.dirs),
    linkedSources: Object.freeze(linked.sources),
    ...plain,
    repoPath: withoutTrailingSlash(repoPath),
    env: Object.freeze(env),
    ...(commands && { commands }),
    ...ownEnvs,
    vars: Object.freeze(withMissingSecrets(declared ?? (await resolver.partly('vars.')))),
    ssh: Object.freeze(ssh),
    git: gitOptions(git),
    hosts: Object.freeze(hosts),
    ...(hosts.length === 0 && { noHostsAt: await placeOf(['stages', name, 'servers'], loaded) }),
    sharing: Object.freeze(stagesSharingDeployPath(config, name, { deployTo: deployTo ?? '', hosts })),
    played: playedRoles(Object.values(config.stages), config.roles, hosts),
    recipes: Object.freeze(resolved.map(({ recipe, name, settings }) => Object.freeze({ recipe, name, settings }))),
    ...ownTasks(config, stage),
    file,
  }
  return { stage: Object.freeze(withMissing({ ...rest, ...source.values }, source.missing)) as Stage, envs: sources }
}

const resolveRecipes = async (recipes: readonly UsedRecipe[], resolver: Resolver): Promise<CheckedRecipe[]> => {
  const all: CheckedRecipe[] = []
  for (const used of recipes) all.push(await resolveRecipe(used, resolver))
  return all
}

const resolvePaths = ({ value }: Resolver): Promise<(string | undefined)[]> =>
  Promise.all((['deployTo', 'repoTree', 'repoPath'] as const).map((key) => value<string | undefined>(key, schemas[key])))

const resolveEnvs = async ({ envs, value }: Resolver): Promise<EnvMap[]> => {
  const all: EnvMap[] = []
  for (const key of envs) all.push(await value<EnvMap>(key, schemas.env))
  return all
}

/** What runs in place of programs; undefined after a mistake. The config's part was checked with it, the command line's was not. */
const resolveCommands = async ({ map, problems, pathOf }: Resolver): Promise<CommandMap | undefined> => {
  const given = (await map('commands.')) as Parameters<typeof commandMap>[0]
  const wrong = problemsOf(schemas.commands, given)
  problems.push(...wrong.map((one) => ({ ...one, path: pathOf(`commands.${one.path.join('.')}`) })))
  return wrong.length > 0 ? undefined : commandMap(given)
}

/** The tasks and hooks of the config, those of the stage over or after them. */
const ownTasks = (config: Raw, stage: RawStage): Pick<Stage, 'tasks' | 'override' | 'hooks'> => ({
  tasks: Object.freeze({ ...config.tasks, ...stage.tasks }),
  override: Object.freeze({ ...config.override, ...stage.override }),
  hooks: Object.freeze([config.hooks, stage.hooks].filter((hooks) => hooks !== undefined)),
})

/** The linked files and directories, including those of recipes. */
const resolveLinked = async (recipes: readonly UsedRecipe[], { list, problems, pathOf }: Resolver, config: string) => {
  const files = await list('linkedFiles', settledLinkedFile)
  const linked = checkLinkedPaths(
    files.map((one) => (typeof one === 'object' ? one.path : one)),
    await list('linkedDirs', releasePath),
    recipes.flatMap((used) => present(used.recipe.definition.linkedDirs ?? [])),
  )
  problems.push(...linked.problems.map(({ key, message }) => ({ path: pathOf(key), message })))
  return { ...linked, sources: linkedSources(files, config) }
}

/** The settings that are never late: they were validated with the config. */
const resolveSettled = async ({ value }: Resolver): Promise<SettledSettings> =>
  Object.fromEntries(await Promise.all(SETTLED.map(async (key) => [key, await value(key)] as const))) as unknown as SettledSettings

type Given = Omit<DeployPaths, 'deployTo'> & { readonly deployTo: string | undefined }
const checkPaths = (
  { deployTo, repoPath, currentDirectory, releasesDirectory, sharedDirectory }: Given,
  { problems, pathOf }: Resolver,
): void => {
  // compare the paths only once each is valid by itself
  if (problems.length > 0 || deployTo === undefined) return
  const paths = { deployTo, repoPath, currentDirectory, releasesDirectory, sharedDirectory }
  problems.push(...pathConflicts(paths).map(({ key, message }) => ({ path: pathOf(key), message })))
}
