import { relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export type ConfigPath = readonly (string | number)[]

/** The line of the value at a path, or of the nearest value around it; undefined if none is found. */
export type Locate = (path: ConfigPath) => number | undefined

/** A problem at one place in a config. */
export interface Problem {
  readonly path: ConfigPath
  /** what was expected and what was found */
  readonly message: string
  /** the name of the recipe that it is about, since `use[2]` does not say much */
  readonly recipe?: string
}

/** `stages.production.servers[1].host`, or `hooks.after["deploy:published"]` if a key is not a plain word. */
export const showPath = (path: ConfigPath): string =>
  path
    .map((part, i) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[\w$-]+$/.test(part)) return `[${JSON.stringify(part)}]`
      return i === 0 ? part : `.${part}`
    })
    .join('')

/** A file as you would name it from the current directory, with the line. */
export const showLocation = (file: string, line?: number): string => {
  const near = relative(process.cwd(), file)
  const name = near === '' || near.startsWith(`..${sep}..${sep}..`) ? file : near
  return line === undefined ? name : `${name}:${line}`
}

/** Where the user's code threw: in the config if it is on the stack, or else in the first file outside Node, shipit and packages. */
export const userCodeLocation = (error: unknown, file: string): string | undefined => {
  const frames = framesOf(error)
  const best = frames.find((frame) => frame.file === file) ?? frames[0]
  return best && showLocation(best.file, best.line)
}

const ownFolder = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../' : './', import.meta.url))

const framesOf = (error: unknown): { file: string; line: number }[] => {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  const frames: { file: string; line: number }[] = []
  for (const match of stack.matchAll(/^ {4}at (?:async )?(?:.* \()?(file:\/\/[^\s)]+|\/[^\s)]+):(\d+):\d+\)?$/gm)) {
    const path = match[1]!.startsWith('file:') ? fileURLToPath(match[1]!.replace(/[?#].*$/, '')) : match[1]!
    if (!path.startsWith(ownFolder) && !path.includes(`${sep}node_modules${sep}`)) frames.push({ file: path, line: Number(match[2]) })
  }
  return frames
}
