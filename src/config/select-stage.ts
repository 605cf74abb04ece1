import { usageError } from '../values/errors.ts'
import { didYouMean } from '../values/nearest.ts'
import { waiting } from '../values/waiting.ts'
import { beginStageFiles } from './env-file.ts'
import { configCodeError } from './evaluate.ts'
import { showPath } from '../errors/source-location.ts'
import type { LoadedConfig, RawStage } from './raw-config.ts'
import type { LocalFacts } from '../settings/types.ts'
import { configError, stageProblems } from './validate.ts'

/**
 * The stage as written in the config. If it is a function, calls it and validates the result. Throws a usage error if it does not exist.
 */
export const selectStage = async ({ config, file, text }: LoadedConfig, name: string, local: LocalFacts): Promise<RawStage> => {
  const names = Object.keys(config.stages)
  const stage = names.includes(name) ? config.stages[name] : undefined
  if (stage === undefined)
    throw usageError(`unknown stage "${name}"${didYouMean(name, names)}`, {
      hint: names.length === 1 ? `the only stage is ${names[0]}` : `the stages are ${names.join(', ')}`,
    })
  beginStageFiles(name)
  if (typeof stage !== 'function') return stage
  let result: unknown
  try {
    result = await waiting(showPath(['stages', name]), stage({ local }))
  } catch (error) {
    throw configCodeError(error, file, showPath(['stages', name]))
  }
  const problems = stageProblems(result, config.roles).map((problem) => ({ ...problem, path: ['stages', name, ...problem.path] }))
  if (problems.length > 0) throw await configError(problems, file, text)
  return result as RawStage
}
