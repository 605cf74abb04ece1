import { usageError } from '../values/errors.ts'
import { holdsSecret } from '../values/secret.ts'
import { pieces } from './flatten-template.ts'
import { SHELL_WORDS } from './command-words.ts'
import { operatorOf } from './check-template.ts'
import { textBin } from './render-template.ts'
import { toText } from './bytes.ts'
import type { CommandSpec } from './types.ts'

/** Throws a ShipitError unless the text is one command that sudo can run, without secrets. */
export const checkSudo = (spec: CommandSpec): void => {
  const text = toText(textBin(spec.parts, 'mask'))
  const refuse = (why: string): never => {
    throw usageError(`sudo takes one command, and sh\`${text}\` ${why}`, { hint: "use .as('root')" })
  }
  if (spec.bash) refuse('is for bash')
  const operator = operatorOf(spec.parts)
  if (operator !== undefined) refuse(`has ${operator === '\n' ? 'a second line' : `an unquoted ${operator}`}`)
  if (/^[A-Za-z_]\w*\+?=/.test(text)) refuse('begins with an assignment (write it with .env())')
  const first = /^[^\s]+/.exec(text)?.[0] ?? ''
  if (SHELL_WORDS.has(first)) refuse(`begins with ${first}, which is part of the shell, not a program`)
  const hidden = Object.entries(spec.env ?? {}).find(([, value]) => holdsSecret(value))?.[0]
  const word = pieces(spec.parts).find((piece) => 'word' in piece && holdsSecret(piece.word))
  if (hidden !== undefined || word !== undefined)
    throw usageError(`sudo would write the secret ${hidden ?? `of sh\`${text}\``} into its log`, {
      hint: "use .as('root'): there the environment is set inside",
    })
}
