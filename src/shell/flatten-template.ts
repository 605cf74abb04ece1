import { usageError } from '../values/errors.ts'
import type { Path } from '../values/path.ts'
import { isPath } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import { isSecret } from '../values/secret.ts'
import { isCommand } from './brand.ts'
import { isRaw, rawText } from './raw.ts'
import { asOwnStep } from './message-makers.ts'
import { transferName } from './check-transfer.ts'
import type { Command, Part, ShValue } from './types.ts'

export type Datum = string | number | Path | Secret | Uint8Array

/** Literal text, or a word to quote; `at` is the number of its interpolation, from 1. Two texts are never adjacent. */
export type Piece = { readonly text: string } | { readonly word: Datum; readonly at: number }

/**
 * Resolves interpolations: raw text and the text of commands become part of the template, a list becomes words with spaces between
 * them, an empty list vanishes with one space next to it. Throws a ShipitError for anything that is not a word, and for a list glued to
 * other text.
 */
export const pieces = (parts: readonly Part[]): readonly Piece[] => {
  const out: Piece[] = []
  const text = (more: string) => {
    const last = out.at(-1)
    if (last !== undefined && 'text' in last) out[out.length - 1] = { text: last.text + more }
    else if (more !== '') out.push({ text: more })
  }
  const add = (value: ShValue, at: number): void => {
    if (isRaw(value)) text(rawText(value))
    else if (isCommand(value))
      commandPieces(value, at).forEach((piece) => ('text' in piece ? text(piece.text) : out.push({ ...piece, at })))
    else out.push({ word: datum(value, at), at })
  }

  let at = 0
  parts.forEach((part, i) => {
    if ('text' in part) return text(part.text)
    at++
    if (!Array.isArray(part.value)) return add(part.value, at)
    const values = (part.value as readonly ShValue[]).flat(Infinity as 1) as ShValue[]
    const next = parts[i + 1]
    const [before, after] = [out.at(-1), next === undefined ? '' : 'text' in next ? next.text : 'x']
    checkAlone(values.length, before === undefined ? '' : 'text' in before ? before.text : 'x', after, at)
    if (values.length === 0 && before !== undefined && 'text' in before && /^(?:\s|$)/.test(after)) {
      out[out.length - 1] = { text: before.text.replace(/[ \t]$/, '') }
    }
    values.forEach((value, n) => {
      if (n > 0) text(' ')
      add(value, at)
    })
  })
  return out
}

const checkAlone = (count: number, before: string, after: string, at: number): void => {
  if (/[^\s;&|()`]$/.test(before) || /^[^\s;&|()`]/.test(after)) {
    throw usageError(`interpolation ${at} is a list, and a list cannot be glued to other text`, {
      hint: 'put spaces around it, or build each word before: list.map((x) => `--with=${x}`)',
    })
  }
  if (count !== 1 && /[<>][&|]?[ \t]+$/.test(before)) {
    throw usageError(`interpolation ${at} is a list of ${count}, where a redirection needs one file`)
  }
}

/** Only the text of a command can be put inside another: the outer command decides where and as whom it runs. */
const commandPieces = ({ spec }: Command, at: number): readonly Piece[] => {
  if (spec.message !== undefined) {
    const { maker, remedy } = asOwnStep(spec.message)
    throw usageError(`interpolation ${at} is ${maker}, which would no longer be a message inside another command`, { hint: remedy })
  }
  if (spec.upload !== undefined || spec.download !== undefined || spec.rsync !== undefined)
    throw usageError(`interpolation ${at} is ${transferName(spec)}, which is a step by itself`, {
      hint: 'put it into the list of steps, before or after this command',
    })
  const lost = (
    [
      ['in', spec.dir],
      ['env', spec.env],
      ['as', spec.as],
      ['login', spec.login],
      ['umask', spec.umask],
      ['sudo({ password })', spec.sudoPassword],
      ['stdin', spec.stdin],
      ['retry/orElse', spec.attempts],
      ['unless/onlyIf', spec.guards],
      ['bash', spec.bash],
    ] as const
  ).find(([, set]) => set !== undefined)
  if (lost !== undefined) {
    throw usageError(
      `interpolation ${at} is a command with .${lost[0]}${lost[0] === 'bash' || lost[0].endsWith(')') ? '' : '()'}, which would be lost inside another command`,
      {
        hint: 'only the text of a command is inserted: move the refinement to the outer command',
      },
    )
  }
  return spec.sudo === true ? pieces([{ text: 'sudo ' }, ...spec.parts]) : pieces(spec.parts)
}

const datum = (value: unknown, at: number): Datum => {
  if (typeof value === 'string' || isPath(value) || isSecret(value) || value instanceof Uint8Array) return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const what =
    value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : `${/^[aeiou]/.test(typeof value) ? 'an' : 'a'} ${typeof value}`
  throw usageError(`interpolation ${at} is ${what}`, {
    hint: 'interpolate text, a number, a path, a secret, bytes, raw(…), another command, or a list of them',
  })
}
