import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { SettledLinkedFile } from '../settings/linked-file.ts'
import type { LinkedSource } from '../tasks/linked-source.ts'
import { normalizedPath } from './linked-paths.ts'

/** The linked files that this machine has, too: those that the config gives as objects. `config`: the file, absolute. */
export const linkedSources = (files: readonly (string | SettledLinkedFile | undefined)[], config: string): readonly LinkedSource[] =>
  files.flatMap((one) => {
    if (one === undefined || typeof one === 'string') return []
    const { from = one.path, upload = false, mode } = one
    return [{ path: normalizedPath(one.path), from, file: localFile(from, dirname(config)), upload, mode }]
  })

/** `~` is the home of whoever runs shipit. */
const localFile = (from: string, base: string): string => (from.startsWith('~/') ? join(homedir(), from.slice(2)) : resolve(base, from))
