import type { Host, SshOptions } from '../inventory/types.ts'
import { claimProblems } from './claims.ts'
import { deployUser } from './deploy-user.ts'
import { thrownByConfig } from './evaluate.ts'
import { uselessFlags } from './useless-flags.ts'
import { checkHostVars, hostSchemas } from './hostvars.ts'
import { showPath } from '../errors/source-location.ts'
import type { LoadedConfig, RawStage } from './raw.ts'
import type { UsedRecipe } from './recipes.ts'
import type { Resolver } from './resolver.ts'
import { resolveHosts } from './servers.ts'
import type { CommandLine } from './set.ts'
import { setHostVars, varProblems } from './setvars.ts'
import type { SettledRecipe } from './stage-recipes.ts'

interface Around {
  readonly resolver: Resolver
  readonly flags: CommandLine
  /** the stage's options, including those of the command line */
  readonly ssh: SshOptions
  readonly recipes: readonly SettledRecipe[]
  /** the recipes as used; empty after a mistake, so that no recipe code runs with wrong settings */
  readonly settled: readonly (UsedRecipe & SettledRecipe)[]
}

/**
 * The hosts of a stage, with the vars that recipes and the command line add. Mistakes go to the problems of the resolver.
 * Throws (usage) what a function of the config throws, with its place.
 */
export const stageHosts = async (loaded: LoadedConfig, name: string, stage: RawStage, around: Around): Promise<readonly Host[]> => {
  const { config, file } = loaded
  const { resolver, flags, recipes, settled } = around
  const path = ['stages', name, 'servers']
  const dialled = await listHosts(loaded, stage, path, around)
  const listed = dialled.map((host) => deployUser(host, [stage.ssh, config.ssh]))
  const wanted = (host: Host) => hostSchemas(host, listed, recipes, name)
  const holders = listed.map((host) => ({ vars: host.vars, schemas: wanted(host) }))
  const { hosts, messages } = checkHostVars(
    listed.map((host) => setHostVars(host, flags.vars, wanted(host))),
    recipes,
    name,
  )
  resolver.problems.push(
    ...claimProblems(settled, { hosts: listed, application: config.application, stage: name }, file),
    ...uselessFlags(flags.layer.ssh, listed, name),
    ...varProblems(flags.vars, { ...config.vars, ...stage.vars }, holders),
    ...messages.map((message) => ({ path, message })),
  )
  return hosts
}

const listHosts = async ({ config, file }: LoadedConfig, stage: RawStage, path: readonly string[], { resolver, ssh, flags }: Around) => {
  try {
    const options = { ssh, flags: flags.layer.ssh ?? {} }
    const { hosts, problems } = await resolveHosts(stage.servers, resolver.context, options, config.roles)
    resolver.problems.push(...problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })))
    return hosts
  } catch (error) {
    throw thrownByConfig(error, file, showPath(path))
  }
}
