import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ShipitError, usageError } from '../values/errors.ts'

/** A file of this machine. */
export interface LocalState {
  /** in bytes */
  readonly size: number
  /** SHA-256, in hex */
  readonly sum: string
}

/** What this machine has at a path; undefined if that is nothing. Throws (usage) for what is not a file that can be read. */
export const localState = async (file: string): Promise<LocalState | undefined> => {
  try {
    // to read a named pipe would wait for whoever writes to it
    const found = await stat(file)
    if (!found.isFile() && !found.isDirectory()) throw usageError(`${file} is neither a file nor a folder, and a linked file is a file`)
    const bytes = await readFile(file)
    return { size: bytes.length, sum: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    if (error instanceof ShipitError) throw error
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw usageError(code === 'EISDIR' ? `${file} is a folder, and a linked file is a file` : `${file} cannot be read: ${message}`, {
      cause: error,
    })
  }
}
