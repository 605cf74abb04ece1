import { usageError } from '../values/errors.ts'
import type { CommandSpec } from './types.ts'

/** Throws if a step that sends or fetches files also has something that only a command can do. */
export const checkTransfer = (spec: CommandSpec): void => {
  const odd = (['attempts', 'stdin', 'login', 'tty', 'follow', 'daemon'] as const).find((key) => spec[key] !== undefined)
  if (odd === undefined) return
  throw usageError(`${spec.upload === undefined ? 'download()' : 'upload()'} cannot have ${NAMES[odd]}`, {
    hint: 'it has the channel to the host for itself: do the rest in a step before or after it',
  })
}

const NAMES = {
  attempts: '.retry() or .orElse()',
  stdin: '.stdin()',
  login: '.login()',
  tty: '.tty()',
  follow: '.follow()',
  daemon: '.daemon()',
} as const
