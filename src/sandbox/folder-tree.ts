import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface TreeOptions {
  /** How many levels to open; 1 shows only the names in `dir`. */
  readonly depth: number
  /** Folders to list without their content. */
  readonly closed?: readonly string[]
}

/** The folder as lines of text, like `tree`: sorted names, and links with their target (relative to `dir` if inside it). */
export const folderTree = (dir: string, { depth, closed = [] }: TreeOptions): string[] => branch(dir, dir, depth, closed)

const branch = (top: string, dir: string, depth: number, closed: readonly string[]): string[] => {
  const names = readdirSync(dir).sort()
  return names.flatMap((name, at) => {
    const path = join(dir, name)
    const last = at === names.length - 1
    const line = `${last ? '└── ' : '├── '}${label(top, path, name)}`
    if (depth <= 1 || closed.includes(name) || !lstatSync(path).isDirectory()) return [line]
    return [line, ...branch(top, path, depth - 1, closed).map((inner) => `${last ? '    ' : '│   '}${inner}`)]
  })
}

const label = (top: string, path: string, name: string): string => {
  const stat = lstatSync(path)
  if (stat.isDirectory()) return `${name}/`
  if (!stat.isSymbolicLink()) return name
  const to = readlinkSync(path)
  const inside = relative(top, to)
  return `${name} -> ${inside.startsWith('..') || !to.startsWith('/') ? to : inside}`
}
