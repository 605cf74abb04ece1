import { excerpt } from '../redact/mask.ts'
import { isUnexpectedPromise } from '../values/promise.ts'
import { command } from '../shell/command.ts'
import type { Command } from '../shell/types.ts'
import type { StepList } from '../tasks/types.ts'
import { isPresent } from '../values/absent.ts'
import { usageError } from '../values/errors.ts'

/** The commands of a list of steps, in order, without empty items. Throws (usage) for anything that is not a command. */
export const flattenSteps = (list: StepList): readonly Command[] => {
  if (!Array.isArray(list))
    throw usageError(`steps must return a list of commands, not ${describe(list)}`, { hint: 'write [sh`…`], with the brackets' })
  const steps = (list as readonly unknown[]).flatMap((item): readonly Command[] => {
    if (!isPresent(item)) return []
    if (Array.isArray(item)) return flattenSteps(item as StepList)
    if (isCommand(item)) return [item]
    throw usageError(`a step must be a command, not ${describe(item)}`, { hint: 'write it as sh`…`, from shipit-ts' })
  })
  return steps.some(asksOnce) ? askedHere(steps) : steps
}

const asksOnce = ({ spec }: Command): boolean => spec.guards?.some(({ once }) => once) === true

/** The guard of a `when()` is asked at each place where its list stands: a list in two tasks of one script is two. */
const askedHere = (steps: readonly Command[]): readonly Command[] => {
  const here = new Map<object, object>()
  const own = (once: object): object => {
    if (!here.has(once)) here.set(once, {})
    return here.get(once)!
  }
  return steps.map((step) =>
    asksOnce(step)
      ? command({ ...step.spec, guards: step.spec.guards!.map((guard) => (guard.once ? { ...guard, once: own(guard.once) } : guard)) })
      : step,
  )
}

const isCommand = (item: unknown): item is Command =>
  (typeof item === 'object' || typeof item === 'function') && item !== null && (item as { kind?: unknown }).kind === 'command'

/** Describes a wrong value in words. */
const describe = (value: unknown): string => {
  if (isCommand(value)) return 'one command'
  if (isUnexpectedPromise(value)) return 'a promise: a task that must look before it acts uses run'
  if (typeof value === 'string') return `the string ${JSON.stringify(excerpt(value, 60))}`
  if (value === undefined || value === null) return `${value}`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
