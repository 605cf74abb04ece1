import type { Stats } from 'node:fs'
import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { basename, dirname, join, normalize } from 'node:path/posix'
import { usageError } from '../values/errors.ts'
import { underUmask } from '../values/umask.ts'
import { excluder } from './exclude.ts'

/** A file, folder or link of a tree. */
export interface Entry {
  /** `./app.js`, `./css/app.css` */
  readonly name: string
  readonly kind: 'file' | 'folder' | 'link'
  /** permission bits; those of a link mean nothing */
  readonly mode: number
  /** in bytes; 0 for folders and links */
  readonly size: number
  /** absolute, on this machine */
  readonly at: string
  /** milliseconds since the epoch: a file that changes while it is sent has another one */
  readonly changed: number
  /** of a link */
  readonly target?: string
  /** what the file has, if it is none of this machine */
  readonly bytes?: Uint8Array
}

export interface LocalTree {
  readonly kind: 'file' | 'folder'
  /** folders come before what is in them */
  readonly entries: readonly Entry[]
}

export interface TreeOptions {
  readonly exclude: readonly string[]
  /** octal, for every file */
  readonly mode: string | undefined
  /** octal, of modes that are as they are here */
  readonly umask?: string | undefined
  /** the name of a single file on the host */
  readonly name: string
}

/**
 * What is to be sent: a file, or all that is in a folder. A link at `from` itself is followed; links inside are kept, and may not lead out.
 * Throws a ShipitError (usage) for what is not there, and for what cannot be sent; its cause has the code of the system.
 */
export const localTree = async (from: string, { exclude, mode, umask, name }: TreeOptions): Promise<LocalTree> => {
  const top = await statOf(from)
  const modes: Modes = { file: mode === undefined ? undefined : Number.parseInt(mode, 8), umask }
  if (top.isFile()) return { kind: 'file', entries: [fileEntry(`./${name}`, from, top, modes)] }
  if (!top.isDirectory()) throw usageError(`${from} is neither a file nor a folder`)
  const entries: Entry[] = []
  const excluded = excluder(exclude)
  const walk = async (folder: string): Promise<void> => {
    const names = await readdir(join(from, folder)).catch((error: unknown) => cannotRead(join(from, folder), error))
    for (const one of names.sort()) {
      const inside = join(folder, one)
      if (excluded(inside)) continue
      const entry = await entryAt(from, inside, modes)
      entries.push(entry)
      if (entry.kind === 'folder') await walk(inside)
    }
  }
  await walk('')
  return { kind: 'folder', entries }
}

interface Modes {
  readonly file: number | undefined
  readonly umask: string | undefined
}

const statOf = async (from: string): Promise<Stats> => stat(from).catch((error: unknown) => cannotRead(from, error))

/** Throws a ShipitError (usage) for a file or folder of this machine that is not there, or cannot be read. */
export const cannotRead = (at: string, cause: unknown): never => {
  const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
  throw usageError(missing ? `${at} does not exist on this machine` : `${at} cannot be read: ${(cause as Error).message}`, { cause })
}

const entryAt = async (from: string, inside: string, modes: Modes): Promise<Entry> => {
  const at = join(from, inside)
  const name = `./${inside}`
  if (/[\n\r]/.test(name))
    throw usageError(`${JSON.stringify(at)} has a line break in its name, and cannot be sent`, { hint: 'exclude it' })
  const found = await lstat(at).catch((error: unknown) => cannotRead(at, error))
  if (found.isFile()) return fileEntry(name, at, found, modes)
  if (found.isDirectory()) {
    // who may read a file may go through its folder
    const { file, umask } = modes
    const mode = file === undefined ? underUmask(found.mode & 0o777, umask) : file | ((file & 0o444) >> 2)
    return { name, kind: 'folder', mode, size: 0, at, changed: 0 }
  }
  if (!found.isSymbolicLink()) throw usageError(`${at} is neither a file, a folder nor a link`, { hint: 'exclude it' })
  const target = await readlink(at)
  if (target.startsWith('/') || normalize(join(dirname(inside), target)).startsWith('..') || /[\n\r]/.test(target))
    throw usageError(`${at} is a link to ${target}, which is outside of the folder that is sent`, {
      hint: 'exclude it, and send what it leads to by an upload of its own',
    })
  return { name, kind: 'link', mode: 0o777, size: 0, at, changed: 0, target }
}

const fileEntry = (name: string, at: string, found: Stats, { file, umask }: Modes): Entry => ({
  name,
  kind: 'file',
  mode: file ?? underUmask(found.mode & 0o777, umask),
  size: found.size,
  at,
  changed: found.mtimeMs,
})

/** A single file that has these bytes. `mode`: octal. */
export const contentTree = (bytes: Uint8Array, { name, mode, umask }: Omit<TreeOptions, 'exclude'>): LocalTree => ({
  kind: 'file',
  entries: [
    { name: `./${name}`, kind: 'file', mode: contentMode({ mode, umask }), size: bytes.length, at: 'the content', changed: 0, bytes },
  ],
})

/** The mode of a file that is made of content. */
export const contentMode = ({ mode, umask }: Pick<TreeOptions, 'mode' | 'umask'>): number =>
  mode !== undefined ? Number.parseInt(mode, 8) : umask === undefined ? 0o644 : underUmask(0o666, umask)

/** The name that a path has in its folder: `/srv/app/.env` is `.env`. */
export const nameOf = (path: string): string => basename(path)
