import { excerpt, masked } from '../redact/mask.ts'
import { visible } from '../redact/visible.ts'
import { toText } from './bytes.ts'
import { textBin } from './render-template.ts'
import { retryText } from './attempts.ts'
import type { Command, CommandSpec } from './types.ts'

/**
 * The command as typed, for failures and screens: on one line, without its environment, secrets masked, control characters made visible,
 * cut if it is very long. `as nobody: cd /srv/app && bundle install`. What runs if it fails follows after `or else`. `dir`: shown in place
 * of its directory; '' for none.
 */
export const display = ({ spec }: Command, { dir = spec.dir?.toString() ?? '', tries = false }: DisplayOptions = {}): string => {
  const text = masked(commandText(spec, dir) + attemptsText(spec, tries))
  const line = visible(text.replace(/\s*\n\s*/g, ' ⏎ ').replaceAll('\t', ' '))
  return line.length > LONGEST ? `${excerpt(line, LONGEST)} (${text.length} characters)` : line
}

interface DisplayOptions {
  readonly dir?: string
  /** also how often it is tried */
  readonly tries?: boolean
}

/** What follows a failure, in its order. */
const attemptsText = ({ attempts = [] }: CommandSpec, tries: boolean): string =>
  attempts
    .map((attempt) => {
      if ('retry' in attempt) return tries ? `, tried ${retryText(attempt.retry)}` : ''
      const { spec } = attempt.orElse
      return `, or else ${spec.title ?? commandText(spec, spec.dir?.toString() ?? '')}${attemptsText(spec, tries)}`
    })
    .join('')

/** The account of `.as()`, with its group. */
export const accountOf = ({ as, group }: CommandSpec): string | undefined => (group === undefined ? as : `${as}:${group}`)

const commandText = (spec: CommandSpec, dir: string): string => {
  const as = accountOf(spec)
  const before = [as === undefined ? '' : `as ${as}: `, dir === '' ? '' : `cd ${dir} && `, spec.sudo === true ? 'sudo ' : '']
  return `${before.join('')}${toText(textBin(spec.parts, 'mask'))}`
}

const LONGEST = 400
