import { open } from 'node:fs/promises'
import { createGzip } from 'node:zlib'
import type { Entry } from './local-tree.ts'

/** The fastest level: more would take longer than it saves on all but the slowest lines. */
export const FAST = { level: 1, chunkSize: 128 * 1024 }

const SAMPLE = 32 * 1024
const SAMPLES = 8

/** Whether the files get smaller by a tenth or more: samples from the middle of the largest ones tell. */
export const compressible = async (entries: readonly Entry[]): Promise<boolean> => {
  const largest = entries
    .filter(({ size }) => size > 0)
    .sort((a, b) => b.size - a.size)
    .slice(0, SAMPLES)
  let [before, after] = [0, 0]
  for (const entry of largest) {
    const sample = await middleOf(entry)
    const weight = entry.size / Math.max(1, sample.length)
    before += sample.length * weight
    after += (await deflated(sample)) * weight
  }
  return after < 0.9 * before
}

/** The same of the beginning of a stream. */
export const compressibleBytes = async (bytes: Buffer): Promise<boolean> => {
  const sample = bytes.subarray(0, SAMPLE)
  return (await deflated(sample)) < 0.9 * sample.length
}

const middleOf = async ({ at, size, bytes }: Entry): Promise<Uint8Array> => {
  const start = Math.max(0, Math.floor((size - SAMPLE) / 2))
  if (bytes !== undefined) return bytes.subarray(start, start + SAMPLE)
  const file = await open(at, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SAMPLE), 0, SAMPLE, start)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

const deflated = async (bytes: Uint8Array): Promise<number> => {
  let length = 0
  const stream = createGzip(FAST)
  stream.end(bytes)
  for await (const piece of stream) length += (piece as Buffer).length
  return length
}
