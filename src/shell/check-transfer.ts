import { usageError } from '../values/errors.ts'
import type { CommandSpec } from './types.ts'

/** Throws if a step that sends or fetches files also has something that only a command can do. */
export const checkTransfer = (spec: CommandSpec): void => {
  if (spec.rsync !== undefined && spec.sudo)
    throw usageError('rsync() cannot have .sudo()', { hint: ".as('root') starts its other end as root" })
  const odd = (['attempts', 'stdin', 'login', 'tty', 'follow', 'daemon'] as const).find((key) => spec[key] !== undefined)
  if (odd === undefined) return
  throw usageError(`${transferName(spec)} cannot have ${NAMES[odd]}`, {
    hint: 'it has the channel to the host for itself: do the rest in a step before or after it',
  })
}

/** What the config calls a step that transfers files. */
export const transferName = ({ upload, rsync }: CommandSpec): string =>
  rsync !== undefined ? 'rsync()' : upload !== undefined ? 'upload()' : 'download()'

const NAMES = {
  attempts: '.retry() or .orElse()',
  stdin: '.stdin()',
  login: '.login()',
  tty: '.tty()',
  follow: '.follow()',
  daemon: '.daemon()',
} as const
