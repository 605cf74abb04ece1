import { isPromise } from '../values/promise.ts'
import type { Stage } from '../tasks/stage.ts'
import { layoutFor } from '../facts/layout.ts'
import { checkRoles, namedRoles } from '../inventory/played.ts'
import { select, primaryOf } from '../inventory/select.ts'
import type { Host, Selector } from '../inventory/types.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { BaseContext, DeployInfo, Failure, Paths, StepsContext } from '../tasks/types.ts'
import { EXIT, usageError } from '../values/errors.ts'
import { ofHosts, path } from '../values/path.ts'
import { thrownByCode } from './thrown.ts'
import type { HostRead } from './types.ts'

/** The paths of a deploy with the settings of a stage. `release` is the live one (`current`) if there is no release to make or go to. */
export const pathsOf = (stage: Stage, release: string | undefined): Paths => {
  const deployTo = ofHosts(path(stage.deployTo))
  const releases = deployTo.join(stage.releasesDirectory)
  const current = deployTo.join(stage.currentDirectory)
  return {
    deployTo,
    releases,
    release: release === undefined ? current : releases.join(release),
    current,
    shared: deployTo.join(stage.sharedDirectory),
    repo: stage.repoPath === undefined ? deployTo.join('repo') : ofHosts(path(stage.repoPath)),
  }
}

export interface ContextInput {
  readonly stage: Stage
  /** the hosts of this run, filters applied */
  readonly hosts: readonly Host[]
  readonly deploy: DeployInfo
  /** the arguments typed after tasks, by task name */
  readonly args?: ReadonlyMap<string, Readonly<Record<string, unknown>>> | undefined
}

/** What every task function sees. A plan is a function of config and facts only. */
export const baseContext = (input: ContextInput, settings: TaskEntry['settings'], usedAs: string, task?: TaskEntry): BaseContext => ({
  stage: input.stage.name,
  application: input.stage.application,
  shipit: (...words) => input.stage.shipit(...words.map((word) => usedWord(input.stage, usedAs, word))),
  usedAs,
  settings,
  paths: pathsOf(input.stage, input.deploy.releasing ? input.deploy.release : undefined),
  vars: input.stage.vars,
  deploy: input.deploy,
  linkedFiles: input.stage.linkedFiles,
  linkedDirs: input.stage.linkedDirs,
  repoTree: input.stage.repoTree,
  hosts: (on: Selector) => select(input.stage.hosts, checkRoles(on, input.stage.played, 'hosts()'), input.hosts),
  primary: (on: Selector) => primaryOf(select(input.stage.hosts, checkRoles(on, input.stage.played, 'primary()'))),
  args: task === undefined ? {} : argsOf(input, task),
  settingsOf: ((recipe: NamedRecipe) => foundUse(input.stage, recipe)?.settings) as BaseContext['settingsOf'],
})

/** A recipe, or its factory. */
type NamedRecipe = { readonly name: string; readonly recipeName?: string }

/** The use of a recipe: of this very object, or else under the recipe's own name, or else the first under another name. */
const foundUse = (stage: Stage, recipe: NamedRecipe) => {
  const name = recipe.recipeName ?? recipe.name
  const all = stage.recipes.filter((used) => used.recipe.definition.name === name)
  return all.find((used) => used.recipe === recipe) ?? all.find((used) => used.name === name) ?? all[0]
}

/** The args of a task. If none were typed (a hook), they are the defaults of its schema. Throws (usage) if one has no default. */
const argsOf = (input: ContextInput, { name, def: { args } }: TaskEntry): Readonly<Record<string, unknown>> => {
  const given = input.args?.get(name)
  if (given !== undefined || args === undefined) return given ?? {}
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

/** A failure whose `ran` takes task names as one recipe knows them. */
export const failureFor = (stage: Stage, owner: string, failure: Failure): Failure => ({
  ...failure,
  ran: (name) => failure.ran(usedName(stage, owner, name)),
})

/** The name of a task in this run. A recipe knows its tasks by its own name, even if it is used under another. */
export const usedName = (stage: Stage, owner: string, name: string): string => {
  const own = stage.recipes.find((used) => used.name === owner)?.recipe.definition.name
  return own !== undefined && own !== owner && name.startsWith(`${own}:`) ? `${owner}${name.slice(own.length)}` : name
}

/** The same for a word of a command line: a task, or a setting after `--set`. */
const usedWord = (stage: Stage, owner: string, word: string): string => {
  const own = stage.recipes.find((used) => used.name === owner)?.recipe.definition.name
  return own !== undefined && own !== owner && word.startsWith(`${own}.`)
    ? `${owner}${word.slice(own.length)}`
    : usedName(stage, owner, word)
}

/** The hosts that a task runs on; `'local'` for this machine. */
export const targetsOf = (input: ContextInput, task: TaskEntry): readonly Host[] | 'local' => {
  const selector = selectorOf(task, input)
  if (selector === 'local') return 'local'
  try {
    return select(input.stage.hosts, selector, input.hosts)
  } catch (error) {
    throw thrownByCode(error, EXIT.usage, `the task ${task.name}`)
  }
}

/** Whether a task runs on one host of several. It is a wave of its own. */
export const isAlone = (task: TaskEntry, input: ContextInput): boolean => {
  const selector = selectorOf(task, input)
  return typeof selector === 'object' && 'primary' in selector && selector.primary === true
}

const selectorOf = (task: TaskEntry, input: ContextInput): Selector => {
  const { on } = task.def
  if (typeof on !== 'function') return on ?? 'release'
  try {
    return on({ settings: task.settings, stage: input.stage.name })
  } catch (error) {
    throw thrownByCode(error, EXIT.usage, `the task ${task.name}`)
  }
}

/** Whether a task takes part in a run, by its `when`. Throws what `when` throws, with its place. */
export const takesPart = (input: ContextInput, task: TaskEntry, exit: number = EXIT.usage): boolean => {
  try {
    const context = baseContext(input, task.settings, task.owner, task)
    const takes: unknown = task.def.when === undefined || task.def.when(context)
    if (typeof takes === 'boolean') return takes
    // a promise of false is not false: with an async `when` the task would always run
    throw usageError(
      `when returned ${isPromise(takes) ? 'a promise' : JSON.stringify(takes)}: it must return true or false, and cannot be async`,
    )
  } catch (error) {
    throw thrownByCode(error, exit, `the task ${task.name}`)
  }
}

/** The missing roles of a task that is left out: it runs on them, and no host of the stage has them. Empty if it runs somewhere. */
export const lackingRoles = (input: ContextInput, task: TaskEntry): readonly string[] => {
  const selector = selectorOf(task, input)
  const { hosts } = input.stage
  if (select(hosts, selector).length > 0) return []
  return namedRoles(selector).filter((role) => !hosts.some((host) => host.has(role)))
}

/** The host that a task for one host of several would run on, if the filters leave that host out and so no host runs the task. */
export const leftOut = (input: ContextInput, task: TaskEntry): Host | undefined => {
  if (!isAlone(task, input)) return undefined
  const [host] = select(input.stage.hosts, selectorOf(task, input))
  return host !== undefined && !input.hosts.includes(host) ? host : undefined
}
