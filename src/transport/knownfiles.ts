import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { hashHost } from './hostpattern.ts'
import { keyType, parseKnownHosts, type KnownHost } from './knownhosts.ts'

/** All entries of several known_hosts files; a missing file has none. */
export const readKnownHosts = (files: readonly string[]): KnownHost[] =>
  files.flatMap((file) => {
    try {
      return parseKnownHosts(readFileSync(file, 'latin1'), file)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return []
      throw error
    }
  })

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
