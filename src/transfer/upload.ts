import { createGzip } from 'node:zlib'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { UploadSpec } from '../shell/transfer-types.ts'
import { humanSize } from '../values/human-size.ts'
import { usageError } from '../values/errors.ts'
import { count } from '../values/count.ts'
import { compressible, FAST } from './compressible.ts'
import { decide, type Decision } from './decide.ts'
import type { Dialogue } from './dialogue.ts'
import { openHostFiles } from './host-files.ts'
import { contentTree, localTree, nameOf, type Entry, type LocalTree } from './local-tree.ts'
import { sendStream } from './send-stream.ts'
import { archive } from './tar.ts'

/** How many bytes of the files have been sent, of how many; undefined: not known before the end. */
export type OnProgress = (done: number, total: number | undefined) => void

/** The files of an upload, as they are now. Throws a ShipitError (usage) if they cannot be sent. */
export const treeOf = async ({ from, content, base = '.', to, exclude, mode, umask }: UploadSpec): Promise<LocalTree> => {
  if (content?.kind === 'bytes') return contentTree(content.bytes, { mode, umask, name: nameOf(to) })
  return localTree(resolve(base, from), { exclude, mode, umask, name: nameOf(to) })
}

/** What an upload did, in words. */
export interface Sent {
  readonly text: string
  /** of a linked file that was sent: what everybody should know once it is in place */
  readonly notice?: string
}

/**
 * Compares and sends files to the program that `upload()` runs on a host. Resolves with what was done, once everything has been sent; the
 * program ends when it is in place. Rejects with a ShipitError for what is wrong here or there, before anything has changed.
 */
export const sendFiles = async (spec: UploadSpec, dialogue: Dialogue, progress: OnProgress): Promise<Sent> => {
  if (spec.content?.kind === 'stream')
    return { text: await sendStream(spec, spec.content.open, dialogue, (done) => progress(done, undefined)) }
  const tree = await treeOf(spec)
  if (spec.linked !== undefined && tree.kind !== 'file') throw usageError(`${spec.from} is a folder, and a linked file is a file`)
  const host = await openHostFiles(dialogue, tree.kind)
  const decision = await decide(tree, spec, host)
  const { send } = decision
  const stamp = new Date().toISOString().replaceAll(/\D/g, '')
  const lines = decision.replaced.length > 0 && spec.linked !== undefined ? [...decision.lines, `k ${stamp}`] : decision.lines
  if (send.length === 0) {
    // an empty folder is made, too
    if (lines.length > 0 || tree.entries.length === 0) await host.take('none', lines)
    else await host.done()
    dialogue.finish()
    return { text: summary(tree, decision) }
  }
  const total = bytesOf(send)
  const how = total > SMALL && !(await compressible(send)) ? 'plain' : 'gzip'
  await host.take(how, lines)
  let done = 0
  const pieces = archive(send, (bytes) => progress((done += bytes), total))
  const sending = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const piece of source) await dialogue.send(piece)
  }
  if (how === 'plain') await sending(pieces)
  else await pipeline(pieces, createGzip(FAST), sending)
  dialogue.finish()
  return { text: summary(tree, decision), ...(spec.linked === undefined ? {} : { notice: linkedNotice(spec, decision, stamp) }) }
}

const linkedNotice = ({ to, linked }: UploadSpec, { replaced }: Decision, stamp: string): string =>
  replaced.length === 0 ? `${to} was missing, and was sent` : `${to} differed, and was replaced; the one before is ${linked!.keep}.${stamp}`

/** Less than this is compressed without a look. */
const SMALL = 64 * 1024
const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, { size }) => sum + size, 0)

/** `3 of 12 files sent, 1.2 MB; 2 removed` */
const summary = ({ entries }: LocalTree, { send, removed, adjusted }: Decision): string => {
  const all = entries.filter(({ kind }) => kind !== 'folder').length
  const sent =
    send.length === 0
      ? `nothing to send: ${all === 1 ? 'the file is' : `all ${count(all, 'file')} are`} there`
      : `${send.length === all ? count(all, 'file') : `${send.length} of ${count(all, 'file')}`} sent, ${humanSize(bytesOf(send))}`
  return [sent, removed > 0 ? `${removed} removed` : '', adjusted > 0 ? `the mode or owner of ${adjusted} changed` : '']
    .filter((part) => part !== '')
    .join('; ')
}

/** What a plan shows of the files of an upload: how many and how large, and a line for each. */
export const describe = ({ entries }: LocalTree): UploadSpec['summary'] & {} => {
  const files = entries.filter(({ kind }) => kind !== 'folder')
  return {
    size: `${count(files.length, 'file')}, ${humanSize(bytesOf(files))}`,
    files: files.map(({ name, size, target }) => `${name.slice(2)} ${target === undefined ? `(${humanSize(size)})` : `-> ${target}`}`),
  }
}
