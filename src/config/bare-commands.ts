import { isCommand } from '../shell/brand.ts'
import { SIDES } from '../tasks/entry.ts'
import type { ConfigPath, Problem } from '../errors/source-location.ts'

/**
 * One problem for each command that stands where a task belongs, in place of those that the schema finds with every field of the command.
 * A list of commands counts as one.
 */
export const explainBareCommands = (value: unknown, problems: readonly Problem[]): Problem[] => {
  const places = new Set<string>()
  return problems.flatMap((problem) => {
    const path = commandPath(value, problem.path)
    if (path === undefined) return [problem]
    const place = JSON.stringify(path)
    if (places.has(place)) return []
    places.add(place)
    return [{ path, message: explain(path) }]
  })
}

const TASK = '{ steps: () => [sh`…`] }'

const explain = (path: ConfigPath): string => {
  const hooks = isHooks(path) ? `{ after: { 'deploy:published': ${TASK} } }` : isSide(path) ? `{ 'deploy:published': ${TASK} }` : undefined
  return hooks === undefined ? `a command is not a task: write ${TASK}` : `a command is not a hook: write ${hooks}`
}

/** The path of all hooks of the config or of a stage. */
const isHooks = (path: ConfigPath): boolean => path.at(-1) === 'hooks' && (path.length === 1 || (path.length === 3 && path[0] === 'stages'))
/** The path of those of one side. */
const isSide = (path: ConfigPath): boolean => isHooks(path.slice(0, -1)) && SIDES.some((side) => side === path.at(-1))

/** The path of the command that a path leads to or into, if it stands in `tasks` or `hooks`. */
const commandPath = (value: unknown, path: ConfigPath): ConfigPath | undefined => {
  if (!path.includes('tasks') && !path.includes('hooks')) return undefined
  let at = value
  for (const [i, part] of path.entries()) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Record<string, unknown>)[part]
    const here = path.slice(0, i + 1)
    if (isCommand(at) || ((isSide(here) || here.at(-2) === 'tasks') && Array.isArray(at) && at.length > 0 && at.every(isCommand)))
      return here
  }
  return undefined
}
