import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashHost } from '../host-pattern.ts'
import { keyType, parseKnownHosts, type KnownHost } from './known-hosts.ts'

/** All entries of several known_hosts files, as they are now; a missing file has none. */
export const readKnownHosts = (files: readonly string[]): KnownHost[] =>
  files.flatMap((file) => {
    try {
      // an error costs more than this look, and most files of ssh's list are missing
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return []
      return entriesOf(file, readFileSync(file, 'latin1'))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return []
      throw error
    }
  })

/** The entries of a file with this text. Each host reads the files twice, and as long as they are the same, they are parsed once. */
const entriesOf = (file: string, text: string): readonly KnownHost[] => {
  const known = parsed.get(file)
  if (known?.text === text) return known.entries
  const entries = parseKnownHosts(text, file)
  parsed.set(file, { text, entries })
  return entries
}
const parsed = new Map<string, { readonly text: string; readonly entries: readonly KnownHost[] }>()

/** Appends one line to a known_hosts file. Creates the file (0600) and its folder (0700) if needed. */
export const addKnownHost = (file: string, name: string, key: Buffer, options: { hash: boolean }): void => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const line = `${options.hash ? hashHost(name) : name} ${keyType(key)} ${key.toString('base64')}\n`
  // a+ is O_APPEND: two processes that write at once do not overwrite each other
  const handle = openSync(file, 'a+', 0o600)
  try {
    writeSync(handle, endsWithNewline(handle) ? line : `\n${line}`)
  } finally {
    closeSync(handle)
  }
}

const endsWithNewline = (handle: number): boolean => {
  const { size } = fstatSync(handle)
  if (size === 0) return true
  const last = Buffer.alloc(1)
  return readSync(handle, last, 0, 1, size - 1) === 0 || last[0] === 0x0a
}
