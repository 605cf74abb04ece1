import { checkOptions } from './known-options.ts'
import { usageError } from '../values/errors.ts'
import { milliseconds, wholeTime, type Duration } from '../values/duration.ts'
import type { Command, CommandSpec } from './types.ts'

// What .retry() and .orElse() add to a command.

type Retry = { readonly every: number; readonly for: number }

/** The times of `.retry()`, in seconds. Throws (usage) for what no host can wait for, and for a time that leaves room for one try only. */
export const checkRetry = (o: { readonly every: Duration; readonly for: Duration }): Retry => {
  checkOptions('.retry()', o, ['every', 'for'])
  const [every, most] = [o.every, o.for].map((time) => milliseconds(time) / 1000) as [number, number]
  if (!Number.isSafeInteger(every) || every < 1)
    throw usageError(`.retry() waits for whole seconds between two tries, not ${JSON.stringify(o.every)}`, {
      hint: `not every host can wait for less: write every: '${Math.max(1, Math.ceil(every))}s'`,
    })
  if (most <= every)
    throw usageError(`.retry() for ${JSON.stringify(o.for)}, every ${JSON.stringify(o.every)}, would try once`, {
      hint: 'make `for` longer than `every`',
    })
  return { every, for: Math.ceil(most) }
}

/** Throws (usage) for refinements of an alternative that are about the whole step. */
export const checkAlternative = (other: Command): Command => {
  const odd = (['hint', 'diagnose', 'timeout', 'allow', 'daemon', 'probe'] as const).find((key) => other.spec[key] !== undefined)
  if (odd === undefined) return other
  const name = odd === 'allow' ? 'allowFailure' : odd
  throw usageError(`.${name}() is about the whole step, and the command in .orElse() is a part of one`, {
    hint: `put it after: sh\`…\`.orElse(sh\`…\`).${name}(…)`,
  })
}

/** How long a try that was begun in time may still take, in milliseconds. */
const LAST_TRY = 10_000

/**
 * The time limit of a step, in milliseconds: its `.timeout()`, or what its tries take at most, so that one that hangs does not hang the run.
 * undefined: none.
 */
export const timeLimit = ({ spec }: Command): number | undefined => {
  const tries = triesLimit(spec)
  return tries === undefined || spec.timeout === undefined ? (spec.timeout ?? tries) : Math.min(tries, spec.timeout)
}

const triesLimit = ({ attempts = [] }: CommandSpec): number | undefined =>
  attempts.reduce<number | undefined>((before, attempt) => {
    if ('retry' in attempt) return attempt.retry.for * 1000 + LAST_TRY
    const other = triesLimit(attempt.orElse.spec)
    return before === undefined || other === undefined ? undefined : before + other
  }, undefined)

/** `every 3s for 3m` */
export const retryText = ({ every, for: most }: Retry): string => `every ${wholeTime(every)} for ${wholeTime(most)}`

/** The last of the attempts, if it tries again: what a long step waits for. */
export const lastRetry = ({ spec: { attempts = [] } }: Command): Retry | undefined => {
  const last = attempts.at(-1)
  return last && 'retry' in last ? last.retry : undefined
}

/** Follows the exit code of a step that has been tried again; '' for others. */
export const attemptsNote = (command: Command): string => {
  const retry = lastRetry(command)
  return retry === undefined ? '' : `, tried ${retryText(retry)}`
}

/** The commands that run if the one before them fails, theirs included. */
export const alternativesOf = ({ attempts = [] }: CommandSpec): readonly Command[] =>
  attempts.flatMap((attempt) => ('orElse' in attempt ? [attempt.orElse, ...alternativesOf(attempt.orElse.spec)] : []))
