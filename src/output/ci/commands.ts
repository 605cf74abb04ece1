import { isAbsolute, relative, resolve, sep } from 'node:path'
import { cleanText, oneLine } from '../../redact/clean.ts'

/**
 * Workflow commands of GitHub Actions, which its runner reads from the lines of a step ("Workflow commands for GitHub Actions" in its
 * documentation).
 */

/** `error` and `warning` become annotations; the runner keeps ten of each a step. */
export interface Annotation {
  readonly level: 'error' | 'warning'
  readonly title: string
  readonly message: string
  /** `deploy.config.ts:12`, or a file alone */
  readonly where?: string | undefined
}

/** How many annotations of a level a step may have; further ones are dropped by GitHub without a word. */
export const MOST_ANNOTATIONS = 10

/** Files are named from the root of the repository. One outside has no place in it. */
export const placeIn =
  (workspace: string) =>
  (file: string): string | undefined => {
    const path = relative(workspace, resolve(file))
    return path === '' || path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path
  }

/** `place`: makes a path relative to the repository; undefined if it is outside. */
export const annotationLine = ({ level, title, message, where }: Annotation, place: (file: string) => string | undefined): string => {
  const [, name = '', line] = /^(.*?)(?::(\d+))?$/s.exec(where ?? '') ?? []
  const file = name === '' ? undefined : place(name)
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`, ...(line === undefined ? [] : [`line=${line}`])]),
    `title=${property(oneLine(title))}`,
  ]
  return `::${level} ${properties.join(',')}::${data(cleanText(message))}`
}

export const groupLine = (title: string): string => `::group::${data(oneLine(title))}`
export const END_GROUP = '::endgroup::'

/** Lines that hide a value in everything that the job prints from then on, one for each of its lines. A short one would hide half the log. */
export const maskLines = (value: string): string[] =>
  value
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST_MASK)
    .map((line) => `::add-mask::${data(line)}`)
const SHORTEST_MASK = 4

/**
 * The same line, but no command, whatever a server printed: the runner takes one that begins with `::` after blanks, and `##[` anywhere
 * (ActionCommand.TryParse and TryParseV2 in actions/runner). A space of no width is put before them.
 */
export const notACommand = (line: string): string => line.replace(/^(\s*)::/u, '$1\u200b::').replaceAll('##[', '##\u200b[')

// https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
