import { z } from 'zod'
import type { Problem } from '../errors/source-location.ts'
import { explainIssues } from '../settings/zod-problems.ts'
import { ShipitError } from '../values/errors.ts'
import { asSecretIfReplaced } from '../values/secret.ts'
import { isStandIn } from './answers.ts'
import { isOpen, undeclared } from './declared-vars.ts'
import { isEnvError } from './env-issues.ts'
import { configCodeError } from './evaluate.ts'
import type { GivenSetting } from './layer-settings.ts'
import type { PartialValues } from './missing-variables.ts'
import type { LoadedConfig, Raw, RawStage } from './raw-config.ts'
import type { Resolver } from './resolver.ts'
import { configError, withProblems } from './validate.ts'
import { isWrongVar, parse, schemaOf, varProblem, VARS } from './var-checks.ts'

// The `vars` of a config and its stage, by the schema `stageVars`.

/** Adds the vars that no layer gives: those with a default, and those that are missing. An optional one stays away. */
export const addDeclared = (given: Map<string, GivenSetting>, { shape }: z.ZodObject): void => {
  for (const [name, schema] of Object.entries(shape as Readonly<Record<string, z.ZodType>>))
    if (!given.has(`${VARS}${name}`) && !isLeftOut(schema)) given.set(`${VARS}${name}`, { value: undefined, path: [] })
}

const isLeftOut = (schema: z.ZodType): boolean => {
  try {
    const result = parse(schema, undefined)
    return result.success && result.data === undefined
  } catch {
    // the code of the schema failed: reported when the var is read
    return false
  }
}

interface Layers {
  readonly config: Raw
  readonly stage: RawStage
  readonly name: string
}

/** The vars of a stage by their schema. What is wrong goes to the problems of the resolver. */
const declaredVars = async (
  schema: z.ZodObject,
  layers: Layers & { readonly file: string },
  resolver: Resolver,
): Promise<PartialValues> => {
  const { values, missing } = await resolver.partly(VARS)
  resolver.problems.push(...undeclaredVars(schema, layers))
  // checks across several vars need all of them
  if (missing.size > 0 || !schema.def.checks?.length || Object.values(values).some(isStandIn)) return { values, missing }
  const together = z.any().check(...(schema.def.checks as z.core.$ZodCheck<unknown>[]))
  const result = parseTogether(together, values, layers.file)
  if (result.success) return { values: result.data as PartialValues['values'], missing }
  for (const { path, message } of explainIssues(together, values, result.error.issues, 'vars')) {
    const [name, ...inside] = path
    const place = { path: name === undefined ? [] : resolver.pathOf(`${VARS}${name}`), stage: layers.name }
    if (name === undefined) resolver.problems.push({ path: ['stages', layers.name], message: `vars: ${message}` })
    else resolver.problems.push(varProblem({ path: inside, message }, String(name), place))
  }
  return { values, missing }
}

const parseTogether = (together: z.ZodType, values: PartialValues['values'], file: string) => {
  try {
    return parse(together, values)
  } catch (error) {
    throw isEnvError(error) ? error : configCodeError(error, file, 'stageVars')
  }
}

/** What is wrong with the vars of a stage whatever its functions return. One that is missing may come from the command line. */
export const staticVarProblems = (schema: z.ZodObject, layers: Layers): Problem[] => [
  ...undeclaredVars(schema, layers),
  ...givenVars(layers, true).flatMap(({ name, value, path }) => {
    const one = schemaOf(schema, name)
    if (one === undefined || typeof value === 'function') return []
    return problemsIn(one, value).map((problem) => varProblem(problem, name, { path, stage: layers.name }))
  }),
]

const problemsIn = (schema: z.ZodType, value: unknown): Problem[] => {
  try {
    const result = parse(schema, value)
    return result.success ? [] : explainIssues(schema, value, result.error.issues, 'vars')
  } catch {
    // the code of the schema failed: reported when the var is read
    return []
  }
}

const undeclaredVars = (schema: z.ZodObject, layers: Layers): Problem[] =>
  isOpen(schema)
    ? []
    : givenVars(layers, false)
        .filter(({ name }) => !Object.hasOwn(schema.shape, name))
        .map(({ name, path }) => ({ path, message: undeclared('stageVars', name, schema) }))

/** The vars that the config and the stage give; `layered`: without those that the stage replaces. */
const givenVars = ({ config, stage, name }: Layers, layered: boolean) => {
  const all = [
    { vars: config.vars, path: ['vars'] },
    { vars: stage.vars, path: ['stages', name, 'vars'] },
  ].flatMap(({ vars, path }) =>
    Object.entries(vars ?? {}).flatMap(([key, value]) =>
      value === undefined ? [] : [{ name: key, value: value as unknown, path: [...path, key] }],
    ),
  )
  if (!layered) return all
  const last = new Map<string, (typeof all)[number]>()
  for (const one of all) last.set(one.name, { ...one, value: asSecretIfReplaced(last.get(one.name)?.value, one.value) })
  return [...last.values()]
}

/**
 * Runs `work` with the vars by their schema; undefined if the config has none. They come first, so that all mistakes in them are found,
 * whatever other settings make of them. What `work` throws is reported together with these, or not at all if it follows from them.
 */
export const withDeclaredVars = async <T>(
  loaded: LoadedConfig,
  stage: Omit<Layers, 'config'>,
  resolver: Resolver,
  work: (vars: PartialValues | undefined) => Promise<T>,
): Promise<T> => {
  const { config, file, text } = loaded
  if (config.stageVars === undefined) return await work(undefined)
  const { problems } = resolver
  try {
    return await work(await declaredVars(config.stageVars, { config, file, ...stage }, resolver))
  } catch (error) {
    if (isWrongVar(error)) throw await configError(problems, file, text)
    throw error instanceof ShipitError && !isEnvError(error) ? await withProblems(error, { problems, file, text }) : error
  }
}
