import { fail, warn } from '../index.ts'
import type { Command, Finding } from '../index.ts'

/**
 * A problem on a host, found in its facts. The doctor reports it. `blocks`: whether a task that would fail because of it is refused
 * before anything is changed (default: true for an error; a warning is only for the doctor). With `false`, the task warns and continues.
 */
export interface Check extends Finding {
  readonly blocks?: boolean
}

/** The steps of a recipe's `check` task: one fails with every problem that blocks, and one warns. They need no shell, so a plan can show them. */
export const checkSteps = (title: string, checks: readonly Check[]): readonly Command[] => {
  const blocking = checks.filter(({ level, blocks }) => blocks ?? level === 'error')
  const warned = checks.filter(({ blocks }) => blocks === false)
  return [
    ...(blocking.length === 0
      ? []
      : [
          fail(blocking.map(({ message }) => message))
            .title(title)
            .hint([...new Set(blocking.map(({ remedy }) => remedy))].join('\n')),
        ]),
    ...(warned.length === 0 ? [] : [warn(warned.map(({ message, remedy }) => `${message}: ${remedy}`)).title(title)]),
  ]
}
