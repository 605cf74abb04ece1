import { masked } from '../redact/mask.ts'
import { visible } from '../redact/visible.ts'
import { quote } from '../shell/quote.ts'
import { rsyncWords } from '../shell/rsync.ts'
import { render } from '../shell/render.ts'
import type { Command } from '../shell/types.ts'

/** A step as it runs, byte for byte, its guards included. Its title is a shell comment above it, so that copied text still runs. */
export const fullLines = (command: Command): readonly string[] => [
  ...(command.spec.title === undefined ? [] : [`# ${stepTitle(command)!}`]),
  ...fileLines(command),
  ...rsyncLines(command),
  ...visible(commandText(command)).split('\n'),
]

/** The title of a step, and of an upload how much it has to send. */
export const stepTitle = ({ spec: { title, upload, rsync } }: Command): string | undefined => {
  const size = upload?.summary?.size
  const more = size === undefined ? rsync?.summary : oneLine(size)
  return title === undefined ? undefined : `${oneLine(title)}${more === undefined ? '' : `: ${more}`}`
}

/** What runs on this machine for `rsync()`, as a comment. */
const rsyncLines = ({ spec: { rsync } }: Command): readonly string[] => {
  if (rsync === undefined) return []
  const sides = [rsync.here, `HOST:${rsync.there}`]
  const words = [...rsyncWords(rsync), ...(rsync.direction === 'send' ? sides : sides.toReversed())]
  return [oneLine(`#   on this machine: rsync ${words.map((word) => quote(word).toString()).join(' ')}`)]
}

/** The files of an upload, as comments. */
const fileLines = ({ spec: { upload } }: Command): readonly string[] => {
  const files = upload?.summary?.files ?? []
  const more = files.length > MOST_FILES ? [`and ${files.length - MOST_FILES} more`] : []
  return [...files.slice(0, MOST_FILES), ...more].map((line) => `#   ${oneLine(line)}`)
}
const MOST_FILES = 50

/** The same without its title, and with control characters as they are. Secrets are masked. */
export const commandText = (command: Command): string => masked(render(command, { secrets: 'mask' }).toString('utf8'))

/** A text of the config on one line: secrets are masked, and control characters made visible. */
export const oneLine = (text: string): string => visible(masked(text).replaceAll(/\s+/g, ' '))

/** Shown in place of the steps of a task that is code. */
export const CODE = 'code that decides when it runs'

export const BARRIER = {
  '|checked': 'every host waits until all have passed the checks',
  '|ready': 'every host waits until all are ready to switch',
  '|live': 'every host waits until all have switched',
} as const
