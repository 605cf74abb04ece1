import { path, type Path } from '../values/path.ts'
import { isCommand } from './brand.ts'
import { command as make, transfersFiles } from './command.ts'
import { words } from './split-words.ts'
import type { Command, Part, ShValue } from './types.ts'

/** By the name of a program: the words that take its place. */
export type CommandMap = ReadonlyMap<string, readonly (string | Path)[]>

/** The setting `commands` as a map. `null` takes an entry away. A word that begins with `~/` is in the home of the account there. */
export const commandMap = (given: Readonly<Record<string, string | readonly string[] | null>>): CommandMap =>
  new Map(
    Object.entries(given).flatMap(([name, value]) =>
      value === null ? [] : [[name, words(value).map((word) => (word.startsWith('~/') ? path(word) : word))] as const],
    ),
  )

/**
 * The command with its first word replaced, if that is literal and in the map; also in its guards, alternatives and diagnosis, and in a
 * command inside of it that is in the place of a command. The words of `.sudo()` stay, because a line of sudoers names them.
 */
export const mapCommands = (command: Command, map: CommandMap): Command => {
  const { spec } = command
  if (map.size === 0 || spec.message !== undefined) return command
  const { guards, attempts, diagnose } = spec
  const whole = spec.sudo === true || spec.writes !== undefined || transfersFiles(spec)
  return make({
    ...spec,
    ...(!whole && { parts: mapParts(spec.parts, map) }),
    ...(guards && { guards: guards.map((one) => ({ ...one, guard: mapCommands(one.guard, map) })) }),
    ...(attempts && { attempts: attempts.map((one) => ('retry' in one ? one : { orElse: mapCommands(one.orElse, map) })) }),
    ...(diagnose && { diagnose: mapCommands(diagnose, map) }),
  })
}

const mapParts = (parts: readonly Part[], map: CommandMap): readonly Part[] => {
  let before = ''
  return parts.flatMap((part, i): readonly Part[] => {
    if ('value' in part) {
      const mapped = isCommandPlace(before) ? { value: mapValue(part.value, map) } : part
      before = 'x'
      return [mapped]
    }
    before = part.text
    return i === 0 ? mapText(part.text, map, parts.length > 1) : [part]
  })
}

const mapValue = (value: ShValue, map: CommandMap): ShValue => {
  if (isCommand(value)) return mapCommands(value, map)
  if (!Array.isArray(value)) return value
  const [first, ...rest] = value as readonly ShValue[]
  return first === undefined ? value : [mapValue(first, map), ...rest]
}

/** A word of which nothing is quoted or expanded, at the beginning, that is not the name of a function. */
const FIRST_WORD = /^(\s*)([^\s;&|()<>"'`$\\*?[\]{}~#=!]+)(?=[\s;&|<>)]|$)(?!\s*\()/

const mapText = (text: string, map: CommandMap, goesOn: boolean): readonly Part[] => {
  const [whole = '', blanks = '', word = ''] = FIRST_WORD.exec(text) ?? []
  const mapped = map.get(word)
  const rest = text.slice(whole.length)
  // glued to an interpolation, it is not the whole word
  if (mapped === undefined || (rest === '' && goesOn)) return [{ text }]
  const values = mapped.flatMap((one, i): readonly Part[] => [...(i === 0 ? [] : [{ text: ' ' }]), { value: one }])
  return [...(blanks === '' ? [] : [{ text: blanks }]), ...values, ...(rest === '' ? [] : [{ text: rest }])]
}

/** Whether a command begins after this text. */
const isCommandPlace = (before: string): boolean => /(?:^|[\n;&|({!]|\b(?:then|do|else|elif|if|while|until))\s*$/.test(before)
