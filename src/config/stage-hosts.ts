import type { Host, SshOptions } from '../inventory/types.ts'
import type { Secret } from '../values/secret.ts'
import { claimProblems } from './claims.ts'
import { deployUser } from './deploy-user.ts'
import { configCodeError } from './evaluate.ts'
import { unusedSshFlags } from './unused-flags.ts'
import { checkHostVars, hostSchemas } from './host-vars.ts'
import { present } from '../values/absent.ts'
import { showPath } from '../errors/source-location.ts'
import type { LoadedConfig, RawStage } from './raw-config.ts'
import type { UsedRecipe } from './recipes.ts'
import type { Resolver } from './resolver.ts'
import { resolveHosts } from './servers.ts'
import type { CommandLine } from './set-option.ts'
import { isWrongVar } from './var-checks.ts'
import { setHostVars, varProblems } from './set-vars.ts'
import type { CheckedRecipe } from './stage-recipes.ts'

interface StageInput {
  readonly resolver: Resolver
  readonly flags: CommandLine
  /** the stage's options, including those of the command line */
  readonly ssh: SshOptions
  /** the stage's password for sudo */
  readonly sudo: { readonly sudoPassword?: Secret | undefined }
  readonly recipes: readonly CheckedRecipe[]
  /** the recipes as used; empty after a mistake, so that no recipe code runs with wrong settings */
  readonly checked: readonly (UsedRecipe & CheckedRecipe)[]
}

/**
 * The hosts of a stage, with the vars that recipes and the command line add. Mistakes go to the problems of the resolver.
 * Throws (usage) what a function of the config throws, with its place.
 */
export const resolveStageHosts = async (
  loaded: LoadedConfig,
  name: string,
  stage: RawStage,
  input: StageInput,
): Promise<readonly Host[]> => {
  const { config, file } = loaded
  const { resolver, flags, recipes, checked } = input
  const path = ['stages', name, 'servers']
  const listed = await listHosts(loaded, stage, path, input)
  const configured = listed.hosts.map((host) => deployUser(host, [stage.ssh, config.ssh]))
  const own = config.hostVars === undefined ? [] : [config.hostVars]
  const schemasOf = (host: Host) => [...own, ...hostSchemas(host, configured, recipes, name)]
  const holders = configured.map((host) => ({ vars: host.vars, schemas: schemasOf(host) }))
  const { hosts, problems } = checkHostVars(
    configured.map((host) => setHostVars(host, flags.vars, schemasOf(host))),
    { own: config.hostVars, recipes, stage: name, listed },
  )
  resolver.problems.push(
    ...claimProblems(checked, { hosts: configured, application: resolver.context.application, stage: name }, file),
    ...unusedSshFlags(flags.layer.ssh, configured, name),
    ...varProblems(flags.vars, { vars: { ...config.vars, ...stage.vars }, schemas: present([config.stageVars]) }, holders),
    ...problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })),
  )
  return hosts
}

const listHosts = async (
  { config, file }: LoadedConfig,
  stage: RawStage,
  path: readonly string[],
  { resolver, ssh, flags, sudo }: StageInput,
) => {
  try {
    const options = { ssh, flags: flags.layer.ssh ?? {}, sudoPassword: sudo.sudoPassword }
    const listed = await resolveHosts(stage.servers, resolver.context, options, config.roles)
    resolver.problems.push(...listed.problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] })))
    return listed
  } catch (error) {
    throw isWrongVar(error) ? error : configCodeError(error, file, showPath(path))
  }
}
