import type { z } from 'zod'
import { isUnexpectedPromise } from '../values/promise.ts'
import type { Stage } from '../tasks/stage.ts'
import { layoutFor } from '../facts/task-layout.ts'
import { checkRoles, rolesInSelector } from '../inventory/played-roles.ts'
import { select, primaryOf, whyNoMatch } from '../inventory/select.ts'
import type { Host, Selector } from '../inventory/types.ts'
import { checkOptions } from '../shell/known-options.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import { stageSettings } from '../tasks/stage-settings.ts'
import type { BaseContext, DeployInfo, Failure, Paths, StepsContext } from '../tasks/types.ts'
import { templatesOf } from '../template/templates.ts'
import { EXIT, usageError } from '../values/errors.ts'
import { markHostPath, path } from '../values/path.ts'
import { userCodeError } from '../errors/user-code-error.ts'
import type { HostRead } from './types.ts'

/** The paths of a deploy with the settings of a stage. `release` is the live one (`current`) if there is no release to make or go to. */
export const pathsOf = (stage: Stage, release: string | undefined): Paths => {
  const deployTo = markHostPath(path(stage.deployTo))
  const releases = deployTo.join(stage.releasesDirectory)
  const current = deployTo.join(stage.currentDirectory)
  return {
    deployTo,
    releases,
    release: release === undefined ? current : releases.join(release),
    current,
    shared: deployTo.join(stage.sharedDirectory),
    repo: stage.repoPath === undefined ? deployTo.join('repo') : markHostPath(path(stage.repoPath)),
  }
}

export interface ContextInput {
  readonly stage: Stage
  /** the hosts of this run, filters applied */
  readonly hosts: readonly Host[]
  readonly deploy: DeployInfo
  /** the arguments typed after tasks, by task name */
  readonly args?: ReadonlyMap<string, Readonly<Record<string, unknown>>> | undefined
  /** the words typed after `--`, by the name of the task that takes them */
  readonly rest?: ReadonlyMap<string, readonly string[]> | undefined
}

/** The context of every task function. A plan is a function of config and facts only. */
export const baseContext = (input: ContextInput, settings: TaskEntry['settings'], usedAs: string, task?: TaskEntry): BaseContext => ({
  stage: input.stage.name,
  application: input.stage.application,
  shipit: (...words) => input.stage.shipit(...words.map((word) => wordInRun(input.stage, usedAs, word))),
  usedAs,
  settings,
  paths: pathsOf(input.stage, input.deploy.releasing ? input.deploy.release : undefined),
  vars: input.stage.vars,
  deploy: input.deploy,
  config: stageSettings(input.stage),
  linkedFiles: input.stage.linkedFiles,
  linkedDirs: input.stage.linkedDirs,
  repoTree: input.stage.repoTree,
  hosts: (on: Selector, options = {}) => hostsOf(input, on, options),
  primary: (on: Selector) => primaryOf(select(input.stage.hosts, checkRoles(on, input.stage.played, 'primary()'))),
  args: task === undefined ? {} : argsOf(input, task),
  rest: (task && input.rest?.get(task.name)) ?? [],
  template: (file, data = {}) => templatesOf(input.stage, input.stage.file.replace(/[^/]*$/, '')).render(file, data),
  settingsOf: ((recipe: RecipeReference) => findUse(input.stage, recipe)?.settings) as BaseContext['settingsOf'],
})

/** The hosts that a selector chooses of this run, or of the whole stage. Throws (usage) for a role or an option that is not known. */
const hostsOf = ({ stage, hosts }: ContextInput, on: Selector, options: { readonly filtered?: boolean }): readonly Host[] => {
  checkOptions('hosts()', options, ['filtered'])
  return select(stage.hosts, checkRoles(on, stage.played, 'hosts()'), options.filtered === false ? stage.hosts : hosts)
}

/** A recipe, or its factory. */
type RecipeReference = { readonly name: string; readonly recipeName?: string }

/** The use of a recipe: of this very object, or else under the recipe's own name, or else the first under another name. */
const findUse = (stage: Stage, recipe: RecipeReference) => {
  const name = recipe.recipeName ?? recipe.name
  const uses = stage.recipes.filter((used) => used.recipe.definition.name === name)
  return uses.find((used) => used.recipe === recipe) ?? uses.find((used) => used.name === name) ?? uses[0]
}

/** The args of a task. If none were typed (a hook), they are the defaults of its schema. Throws (usage) if one has no default. */
const argsOf = (input: ContextInput, { name, def }: TaskEntry): Readonly<Record<string, unknown>> => {
  const args = def.args as z.ZodObject | undefined
  const typed = input.args?.get(name)
  if (typed !== undefined || args === undefined) return typed ?? {}
  const result = args.safeParse({})
  if (result.success) return result.data
  const missing = result.error.issues.map(({ path }) => String(path[0])).join(', ')
  throw usageError(`${name} needs ${missing}, and nothing here gives it a value`, {
    hint: 'give its args defaults, or name the task on the command line',
  })
}

export const stepsContext = (
  input: ContextInput,
  task: TaskEntry,
  host: Host,
  read: HostRead,
  failure: Failure | undefined,
): StepsContext => ({
  ...baseContext(input, task.settings, task.owner, task),
  host,
  facts: read.recipes[task.owner] ?? {},
  layout: layoutFor(read.layout),
  failure: failure && failureFor(input.stage, task.owner, failure),
})

/** A failure whose `ran` takes task names by the recipe's own name. */
export const failureFor = (stage: Stage, owner: string, failure: Failure): Failure => ({
  ...failure,
  ran: (name) => failure.ran(nameInRun(stage, owner, name)),
})

/** The name of a task in this run. A recipe knows its tasks by its own name, even if it is used under another. */
export const nameInRun = (stage: Stage, owner: string, name: string): string => {
  const recipeName = stage.recipes.find((used) => used.name === owner)?.recipe.definition.name
  return recipeName !== undefined && recipeName !== owner && name.startsWith(`${recipeName}:`)
    ? `${owner}${name.slice(recipeName.length)}`
    : name
}

/** The same for a word of a command line: a task, or a setting after `--set`. */
const wordInRun = (stage: Stage, owner: string, word: string): string => {
  const recipeName = stage.recipes.find((used) => used.name === owner)?.recipe.definition.name
  return recipeName !== undefined && recipeName !== owner && word.startsWith(`${recipeName}.`)
    ? `${owner}${word.slice(recipeName.length)}`
    : nameInRun(stage, owner, word)
}

/** The hosts that a task runs on; `'local'` for this machine. */
export const targetsOf = (input: ContextInput, task: TaskEntry): readonly Host[] | 'local' => {
  const selector = selectorOf(task, input)
  if (selector === 'local') return 'local'
  try {
    return select(input.stage.hosts, selector, input.hosts)
  } catch (error) {
    throw userCodeError(error, EXIT.usage, `the task ${task.name}`)
  }
}

/** Whether a task runs on one host of several. It is a wave of its own. */
export const runsOnPrimary = (task: TaskEntry, input: ContextInput): boolean => {
  const selector = selectorOf(task, input)
  return typeof selector === 'object' && 'primary' in selector && selector.primary === true
}

const selectorOf = (task: TaskEntry, input: ContextInput): Selector => {
  const { on } = task.def
  if (typeof on !== 'function') return on ?? 'release'
  try {
    return on({ settings: task.settings, stage: input.stage.name })
  } catch (error) {
    throw userCodeError(error, EXIT.usage, `the task ${task.name}`)
  }
}

/** Whether a task takes part in a run, by its `when`. Throws what `when` throws, with its place. */
export const isEnabled = (input: ContextInput, task: TaskEntry, exit: number = EXIT.usage): boolean => {
  try {
    const context = baseContext(input, task.settings, task.owner, task)
    const enabled: unknown = task.def.when === undefined || task.def.when(context)
    if (typeof enabled === 'boolean') return enabled
    // a promise of false is not false: with an async `when` the task would always run
    throw usageError(
      `when returned ${isUnexpectedPromise(enabled) ? 'a promise' : JSON.stringify(enabled)}: it must return true or false, and cannot be async`,
    )
  } catch (error) {
    throw userCodeError(error, exit, `the task ${task.name}`)
  }
}

/** The missing roles of a task that is left out: it runs on them, and no host of the stage has them. Empty if it runs somewhere. */
export const missingRoles = (input: ContextInput, task: TaskEntry): readonly string[] => {
  const selector = selectorOf(task, input)
  const { hosts } = input.stage
  if (select(hosts, selector).length > 0) return []
  return rolesInSelector(selector).filter((role) => !hosts.some((host) => host.has(role)))
}

/** Why no host runs a task, if the reason is not a missing role: see {@link whyNoMatch}. `unfiltered`: no host of the whole stage. */
export const whyNoHost = (input: ContextInput, task: TaskEntry, { unfiltered = false } = {}): string | undefined => {
  const { hosts } = input.stage
  return whyNoMatch(hosts, selectorOf(task, input), unfiltered ? hosts : input.hosts)
}

/** The host that a task for one host of several would run on, if the filters leave that host out and so no host runs the task. */
export const filteredOutHost = (input: ContextInput, task: TaskEntry): Host | undefined => {
  if (!runsOnPrimary(task, input)) return undefined
  const [host] = select(input.stage.hosts, selectorOf(task, input))
  return host !== undefined && !input.hosts.includes(host) ? host : undefined
}
