import { layerRecipes, layerRecipeSettings, type UsedRecipe } from './recipes.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { explainIssues } from './problems.ts'
import type { Raw, RawStage } from './raw.ts'
import { servers as serversSchema, settings as coreSettings } from './schema.ts'
import { callWith, NOTHING } from '../shell/call.ts'
import type { Call } from '../shell/types.ts'
import { ShipitError } from '../values/errors.ts'
import { badTaskName } from '../values/words.ts'
import { orderTasks } from '../tasks/order.ts'
import { playedIn, type Played } from '../inventory/played.ts'
import { collectRegistry } from '../tasks/registry.ts'
import type { Registry, RegistryProblem } from '../tasks/entry.ts'
import { roleProblems } from '../tasks/roles.ts'
import type { AnyTask, Hooks } from '../tasks/types.ts'

/**
 * What is wrong in any stage of a config, as far as can be known without computing anything: recipe settings, hooks and sequences, names,
 * roles. If the config has the wrong shape, checks the parts that are right. Never throws.
 */
export const staticProblems = (value: unknown, shipit: Call = callWith(NOTHING, () => false)): Problem[] => {
  const config = shaped(value)
  if (!config) return []
  const played = playedIn(Object.values(config.stages), config.roles)
  const problems = Object.entries(config.stages).flatMap(([name, stage]) => {
    try {
      return typeof stage === 'function' ? [] : stageProblems(config, name, stage, { played, shipit })
    } catch (error) {
      return error instanceof ShipitError ? [{ path: ['stages', name], message: error.message }] : []
    }
  })
  return unique(problems)
}

const stageProblems = (config: Raw, name: string, stage: RawStage, { played, shipit }: { played: Played; shipit: Call }): Problem[] => {
  const used = layerRecipes(config, stage, name)
  const checked = used.map((one) => checkRecipe(one, layerRecipeSettings([one], stage, name)))
  const hooks = [
    { path: ['hooks'], hooks: config.hooks },
    { path: ['stages', name, 'hooks'], hooks: stage.hooks },
  ].filter((layer): layer is { path: string[]; hooks: Hooks } => layer.hooks !== undefined)
  const tasks = { ...config.tasks, ...stage.tasks }
  const recipes = checked.map(({ recipe }) => recipe)
  const { registry, problems } = collectRegistry({
    name,
    shipit: (...words) => shipit(name, ...words),
    file: '',
    recipes,
    tasks,
    hooks: hooks.map((layer) => layer.hooks),
    git: { hostKeys: 'yes', limit: 1, timeout: 1, transferTimeout: 1, submodules: false, lfs: false },
    linkedFiles: [],
    linkedDirs: [],
  })
  const taskPath = (task: string): ConfigPath =>
    stage.tasks && Object.hasOwn(stage.tasks, task) ? ['stages', name, 'tasks', task] : ['tasks', task]
  const configPathOf = ({ owner, hooks: index, path }: RegistryProblem): ConfigPath => {
    if (index !== undefined) return [...hooks[index]!.path, ...path]
    return owner === 'config' ? taskPath(path[0]!) : (used.find((one) => one.name === owner)?.path ?? [])
  }
  return [
    ...checked.flatMap((one) => one.problems),
    ...used.flatMap(badUse),
    ...problems.map((problem) => ({
      path: configPathOf(problem),
      message: [inPlace(problem.message), problem.hint ?? []].flat().join(': '),
    })),
    ...[...registry.tasks.values()].flatMap((task) => {
      const message = task.owner === 'core' || task.owner === 'config' ? undefined : badTaskName(task.name)
      return message === undefined ? [] : [{ path: configPathOf({ ...task, path: [task.name], message, hint: undefined }), message }]
    }),
    ...(problems.length > 0 ? [] : circles(registry)),
    ...roleProblems({ registry, recipes: checked, stage: name, played, taskPath }),
  ]
}

/** Without the name of the hook, which the place already has. */
const inPlace = (message: string): string => message.replace(/^hook (?:before|after) "[^"]*" \(config\): /, '')

/** Checks a recipe's settings as a whole if none is late; otherwise, each one that is not late by itself. */
const checkRecipe = (used: UsedRecipe, layered: ReturnType<typeof layerRecipeSettings>) => {
  const { name, recipe, path } = used
  const prefix = `settings.${name}.`
  const given = new Map([...layered].map(([key, one]) => [key.slice(prefix.length), one]))
  const plain = Object.fromEntries(
    [...given].filter(([, { value }]) => typeof value !== 'function').map(([key, { value }]) => [key, value]),
  )
  const late = [...given].filter(([, { value }]) => typeof value === 'function').map(([key]) => key)
  const { definition } = recipe
  const schema = definition.settings && (definition.settings.def.catchall ? definition.settings : definition.settings.strict())
  const result = schema?.safeParse(plain)
  const issues = result?.error?.issues ?? []
  // checks across several settings need all of them
  const sure = late.length === 0 ? issues : issues.filter(({ code, path: at }) => code !== 'custom' && !late.includes(String(at[0])))
  const problems = (schema ? explainIssues(schema, plain, sure) : []).map((problem): Problem => {
    const from = given.get(String(problem.path[0]))?.path
    return { ...problem, path: from ? [...from, ...problem.path.slice(1)] : [...path, ...problem.path] }
  })
  if (!schema && given.size > 0) problems.push({ path, message: `${name} has no settings` })
  const whole = late.length === 0 && (!result || result.success)
  const settings: Readonly<Record<string, unknown>> = whole ? ((result?.data as Record<string, unknown> | undefined) ?? {}) : {}
  const hooks = typeof definition.hooks === 'function' && !whole ? {} : (definition.hooks ?? {})
  return { used, given, whole, problems, recipe: { name, settings, recipe: { ...recipe, definition: { ...definition, hooks } } } }
}

/** Names of recipes that `--set NAME.…` cannot reach. */
const badUse = ({ name, path }: UsedRecipe): Problem[] => {
  if (Object.hasOwn(coreSettings, name))
    return [{ path, message: `a recipe cannot be used as "${name}": --set ${name}… means something else` }]
  return /^[A-Za-z][\w-]*$/.test(name) ? [] : [{ path, message: `a recipe cannot be used as "${name}": letters, digits, "_" and "-" only` }]
}

const circles = (registry: Registry): Problem[] => {
  const found = new Map<string, string>()
  for (const name of registry.tasks.keys()) {
    try {
      orderTasks(registry, [name])
    } catch (error) {
      const { message } = error as Error
      const [, circle] = /^the tasks run in a circle: (.*)$/s.exec(message) ?? []
      if (circle === undefined) continue
      // the same circle is found from each task in it, and from each task that leads there
      const key = circle.split(' → ').slice(1).sort().join()
      if (!found.has(key)) found.set(key, message)
    }
  }
  return [...found.values()].map((message) => ({ path: [], message }))
}

const unique = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify([problem.path, problem.message]), problem])).values(),
]

/** The parts of a config with the right shape, so that they can be checked; undefined if it is not a config at all. */
const shaped = (value: unknown): Raw | undefined => {
  if (!isObject(value) || !isObject(value['stages'])) return undefined
  const stages = Object.entries(value['stages']).map(([name, stage]) => [name, typeof stage === 'function' ? stage : part(stage)])
  return { ...part(value), application: '', stages: Object.fromEntries(stages) as Raw['stages'], ...rolesIn(value) } as Raw
}

const part = (value: unknown): Partial<RawStage> => {
  if (!isObject(value)) return {}
  const use = Array.isArray(value['use'])
    ? value['use'].filter((one) => isObject(one) && isObject(one['definition']) && isObject(one['options']))
    : []
  const tasks = isObject(value['tasks']) ? Object.entries(value['tasks']).filter(([, task]) => isTask(task)) : []
  return {
    ...((isObject(value['servers']) || Array.isArray(value['servers'])) && serversSchema.safeParse(value['servers']).success
      ? { servers: value['servers'] as RawStage['servers'] }
      : {}),
    ...(isObject(value['settings']) ? { settings: value['settings'] as NonNullable<RawStage['settings']> } : {}),
    use: use as NonNullable<RawStage['use']>,
    tasks: Object.fromEntries(tasks) as Record<string, AnyTask>,
    ...(isObject(value['hooks']) ? { hooks: value['hooks'] as Hooks } : {}),
  }
}

const rolesIn = ({ roles }: Record<string, unknown>) =>
  Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? { roles } : {}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isTask = (value: unknown): boolean =>
  isObject(value) &&
  (value['sequence'] === undefined || (Array.isArray(value['sequence']) && value['sequence'].every((one) => typeof one === 'string')))
