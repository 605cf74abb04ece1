import { toText } from './bytes.ts'
import { textBin } from './template.ts'
import type { Command } from './types.ts'

/**
 * The command as typed, for failures and screens: on one line, without its environment, secrets masked, control characters made
 * visible, cut if it is very long. `as nobody: cd /srv/app && bundle install`.
 */
export const display = ({ spec }: Command): string => {
  const as = spec.as === undefined ? '' : `as ${spec.as}: `
  const dir = spec.dir === undefined ? '' : `cd ${spec.dir.toString()} && `
  const text = `${as}${dir}${spec.sudo === true ? 'sudo ' : ''}${toText(textBin(spec.parts, 'mask'))}`
  const line = text
    .replace(/\s*\n\s*/g, ' ⏎ ')
    .replace(/\p{Cc}/gu, (c) => (c === '\t' ? ' ' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`))
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}… (${text.length} characters)` : line
}

const LONGEST = 400
