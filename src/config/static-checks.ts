import { optionClashes } from './option-clashes.ts'
import { layerRecipes, layerRecipeSettings, type UsedRecipe } from './recipes.ts'
import { missingInStage, placeOfMissing } from './missing-in-stage.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import type { Raw, RawStage } from './raw-config.ts'
import { restartedTwice } from './restarted-twice.ts'
import { servers as serversSchema, zodObject } from './schema.ts'
import { staticVarProblems } from './stage-vars.ts'
import { schemas as coreSettings } from '../settings/derived.ts'
import { isCommand } from '../shell/brand.ts'
import { commandMaker, NO_OPTIONS } from '../shell/shipit-command.ts'
import type { Call } from '../shell/types.ts'
import { present } from '../values/absent.ts'
import { ShipitError } from '../values/errors.ts'
import { taskNameProblem } from '../values/reserved-words.ts'
import { orderTasks } from '../tasks/order.ts'
import { playedRoles, type PlayedRoles } from '../inventory/played-roles.ts'
import { collectRegistry } from '../tasks/registry.ts'
import { SIDES, type Registry, type RegistryProblem } from '../tasks/entry.ts'
import { roleProblems } from '../tasks/role-problems.ts'
import type { AnyTask, Hooks, Override, RecipeDefinition } from '../tasks/types.ts'

/**
 * What is wrong in any stage of a config, as far as can be known without computing anything: recipe settings, hooks and sequences, names,
 * roles. If the config has the wrong shape, checks the parts that are right. Never throws.
 */
export const staticProblems = (value: unknown, shipit?: Call): Problem[] =>
  unique([...staticProblemsByStage(value, shipit).values()].flat())

/** The same by stage: what is wrong for all of them is in each. */
export const staticProblemsByStage = (
  value: unknown,
  shipit: Call = commandMaker(NO_OPTIONS, () => false),
): ReadonlyMap<string, readonly Problem[]> => {
  const config = wellFormed(value)
  if (!config) return new Map()
  const played = playedRoles(Object.values(config.stages), config.roles)
  const problemsOf = (name: string, stage: Raw['stages'][string]): Problem[] => {
    try {
      return typeof stage === 'function' ? [] : stageProblems(config, name, stage, { played, shipit })
    } catch (error) {
      return error instanceof ShipitError ? [{ path: ['stages', name], message: error.message }] : []
    }
  }
  return new Map(Object.entries(config.stages).map(([name, stage]) => [name, problemsOf(name, stage)]))
}

const stageProblems = (
  config: Raw,
  name: string,
  stage: RawStage,
  { played, shipit }: { played: PlayedRoles; shipit: Call },
): Problem[] => {
  const used = layerRecipes(config, stage, name)
  const checked = used.map((one) => checkRecipe(one, layerRecipeSettings([one], stage)))
  const hooks = [
    { path: ['hooks'], hooks: config.hooks },
    { path: ['stages', name, 'hooks'], hooks: stage.hooks },
  ].filter((layer): layer is { path: string[]; hooks: Hooks } => layer.hooks !== undefined && !hasBareCommand(layer.hooks))
  const tasks = { ...config.tasks, ...stage.tasks }
  const recipes = checked.map(({ recipe }) => recipe)
  const { registry, problems } = collectRegistry({
    name,
    shipit: (...words) => shipit(name, ...words),
    file: '',
    recipes,
    tasks,
    override: { ...config.override, ...stage.override },
    hooks: hooks.map((layer) => layer.hooks),
    git: { hostKeys: 'yes', limit: 1, timeout: 1, transferTimeout: 1, submodules: false, lfs: false },
    linkedFiles: [],
    linkedDirs: [],
  })
  const taskPath = (task: string): ConfigPath =>
    stage.tasks && Object.hasOwn(stage.tasks, task) ? ['stages', name, 'tasks', task] : ['tasks', task]
  const configPathOf = ({ owner, hooks: index, override, path }: RegistryProblem): ConfigPath => {
    if (override)
      return stage.override && Object.hasOwn(stage.override, path[0]!) ? ['stages', name, 'override', ...path] : ['override', ...path]
    if (index !== undefined) return [...hooks[index]!.path, ...path]
    return owner === 'config' ? taskPath(path[0]!) : (used.find((one) => one.name === owner)?.path ?? [])
  }
  const cycles = problems.length > 0 ? [] : taskCycles(registry)
  const ordered = problems.length === 0 && cycles.length === 0
  const twice = ordered
    ? restartedTwice(
        registry,
        hooks.map((layer) => layer.hooks),
      )
    : []
  return [
    ...checked.flatMap((one) => one.problems),
    ...(config.stageVars ? staticVarProblems(config.stageVars, { config, stage, name }) : []),
    ...used.flatMap(nameProblems),
    ...[...problems, ...optionClashes(registry), ...twice].map((problem) => ({
      path: configPathOf(problem),
      message: [withoutHookName(problem.message), problem.hint ?? []].flat().join(': '),
    })),
    ...[...registry.tasks.values()].flatMap((task) => {
      const message = task.owner === 'core' || task.owner === 'config' ? undefined : taskNameProblem(task.name)
      return message === undefined
        ? []
        : [{ path: configPathOf({ owner: task.owner, path: [task.name], message, hint: undefined }), message }]
    }),
    ...cycles,
    ...roleProblems({ registry, recipes: checked, stage: name, played, taskPath }),
  ]
}

/** A command in place of the hooks of one side, or a list, is a mistake of its own; what is in it are no hooks. */
const hasBareCommand = (hooks: Hooks): boolean => SIDES.some((side) => isCommand(hooks[side]) || Array.isArray(hooks[side]))

/** Without the name of the hook, which the place already has. */
const withoutHookName = (message: string): string => message.replace(/^hook (?:before|after|finally) "[^"]*" \(config\): /, '')

/** Checks a recipe's settings as a whole if none is late; otherwise, each one that is not late by itself. */
const checkRecipe = (used: UsedRecipe, layered: ReturnType<typeof layerRecipeSettings>) => {
  const { name, recipe, path } = used
  const prefix = `settings.${name}.`
  const given = new Map([...layered].map(([key, one]) => [key.slice(prefix.length), one]))
  const plain = Object.fromEntries(
    [...given].filter(([, { value }]) => typeof value !== 'function').map(([key, { value }]) => [key, value]),
  )
  const computed = [...given].filter(([, { value }]) => typeof value === 'function').map(([key]) => key)
  const { definition } = recipe
  const schema = definition.settings && (definition.settings.def.catchall ? definition.settings : definition.settings.strict())
  const result = schema?.safeParse(plain)
  const issues = result?.error?.issues ?? []
  // checks across several settings need all of them
  const certain =
    computed.length === 0 ? issues : issues.filter(({ code, path: at }) => code !== 'custom' && !computed.includes(String(at[0])))
  const found = schema ? explainIssues(schema, plain, certain, definition.name) : []
  const problems = missingInStage(used, (key) => given.has(key), found).map((problem): Problem => {
    const from = given.get(String(problem.path[0]))?.path
    return {
      ...problem,
      recipe: name,
      path: from ? [...from, ...problem.path.slice(1)] : [...placeOfMissing(used, problem), ...problem.path],
    }
  })
  if (!schema && given.size > 0) problems.push({ path, message: 'has no settings', recipe: name })
  const complete = computed.length === 0 && (!result || result.success)
  const settings: Readonly<Record<string, unknown>> = complete ? ((result?.data as Record<string, unknown> | undefined) ?? {}) : {}
  const hooks = typeof definition.hooks === 'function' && !complete ? {} : (definition.hooks ?? {})
  // not a copy, which would evaluate schemas that nothing has asked for
  const checked = Object.create(definition, { hooks: { value: hooks } }) as RecipeDefinition
  return { used, given, whole: complete, problems, recipe: { name, settings, recipe: { ...recipe, definition: checked } } }
}

/** Names of recipes that `--set NAME.…` cannot reach. */
const nameProblems = ({ name, path }: UsedRecipe): Problem[] => {
  if (Object.hasOwn(coreSettings, name))
    return [{ path, message: `a recipe cannot be used as "${name}": --set ${name}… means something else` }]
  return /^[A-Za-z][\w-]*$/.test(name) ? [] : [{ path, message: `a recipe cannot be used as "${name}": letters, digits, "_" and "-" only` }]
}

/** Circles of hooks and sequences, each once. */
export const taskCycles = (registry: Registry): Problem[] => {
  const messages = new Map<string, string>()
  for (const name of registry.tasks.keys()) {
    try {
      orderTasks(registry, [name])
    } catch (error) {
      const { message } = error as Error
      const [, cycle] = /^circular tasks: (.*)$/s.exec(message) ?? []
      if (cycle === undefined) continue
      // the same circle is found from each task in it, and from each task that leads there
      const key = cycle.split(' → ').slice(1).sort().join()
      if (!messages.has(key)) messages.set(key, message)
    }
  }
  return [...messages.values()].map((message) => ({ path: [], message }))
}

const unique = (problems: readonly Problem[]): Problem[] => [
  ...new Map(problems.map((problem) => [JSON.stringify([problem.path, problem.message]), problem])).values(),
]

/** The parts of a config with the right shape, so that they can be checked; undefined if it is not a config at all. */
const wellFormed = (value: unknown): Raw | undefined => {
  if (!isObject(value) || !isObject(value['stages'])) return undefined
  const stages = Object.entries(value['stages']).map(([name, stage]) => [
    name,
    typeof stage === 'function' ? stage : wellFormedParts(stage),
  ])
  return {
    ...wellFormedParts(value),
    application: '',
    stages: Object.fromEntries(stages) as Raw['stages'],
    ...rolesIn(value),
    ...schemaIn(value),
  } as Raw
}

const wellFormedParts = (value: unknown): Partial<RawStage> => {
  if (!isObject(value)) return {}
  const use = Array.isArray(value['use'])
    ? // absent, so that the others keep their numbers
      value['use'].map((one) => isObject(one) && isObject(one['definition']) && isObject(one['options']) && one)
    : []
  const tasks = isObject(value['tasks']) ? Object.entries(value['tasks']).filter(([, task]) => isTask(task)) : []
  const override = isObject(value['override']) ? Object.entries(value['override']).filter(([, task]) => !task || isTask(task)) : []
  return {
    ...((isObject(value['servers']) || Array.isArray(value['servers'])) && serversSchema.safeParse(value['servers']).success
      ? { servers: value['servers'] as RawStage['servers'] }
      : {}),
    ...(isObject(value['vars']) ? { vars: value['vars'] as NonNullable<RawStage['vars']> } : {}),
    ...(isObject(value['settings']) ? { settings: value['settings'] as NonNullable<RawStage['settings']> } : {}),
    use: use as NonNullable<RawStage['use']>,
    tasks: Object.fromEntries(tasks) as Record<string, AnyTask>,
    override: Object.fromEntries(override) as Record<string, Override>,
    ...(isObject(value['hooks']) ? { hooks: value['hooks'] as Hooks } : {}),
  }
}

const rolesIn = ({ roles }: Record<string, unknown>) =>
  Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? { roles } : {}

const schemaIn = ({ stageVars }: Record<string, unknown>) => (zodObject.safeParse(stageVars).success ? { stageVars } : {})

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

const isTask = (value: unknown): boolean =>
  isObject(value) &&
  (value['sequence'] === undefined ||
    (Array.isArray(value['sequence']) && present<unknown>(value['sequence']).every((one) => typeof one === 'string')))
