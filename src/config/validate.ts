import { makeHosts } from '../inventory/hosts.ts'
import type { Servers } from '../inventory/hosts.ts'
import { usageError } from '../values/errors.ts'
import type { ShipitError } from '../values/errors.ts'
import { badTaskName, FIRST_WORDS } from '../values/words.ts'
import { showPath, showPlace } from '../errors/source-location.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'
import { found, problemsOf } from './problems.ts'
import { undeclaredInServers, undeclaredInTasks } from './roles.ts'
import { config as configSchema, servers as serversSchema, stage as stageSchema } from './schema.ts'
import type { Raw, RawStage } from './raw.ts'

/** Everything that is wrong with a config, except in what its functions return. */
export const configProblems = (value: unknown): Problem[] => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ path: [], message: `expected an object, found ${found(value)}` }]
  const problems = problemsOf(configSchema, value)
  const { stages, tasks = {} } = value as Partial<Raw>
  const roles = rolesOf((value as Partial<Raw>).roles)
  problems.push(...under(['tasks'], [...badNames(tasks), ...undeclaredInTasks(tasks, roles)]))
  if (typeof stages !== 'object' || stages === null) return problems
  const names = Object.keys(stages)
  if (names.length === 0) problems.push({ path: ['stages'], message: 'has no stage: name one, for example production' })
  for (const name of names) {
    const message = nameProblem(name)
    if (message) problems.push({ path: ['stages', name], message })
    problems.push(...under(['stages', name], looseProblems(stages[name], roles)))
  }
  return problems
}

/** The same for a stage that a function returned. */
export const stageProblems = (value: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof value !== 'object' || value === null) return [{ path: [], message: `expected an object, found ${found(value)}` }]
  return [...problemsOf(stageSchema, value), ...looseProblems(value, roles)]
}

/** Problems that the schema of a stage does not find. */
const looseProblems = (stage: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof stage !== 'object' || stage === null) return []
  const { servers, tasks = {} } = stage as Partial<RawStage>
  return [
    ...under(['servers'], hostProblems(servers, roles)),
    ...under(['tasks'], [...badNames(tasks), ...undeclaredInTasks(tasks, roles)]),
  ]
}

const badNames = (tasks: unknown): Problem[] =>
  Object.keys(typeof tasks === 'object' && tasks !== null ? tasks : {}).flatMap((name) => {
    const message = badTaskName(name)
    return message === undefined ? [] : [{ path: [name], message }]
  })

const under = (path: ConfigPath, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))

/** Problems that only show once hosts are built: invalid or duplicate hosts, undeclared roles. None if the shape is wrong. */
export const hostProblems = (servers: unknown, roles: readonly string[] | undefined): Problem[] => {
  if (typeof servers !== 'object' || servers === null || problemsOf(serversSchema, servers).length > 0) return []
  return [...makeHosts(servers as Servers).problems, ...undeclaredInServers(servers as Servers, roles)]
}

const told = new WeakMap<ShipitError, readonly Problem[]>()

/** `error` together with the other problems; just `error` if there are none. */
export const withProblems = async (
  error: ShipitError,
  { problems = [], file, text }: { readonly problems?: readonly Problem[]; readonly file: string; readonly text: string },
): Promise<ShipitError> => {
  if (problems.length === 0) return error
  const own = told.get(error) ?? [
    { path: [], message: error.where && !error.message.includes(error.where) ? `${error.message} (${error.where})` : error.message },
  ]
  return await configError([...own, ...problems], file, text)
}

/** All problems in one error, sorted by line. `text` is the text of the file, to find the lines in. */
export const configError = async (problems: readonly Problem[], file: string, text: string): Promise<ShipitError> => {
  const error = await joined(problems, file, text)
  told.set(error, problems)
  return error
}

const joined = async (problems: readonly Problem[], file: string, text: string): Promise<ShipitError> => {
  const { locator } = await import('./locate.ts')
  const locate = await locator(file, text)
  const said = new Map<string, number | undefined>()
  for (const { path, message } of problems) {
    const text = path.length === 0 ? message : `${label(path)}: ${message}`
    if (!said.has(text)) said.set(text, isFlag(path) ? undefined : locate(path))
  }
  const lines = [...said].sort(([, a], [, b]) => (a ?? 0) - (b ?? 0))
  const [[only, line] = ['', undefined]] = lines
  if (lines.length === 1) return usageError(only, { where: showPlace(file, line) })
  const body = lines.map(([one, at]) => `  ${showPlace(file, at)}  ${one}`).join('\n')
  return usageError(`${lines.length} mistakes in ${showPlace(file)}\n${body}`)
}

const isFlag = (path: ConfigPath): boolean => String(path[0]).startsWith('--')

const label = (path: ConfigPath): string =>
  isFlag(path) ? `${path[0]}${path.length > 1 ? ` ${showPath(path.slice(1))}` : ''}` : showPath(path)

const nameProblem = (name: string): string | undefined => {
  if (FIRST_WORDS.includes(name)) return `"${name}" is a command of shipit: call the stage something else`
  if (/^[A-Za-z0-9][\w.-]*$/.test(name)) return undefined
  return `"${name}" is not a name for a stage: letters, digits, "_", "-" and "." only`
}

const rolesOf = (roles: unknown): readonly string[] | undefined =>
  Array.isArray(roles) && roles.every((role) => typeof role === 'string') ? roles : undefined
