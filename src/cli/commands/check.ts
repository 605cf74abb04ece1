import { basename, dirname } from 'node:path'
import type { LoadedConfig } from '../../config/raw-config.ts'
import { staticProblemsByStage } from '../../config/static-checks.ts'
import { describeProblems, problemsIn } from '../../config/validate.ts'
import type { Problem } from '../../errors/source-location.ts'
import type { Call } from '../../shell/types.ts'
import { proseLines } from '../../output/hint.ts'
import { writeOut } from '../../output/intercept-streams.ts'
import { count } from '../../values/count.ts'
import { EXIT, ShipitError, usageError } from '../../values/errors.ts'
import { columnsIn } from '../../values/width.ts'
import type { Options } from '../global-options.ts'
import { redactText } from '../redact-text.ts'
import { staleTypes, TYPES_FILE } from '../types-file.ts'
import { shipitCommand } from '../shipit-command.ts'
import { checkStage, type CheckedStage } from './check-stage.ts'
import { loadProject } from './load-project.ts'
import { requireStage } from './require-stage.ts'
import { settleStage } from './settle-stage.ts'

/**
 * `shipit STAGE check`, and `shipit check` for every stage: everything that can be wrong without a server. One line per stage; or throws
 * (usage) all mistakes, each once.
 */
export const check = async (options: Options): Promise<number> => {
  const shipit = shipitCommand(options)
  const [stageName, second, extra] = options.words
  if (extra !== undefined)
    throw usageError(`check runs by itself, not with ${options.words.slice(2).join(' ')}`, { hint: shipit(stageName!, 'check') })
  const loaded = await loadProject(options)
  const all = Object.keys(loaded.config.stages)
  if (second !== undefined) requireStage(loaded, options)
  const names = second === undefined ? all : [stageName!]
  process.chdir(dirname(loaded.file))
  const overrides = { set: options.set, shipit, ...(options.branch === undefined ? {} : { branch: options.branch }) }
  const { settled, problems } = await findStatic(loaded, names, shipit)
  const stages: CheckedStage[] = []
  // one after the other: missing variables are collected for the whole process
  for (const name of names) stages.push(await checkStage({ ...settled, problems: problems.get(name) ?? [] }, name, overrides))
  const found = (await Promise.all(stages.map((stage) => mistakesOf(stage, loaded)))).flat()
  // a run of one stage is refused for these mistakes in any stage
  for (const [name, more] of problems) if (!names.includes(name)) found.push(...(await inStage(name, more, loaded)))
  warn(stages)
  warnOfTypes(loaded.file, shipit)
  if (found.length > 0) throw report(merge(found), all, loaded)
  writeOut(redactText(stages.map((stage) => summary(stage, loaded)).join('')))
  return EXIT.done
}

interface Mistake {
  readonly message: string
  readonly where: string | undefined
  readonly hint: string | undefined
  readonly stages: readonly string[]
}

/** What is wrong in each stage without computing its settings. Stages that are functions are called, if they are checked. */
const findStatic = async (loaded: LoadedConfig, names: readonly string[], shipit: Call) => {
  let settled = loaded
  const stages: Record<string, LoadedConfig['config']['stages'][string]> = { ...loaded.config.stages }
  for (const name of names) {
    try {
      const one = await settleStage(settled, name)
      stages[name] = one.stage
      settled = one.loaded
    } catch (error) {
      // found again, and reported, with the stage
      if (!(error instanceof ShipitError)) throw error
    }
  }
  return { settled, problems: staticProblemsByStage({ ...loaded.config, stages }, shipit) }
}

const inStage = async (
  stage: string,
  problems: readonly Problem[],
  { file, text }: Pick<LoadedConfig, 'file' | 'text'>,
): Promise<Mistake[]> => (await describeProblems(problems, file, text)).map((one) => ({ ...one, hint: undefined, stages: [stage] }))

const mistakesOf = async ({ name, errors }: CheckedStage, loaded: LoadedConfig): Promise<Mistake[]> => {
  const each = errors.map(async (error: ShipitError): Promise<Mistake[]> => {
    const problems = problemsIn(error)
    if (problems) return await inStage(name, problems, loaded)
    return [{ message: error.message, where: error.where, hint: error.hint, stages: [name] }]
  })
  return (await Promise.all(each)).flat()
}

/** Each mistake once, with all its stages, by line. */
const merge = (mistakes: readonly Mistake[]): readonly Mistake[] => {
  const merged = new Map<string, Mistake>()
  for (const one of mistakes) {
    const key = JSON.stringify([one.message, one.where])
    merged.set(key, { ...one, stages: [...new Set([...(merged.get(key)?.stages ?? []), ...one.stages])] })
  }
  return [...merged.values()].sort((a, b) => lineOf(a) - lineOf(b))
}

const lineOf = ({ where = '' }: Mistake): number => Number(/:(\d+)$/.exec(where)?.[1] ?? 0)

const report = (mistakes: readonly Mistake[], all: readonly string[], { file }: LoadedConfig): ShipitError => {
  const [first] = mistakes
  if (mistakes.length === 1) return usageError(textOf(first!, all), { where: first!.where, hint: first!.hint })
  const rows = mistakes.map((one) => {
    const where = one.where === undefined || one.message.includes(one.where) ? basename(file) : one.where
    return [`${where}  ${textOf(one, all)}`, ...(one.hint === undefined ? [] : [`  ${one.hint}`])]
  })
  const body = rows.flat().map((line) => `  ${line.replaceAll('\n', '\n    ')}`)
  return usageError(`${mistakes.length} mistakes in ${basename(file)}\n${body.join('\n')}`)
}

/** With the stages, unless there is only one, or the message begins with its place in that stage. */
const textOf = ({ message, stages }: Mistake, all: readonly string[]): string => {
  const known = all.length === 1 || (stages.length === 1 && message.includes(`stages.${stages[0]}`))
  return known ? message : `${message} (${stages.length === all.length ? 'in every stage' : `in ${stages.join(', ')}`})`
}

const warn = (stages: readonly CheckedStage[]): void => {
  const columns = columnsIn(process.stderr, Infinity)
  // masked first: no redactor recognizes a secret that was broken into lines
  const texts = stages.flatMap(({ name, warnings }) => warnings.map((warning) => redactText(`⚠ ${name}: ${warning}`)))
  const lines = texts.flatMap((text) => proseLines(text, columns - 2).map((line, i) => `${i > 0 ? '  ' : ''}${line}\n`))
  process.stderr.write(lines.join(''))
}

const warnOfTypes = (file: string, shipit: Call): void => {
  const stale = staleTypes(dirname(file))
  if (stale !== undefined) process.stderr.write(`⚠ ${TYPES_FILE} is of version ${stale} of shipit; to renew it: ${shipit('types')}\n`)
}

const summary = ({ name, hosts, tasks, deploys }: CheckedStage, { file }: LoadedConfig): string =>
  `${name}: no mistakes in ${basename(file)} (${count(hosts, 'host')}, ${count(tasks, 'task')}${deploys ? '' : '; no host gets releases'})\n`
