import { retryText } from '../shell/attempts.ts'
import { transfersFiles } from '../shell/command.ts'
import { accountOf, display } from '../shell/display.ts'
import type { Command, CommandSpec } from '../shell/types.ts'
import { cut, width, wrap } from '../values/width.ts'
import { oneLine, stepTitle } from './step-text.ts'

/**
 * A step on one line, as {@link shortStep} makes it. If it copies files, what it would change and remove is the most important part and
 * comes last: that goes on in lines below.
 */
export const shortLines = (command: Command, room: number): readonly string[] => {
  const title = stepTitle(command)
  if (title === undefined || !transfersFiles(command.spec)) return [shortStep(command, room)]
  const text = `${title}${accountNote(command)}${triesNote(command)}${conditionsOf(command, room)}`
  if (width(text) <= room) return [text]
  return wrap(text, room - MORE.length).map((line, i) => `${i > 0 ? MORE : ''}${cut(line, room - MORE.length)}`)
}
const MORE = '  '

/**
 * A step on one line: its title, and its command if both fit. A script of several lines has its title alone. Without a title, the command
 * is cut if it must be. Its environment is left out. `room`: in columns of a terminal.
 */
const shortStep = (command: Command, room: number): string => {
  const conditions = conditionsOf(command, room)
  const available = room - width(conditions)
  const withConditions = (text: string): string => `${cut(text, Math.max(LEAST, available))}${conditions}`
  const message = messageOf(command)
  if (message !== undefined) return withConditions(message)
  const forms = commandForms(command)
  const title = stepTitle(command)
  if (title === undefined) return withConditions(forms.find((line) => width(line) <= available) ?? forms.at(-1)!)
  const titled = forms.map((line) => `${oneLine(title)}: ${line}`)
  return withConditions(
    titled.find((line) => width(line) <= available && !line.includes('⏎')) ??
      `${oneLine(title)}${accountNote(command)}${triesNote(command)}`,
  )
}

/** At least this much of a step is shown, whatever its conditions take. */
const LEAST = 20

/** The command from its longest form to its shortest. A command that a title names has its directory in any case, if only the end of it. */
const commandForms = (command: Command): readonly string[] => {
  const dir = command.spec.dir?.toString() ?? ''
  // only where it is shorter
  const near = dir.lastIndexOf('/') > 1 ? `…/${dir.slice(dir.lastIndexOf('/') + 1)}` : dir
  const dirs = [dir, near, ...(command.spec.title === undefined ? [''] : [])]
  return dirs.map((shown) => display(command, { dir: shown, tries: true }))
}

const conditionsOf = ({ spec: { guards = [] } }: Command, room: number): string => guardTexts(guards, room).join('')

/** How often it is tried, if the command that shows it is left out. */
const triesNote = ({ spec: { attempts = [] } }: Command): string =>
  attempts.flatMap((attempt) => ('retry' in attempt ? `, tried ${retryText(attempt.retry)}` : [])).join('')

const guardTexts = (guards: CommandSpec['guards'] & {}, room: number): readonly string[] =>
  guards.map(({ when, guard }) => {
    const text = guard.spec.title === undefined ? display(guard) : oneLine(guard.spec.title)
    return text.includes('⏎') || width(text) > room / 2 ? ', if needed' : `, ${when === 'unless' ? 'unless' : 'only if'} ${text}`
  })

/** The account that runs it, if the command that shows it is left out. */
const accountNote = ({ spec }: Command): string =>
  spec.sudo === true ? ', as root' : spec.as === undefined ? '' : `, as ${accountOf(spec)}`

const MESSAGE_VERBS = { error: 'fails', warning: 'warns', note: 'prints' } as const

const messageOf = ({ spec: { message, allow } }: Command): string | undefined =>
  message && `${MESSAGE_VERBS[allow === true ? 'warning' : message.level]}: ${oneLine(message.text)}`
