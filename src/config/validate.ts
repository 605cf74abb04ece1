import { makeHosts } from '../inventory/hosts.ts'
import type { Servers } from '../inventory/hosts.ts'
import { usageError } from '../values/errors.ts'
import type { ShipitError } from '../values/errors.ts'
import { taskNameProblem, FIRST_WORDS } from '../values/reserved-words.ts'
import { showPath, showLocation } from '../errors/source-location.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { describeValue, namesKey, problemsOf } from '../settings/zod-problems.ts'
import { explainBareCommands } from './bare-commands.ts'
import { undeclaredInServers, undeclaredInTasks } from './undeclared-roles.ts'
import { NAME_CHARACTERS, config as configSchema, servers as serversSchema, stage as stageSchema } from './schema.ts'
import type { Raw, RawStage } from './raw-config.ts'

/** Everything that is wrong with a config, except in what its functions return. */
export const configProblems = (value: unknown): Problem[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path: [], message: `expected an object, found ${describeValue(value)}` }]
  const problems = explainBareCommands(value, problemsOf(configSchema, value))
  const { stages, tasks = {} } = value as Partial<Raw>
  const roles = rolesOf((value as Partial<Raw>).roles)
  problems.push(...atPath(['tasks'], [...taskNameProblems(tasks), ...undeclaredInTasks(tasks, roles)]))
  if (typeof stages !== 'object' || stages === null) return problems
  const names = Object.keys(stages)
  if (names.length === 0) problems.push({ path: ['stages'], message: 'has no stage: name one, for example production' })
  for (const name of names) {
    const message = stageNameProblem(name)
    if (message) problems.push({ path: ['stages', name], message })
    problems.push(...atPath(['stages', name], looseProblems(stages[name], roles)))
  }
  return problems
}

/** The same for a stage that a function returned. */
export const stageProblems = (value: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof value !== 'object' || value === null) return [{ path: [], message: `expected an object, found ${describeValue(value)}` }]
  return [...explainBareCommands(value, problemsOf(stageSchema, value)), ...looseProblems(value, roles)]
}

/** Problems that the schema of a stage does not find. */
const looseProblems = (stage: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof stage !== 'object' || stage === null) return []
  const { servers, tasks = {} } = stage as Partial<RawStage>
  return [
    ...atPath(['servers'], hostProblems(servers, roles)),
    ...atPath(['tasks'], [...taskNameProblems(tasks), ...undeclaredInTasks(tasks, roles)]),
  ]
}

const taskNameProblems = (tasks: unknown): Problem[] =>
  Object.keys(typeof tasks === 'object' && tasks !== null ? tasks : {}).flatMap((name) => {
    const message = taskNameProblem(name)
    return message === undefined ? [] : [{ path: [name], message }]
  })

const atPath = (path: ConfigPath, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))

/** Problems that only show once hosts are built: invalid or duplicate hosts, undeclared roles. None if the shape is wrong. */
export const hostProblems = (servers: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof servers !== 'object' || servers === null || problemsOf(serversSchema, servers).length > 0) return []
  return [...makeHosts(servers as Servers).problems, ...undeclaredInServers(servers as Servers, roles)]
}

const reportedProblems = new WeakMap<ShipitError, readonly Problem[]>()

/** The problems that an error of {@link configError} is about; undefined for any other error. */
export const problemsIn = (error: ShipitError): readonly Problem[] | undefined => reportedProblems.get(error)

/** `error` together with the other problems; just `error` if there are none. */
export const withProblems = async (
  error: ShipitError,
  { problems = [], file, text }: { readonly problems?: readonly Problem[]; readonly file: string; readonly text: string },
): Promise<ShipitError> => {
  if (problems.length === 0) return error
  const reported = reportedProblems.get(error) ?? [
    { path: [], message: error.where && !error.message.includes(error.where) ? `${error.message} (${error.where})` : error.message },
  ]
  return await configError([...reported, ...problems], file, text)
}

/** All problems in one error, sorted by line. `text` is the text of the file, to find the lines in. */
export const configError = async (problems: readonly Problem[], file: string, text: string): Promise<ShipitError> => {
  const error = await composeError(problems, file, text)
  reportedProblems.set(error, problems)
  return error
}

/** The file and line of a value in a config. */
export const placeOf = async (path: ConfigPath, { file, text }: { readonly file: string; readonly text: string }): Promise<string> => {
  const { locator } = await import('./locate/locator.ts')
  return showLocation(file, (await locator(file, text))(path))
}

const composeError = async (problems: readonly Problem[], file: string, text: string): Promise<ShipitError> => {
  const lines = await describeProblems(problems, file, text)
  const [only] = lines
  if (lines.length === 1) return usageError(only!.message, { where: only!.where })
  const body = lines.map(({ where, message }) => `  ${where}  ${message}`).join('\n')
  return usageError(`${lines.length} mistakes in ${showLocation(file)}\n${body}`)
}

/** Each problem once, sorted by line: what it is about and why it is wrong, and the line of the file. */
export const describeProblems = async (
  problems: readonly Problem[],
  file: string,
  text: string,
): Promise<readonly { readonly message: string; readonly where: string }[]> => {
  const { locator } = await import('./locate/locator.ts')
  const locate = await locator(file, text)
  const lines = new Map<string, number | undefined>()
  for (const { path, message, recipe } of problems) {
    const place = label(namesKey(message, String(path.at(-1))) ? withoutSetting(path, recipe) : path, recipe)
    const whole = place === '' ? message : `${place}: ${message}`
    if (!lines.has(whole)) lines.set(whole, isFlag(path) ? undefined : locate(path))
  }
  return [...lines].sort(([, a], [, b]) => (a ?? 0) - (b ?? 0)).map(([message, line]) => ({ message, where: showLocation(file, line) }))
}

/** Without the last key, if that is a setting at the top level of the config or of a recipe at `use`. */
const withoutSetting = (path: ConfigPath, recipe: string | undefined): ConfigPath =>
  path.length === 1 || (recipe !== undefined && path.at(-3) === 'use') ? path.slice(0, -1) : path

const isFlag = (path: ConfigPath): boolean => String(path[0]).startsWith('--')

/** `stages.production.servers[1].host`; `sidekiq() in use[2]: processes` for a recipe. */
const label = (path: ConfigPath, recipe?: string): string => {
  if (isFlag(path)) return `${path[0]}${path.length > 1 ? ` ${showPath(path.slice(1))}` : ''}`
  const end = path.indexOf('use') + 2
  if (recipe === undefined || end < 2) return showPath(path)
  const inside = path.slice(end)
  return `${recipe}() in ${showPath(path.slice(0, end))}${inside.length > 0 ? `: ${showPath(inside)}` : ''}`
}

/** Why a stage cannot have this name; undefined if it can. */
export const stageNameProblem = (name: string): string | undefined => {
  if (FIRST_WORDS.includes(name)) return `"${name}" is a command of shipit: call the stage something else`
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return undefined
  return `${describeValue(name)} ${/^[\w.-]+$/.test(name) ? 'must begin with a letter or a digit' : NAME_CHARACTERS}`
}

const rolesOf = (roles: unknown): readonly string[] | undefined =>
  Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? roles : undefined
