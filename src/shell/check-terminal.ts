import { usageError } from '../values/errors.ts'
import type { CommandSpec } from './types.ts'

/** Throws if a command that takes the terminal also has something that only a script can do. */
export const checkTerminal = (spec: CommandSpec): void => {
  const odd = (['guards', 'follow', 'probe', 'daemon', 'timeout', 'diagnose', 'message', 'stdin', 'attempts'] as const).find(
    (key) => spec[key] !== undefined,
  )
  if (odd === undefined) return
  throw usageError(`a command with .tty() cannot have ${NAMES[odd]}`, {
    hint: 'it runs for as long as you are at it: do the rest in a step before or after it',
  })
}

const NAMES = {
  guards: '.onlyIf() or .unless()',
  follow: '.follow()',
  probe: '.probe()',
  daemon: '.daemon()',
  timeout: '.timeout()',
  diagnose: '.diagnose()',
  message: 'a message: it prints, and runs nothing',
  stdin: '.stdin()',
  attempts: '.retry() or .orElse()',
} as const
