import { evaluateConfig } from './evaluate.ts'
import { findConfig, readConfig } from './find.ts'
import type { LoadedConfig, Raw } from './raw-config.ts'
import { resolveRecipeNames } from './recipes-by-name.ts'
import type { RecipesByName } from './recipes-by-name.ts'
import type { Problem } from '../errors/source-location.ts'
import { unsetVariables } from './unset-variables.ts'
import { configError, configProblems } from './validate.ts'

export interface LoadOptions {
  readonly cwd: string
  /** `--config FILE`, relative to cwd */
  readonly file?: string | undefined
  /** The recipes that a JSON or YAML config can name; default: none. */
  readonly recipes?: (() => Promise<RecipesByName>) | undefined
  /** checks more than the shape: tasks and hooks */
  readonly inspect?: ((value: unknown) => readonly Problem[]) | undefined
}

/** Finds, reads and validates the config, except for what depends on a stage. Throws (usage) with everything that is wrong, and where. */
export const loadConfig = async ({ cwd, file, recipes, inspect }: LoadOptions): Promise<LoadedConfig> => {
  const source = file === undefined ? await findConfig(cwd) : await readConfig(file, cwd)
  const { value, problems } = await resolveRecipeNames(await evaluateConfig(source), source.file, recipes)
  const unset = await unsetVariables(value, source.file, source.text)
  const shapeProblems = [...problems, ...unset, ...inData(source.file, configProblems(value))]
  const stageProblems = inspect?.(value) ?? []
  if (shapeProblems.length > 0) throw await configError([...shapeProblems, ...stageProblems], source.file, source.text)
  return { ...source, config: value as Raw, problems: stageProblems }
}

/** Data has no functions, so it cannot hold what a task or a hook does, nor a condition. */
const inData = (file: string, problems: readonly Problem[]): Problem[] =>
  /\.(json|ya?ml)$/.test(file)
    ? problems.map((problem) => {
        const key = String(problem.path.at(-1))
        if (!/^(steps|run|when|where)$/.test(key) || !problem.message.startsWith('expected a function')) return problem
        return {
          ...problem,
          message: `${key === 'where' ? 'a selector' : 'a task'} with ${key} needs a config in TypeScript or JavaScript`,
        }
      })
    : [...problems]

/** Throws (usage) for problems in any stage, for a command that chooses none. */
export const refuseProblems = async ({ problems = [], file, text }: LoadedConfig): Promise<void> => {
  if (problems.length > 0) throw await configError(problems, file, text)
}
