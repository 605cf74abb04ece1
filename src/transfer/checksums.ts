import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { Entry } from './local-tree.ts'

const known = new Map<string, Promise<string>>()

/**
 * The SHA-256 of a file, in hex. Read once for all hosts, as long as the file stays as it was listed. That of bytes is computed each time:
 * nothing shows whether their owner has changed them.
 */
export const checksum = async ({ at, size, changed, bytes }: Pick<Entry, 'at' | 'size' | 'changed' | 'bytes'>): Promise<string> => {
  if (bytes !== undefined) return createHash('sha256').update(bytes).digest('hex')
  const key = JSON.stringify([at, size, changed])
  const sum = known.get(key) ?? read(at)
  known.set(key, sum)
  // a file that could not be read may be readable the next time
  sum.catch(() => known.delete(key))
  return sum
}

const read = async (at: string): Promise<string> => {
  const hash = createHash('sha256')
  await pipeline(createReadStream(at, { highWaterMark: 256 * 1024 }), hash)
  return hash.digest('hex')
}
