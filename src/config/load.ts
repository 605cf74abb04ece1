import { evaluateConfig } from './evaluate.ts'
import { findConfig, readConfig } from './find.ts'
import type { LoadedConfig, Raw } from './raw.ts'
import { nameRecipes } from './named.ts'
import type { RecipesByName } from './named.ts'
import type { Problem } from '../errors/source-location.ts'
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
  const { value, problems } = await nameRecipes(await evaluateConfig(source), source.file, recipes)
  const all = [...problems, ...configProblems(value)]
  const further = inspect?.(value) ?? []
  if (all.length > 0) throw await configError([...all, ...further], source.file, source.text)
  return { ...source, config: value as Raw, problems: further }
}

/** Throws (usage) for problems in any stage, for a command that chooses none. */
export const refuseWrong = async ({ problems = [], file, text }: LoadedConfig): Promise<void> => {
  if (problems.length > 0) throw await configError(problems, file, text)
}
