import { chmod, copyFile, lstat, mkdir, open, rename, rm, symlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { createGunzip } from 'node:zlib'
import { pipeline } from 'node:stream/promises'
import type { Bin } from '../shell/bytes.ts'
import type { DownloadSpec } from '../shell/transfer-types.ts'
import { count } from '../values/count.ts'
import { ShipitError } from '../values/errors.ts'
import { NEW_FILE_MODE } from '../values/layout.ts'
import { humanSize } from '../values/human-size.ts'
import type { Dialogue } from './dialogue.ts'
import { localName, readOffer, wanted, type Offer, type Wanted, type Wishes } from './offer.ts'
import { makeStage, removeLeftovers } from './download-stage.ts'
import { readArchive, type ArchiveEntry } from './untar.ts'
import type { OnProgress } from './upload.ts'

/** Files that have arrived beside their places. */
export interface Received {
  /** Puts them in place. Resolves with what was done, in words. */
  commit(): Promise<string>
  /** Removes them. */
  discard(): Promise<void>
}

/**
 * Compares and fetches files from the program that `download()` runs on a host. Resolves when all have arrived. Rejects with a ShipitError
 * for what is wrong here or there, before anything has changed.
 */
export const receiveFiles = async (
  { to, base = '.', exclude, ownMode }: DownloadSpec,
  dialogue: Dialogue,
  progress: OnProgress,
): Promise<Received> => {
  const target = resolve(base, to)
  const offer = await readOffer(dialogue, exclude)
  const dir = offer.kind === 'file' ? dirname(target) : target
  const place = (name: Bin): string => (offer.kind === 'file' ? target : join(dir, localName(name)))
  const found = await wanted(offer, place, dialogue)
  const wants = ownMode ? await withOwnModes(found, place) : found
  const { fetch } = wants
  if (fetch.length === 0) {
    if (offer.kind === 'folder') await mkdir(dir, { recursive: true })
    await dialogue.send(Buffer.from('done\n'))
    return { commit: async () => finish(offer, wants, place, undefined), discard: async () => {} }
  }
  await mkdir(dir, { recursive: true })
  await removeLeftovers(dir)
  const stage = await makeStage(dir)
  const discard = (): Promise<void> => rm(stage, { recursive: true, force: true })
  try {
    const names = fetch.map(({ name }) => name)
    await unpack(dialogue.stream(`give\n${names.join('\n')}\n\n\n`), stage, fetch, progress)
  } catch (error) {
    await discard()
    throw error
  }
  const commit = async (): Promise<string> => {
    try {
      return await finish(offer, wants, place, stage)
    } finally {
      await discard()
    }
  }
  return { discard, commit }
}

/** Reads the archive into files that are named by their number. Rejects unless all of them arrive whole. */
const unpack = async (source: AsyncIterable<Buffer>, stage: string, fetch: readonly Wanted[], progress: OnProgress): Promise<void> => {
  const numbers = new Map(fetch.map(({ name }, i) => [name, i]))
  const total = fetch.reduce((sum, { size }) => sum + size, 0)
  let done = 0
  let file: FileHandle | undefined
  const entry = async ({ name, kind, target }: ArchiveEntry): Promise<void> => {
    await file?.close()
    file = undefined
    const number = numbers.get(name)
    const asked = number === undefined ? undefined : fetch[number]
    const twin = kind === 'twin' ? fetch.findIndex((one) => one.name === target) : -1
    if (asked === undefined || (twin < 0 && kind !== asked.kind) || (kind === 'link' && target !== asked.target))
      throw new ShipitError(`${JSON.stringify(name)} changed on the host while it was sent`, {
        hint: 'run it again when nothing writes to it',
      })
    numbers.delete(name)
    if (twin >= 0) await copyFile(join(stage, String(twin)), join(stage, String(number)))
    else if (kind === 'link') await symlink(Buffer.from(target, 'latin1'), join(stage, String(number)))
    else file = await open(join(stage, String(number)), 'wx', 0o600)
  }
  const piece = async (bytes: Buffer): Promise<void> => {
    await writeAll(file!, bytes)
    progress(Math.min((done += bytes.length), total), total)
  }
  const read = async (bytes: AsyncIterable<Buffer>): Promise<void> => {
    const complete = await readArchive(bytes, { entry, piece })
    if (!complete || numbers.size > 0) throw new ShipitError('the files did not arrive completely')
  }
  try {
    const { how, rest } = await withoutFirstLine(source)
    if (how === 'gzip') await pipeline(rest, createGunzip(), read)
    else await read(rest)
  } finally {
    await file?.close()
  }
}

const writeAll = async (file: FileHandle, bytes: Buffer): Promise<void> => {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at, bytes.length - at)).bytesWritten
}

const withoutFirstLine = async (source: AsyncIterable<Buffer>): Promise<{ readonly how: string; readonly rest: AsyncIterable<Buffer> }> => {
  const iterator = source[Symbol.asyncIterator]()
  let first = Buffer.alloc(0)
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    first = Buffer.concat([first, next.value])
    if (first.includes(10)) break
  }
  const end = first.indexOf(10)
  async function* rest(): AsyncGenerator<Buffer> {
    yield first.subarray(end + 1)
    yield* { [Symbol.asyncIterator]: () => iterator }
  }
  return { how: first.toString('latin1', 0, Math.max(0, end)), rest: rest() }
}

/** The same, with the modes that files have here. */
const withOwnModes = async (wants: Wishes, place: (name: Bin) => string): Promise<Wishes> => {
  const modeHere = async (one: Wanted): Promise<Wanted> => {
    const here = await lstat(place(one.name)).catch(() => undefined)
    return { ...one, mode: here?.isFile() ? here.mode & 0o777 : NEW_FILE_MODE }
  }
  return { ...wants, fetch: await Promise.all(wants.fetch.map(modeHere)), modes: [] }
}

const finish = async (offer: Offer, wants: Wishes, place: (name: Bin) => string, stage: string | undefined): Promise<string> => {
  for (const { name, mode } of wants.folders) {
    await mkdir(place(name), { recursive: true })
    await chmod(place(name), mode | 0o700)
  }
  for (const [i, { name, kind, mode }] of wants.fetch.entries()) {
    const from = join(stage!, String(i))
    if (kind === 'file') await chmod(from, mode)
    await rename(from, place(name))
  }
  for (const { name, mode } of wants.modes) await chmod(place(name), mode)
  const all = offer.entries.filter(({ kind }) => kind !== 'folder').length
  if (wants.fetch.length === 0) return `nothing to fetch: ${all === 1 ? 'the file is' : `all ${count(all, 'file')} are`} here`
  const bytes = wants.fetch.reduce((sum, { size }) => sum + size, 0)
  return `${wants.fetch.length === all ? count(all, 'file') : `${wants.fetch.length} of ${count(all, 'file')}`} fetched, ${humanSize(bytes)}`
}
