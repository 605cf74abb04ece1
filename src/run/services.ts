import { missingError } from '../config/missing-variables.ts'
import { userCodeError } from '../errors/user-code-error.ts'
import { factCommands, factValues, type FactTree } from '../facts/fact.ts'
import type { ProbeResult } from '../facts/types.ts'
import type { Host } from '../inventory/types.ts'
import { baseContext } from '../plan/context.ts'
import { requireSecrets } from '../plan/trial-evaluation.ts'
import type { Command } from '../shell/types.ts'
import type { ServiceStatus } from '../tasks/service-status.ts'
import type { FactsContext } from '../tasks/types.ts'
import { EXIT } from '../values/errors.ts'
import { reportError } from './connect.ts'
import { deployInfo } from './deploy-info.ts'
import type { LookRequest } from './look.ts'
import type { RunState } from './state.ts'

/** The services of a recipe on a host. `unread`: why they are not known. */
export interface RecipeServices {
  readonly recipe: string
  readonly services: readonly ServiceStatus[]
  readonly unread?: string
}

/** What the recipes ask a host about their services. */
export interface ServiceQuestions {
  readonly commands: readonly Command[]
  /** the services, from the answers in the order of the commands */
  parse(answers: readonly ProbeResult[]): readonly RecipeServices[]
}

const FAILED = 'its code failed'

/** Asks the recipes what to ask. What their code throws is reported as a failure of the host. */
export const serviceQuestions = (state: RunState, host: Host, request: LookRequest): ServiceQuestions => {
  const asked: { readonly recipe: string; readonly tree: FactTree; readonly commands: readonly Command[]; readonly missing?: string }[] = []
  for (const { recipe, name, settings } of request.stage.recipes) {
    const { status } = recipe.definition
    if (!status) continue
    const context: FactsContext = { ...baseContext({ ...request, deploy: deployInfo(request) }, settings, name), host, runs: () => false }
    const done = attempt(state, host, name, () => {
      let tree: FactTree = {}
      const missing = missingError(() => {
        tree = status(context) || {}
        requireSecrets(factCommands(tree), host)
      })
      asked.push(
        missing ? { recipe: name, tree: {}, commands: [], missing: missing.message } : { recipe: name, tree, commands: factCommands(tree) },
      )
      return true
    })
    if (done === undefined) asked.push({ recipe: name, tree: {}, commands: [], missing: FAILED })
  }
  return {
    commands: asked.flatMap(({ commands }) => commands),
    parse: (answers) => {
      let next = 0
      return asked.flatMap(({ recipe, tree, commands, missing }): readonly RecipeServices[] => {
        const own = answers.slice(next, (next += commands.length))
        if (missing !== undefined) return [{ recipe, services: [], unread: missing }]
        return (
          attempt(state, host, recipe, () => servicesIn(recipe, tree, factValues(tree, own))) ?? [{ recipe, services: [], unread: FAILED }]
        )
      })
    },
  }
}

const servicesIn = (recipe: string, tree: FactTree, values: Readonly<Record<string, unknown>>): readonly RecipeServices[] =>
  Object.entries(values).flatMap(([name, value]): readonly RecipeServices[] => {
    if (tree[name] === undefined || tree[name] === false) return []
    if (value === undefined) return [{ recipe, services: [], unread: 'the host did not answer' }]
    if (!Array.isArray(value) || !value.every(isService))
      throw new TypeError('status must return facts whose values are lists of { name: text, state: text, up: true, false or undefined }')
    return [{ recipe, services: value as readonly ServiceStatus[] }]
  })

const isService = (item: unknown): boolean => {
  if (typeof item !== 'object' || item === null) return false
  const { name, state, up } = item as Partial<Record<keyof ServiceStatus, unknown>>
  return typeof name === 'string' && typeof state === 'string' && (up === undefined || typeof up === 'boolean')
}

const attempt = <T>(state: RunState, host: Host, recipe: string, run: () => T): T | undefined => {
  try {
    return run()
  } catch (error) {
    reportError(state, userCodeError(error, EXIT.failed, `the status of ${recipe}`), EXIT.failed, host.name)
    return undefined
  }
}
