import type { UploadQuestion } from '../facts/upload-fact.ts'
import type { Host } from '../inventory/types.ts'
import { withMapping } from '../plan/command-defaults.ts'
import { pathsOf, targetsOf, type ContextInput } from '../plan/context.ts'
import { stepsOf } from '../plan/trial-evaluation.ts'
import type { Command } from '../shell/types.ts'
import type { UploadSpec } from '../shell/transfer-types.ts'
import { tasksOf, type Entry } from '../tasks/order.ts'
import type { LocalTree } from '../transfer/local-tree.ts'

/** More files than this, or more bytes of them, are not compared for a plan. */
export const MOST_FILES = 2000
export const MOST_BYTES = 200_000_000

/** The questions about the uploads of a run, for each host by their keys. */
export type AskedUploads = ReadonlyMap<string, ReadonlyMap<string, UploadQuestion>>

/**
 * What hosts are to be asked for the plan of these tasks, along with their facts. Steps that depend on those facts are not known yet, and
 * neither are places that another account's home or a directory decides. The local files are listed as they are now.
 */
export const uploadQuestions = async (input: ContextInput, entries: readonly Entry[]): Promise<AskedUploads> => {
  const trees = new Map<string, Promise<LocalTree | undefined>>()
  const asked = new Map<string, ReadonlyMap<string, UploadQuestion>>()
  for (const host of input.hosts) {
    const questions = new Map<string, UploadQuestion>()
    for (const command of uploadsOn(input, entries, host)) {
      const upload = command.spec.upload!
      if (whyNotAsked(command, input) !== undefined) continue
      const local = JSON.stringify([upload.base, upload.from, upload.exclude, upload.mode, upload.umask])
      const listing = upload.content ? treeOrNot(upload) : (trees.get(local) ?? treeOrNot(upload))
      if (!upload.content) trees.set(local, listing)
      const tree = await listing
      if (tree === undefined || tree.entries.length === 0 || isTooMuch(tree)) continue
      questions.set(uploadKey(upload), questionOf(command, tree))
    }
    if (questions.size > 0) asked.set(host.name, questions)
  }
  return asked
}

/** What an upload is known by, from the question to the plan. */
export const uploadKey = ({ base, from, to, exclude, delete: removes, when }: UploadSpec): string =>
  JSON.stringify([base, from, to, exclude, removes, when])

export const isTooMuch = ({ entries }: LocalTree): boolean =>
  entries.length > MOST_FILES || entries.reduce((sum, { size }) => sum + size, 0) > MOST_BYTES

/** Why a host is not asked about an upload; undefined: it is. */
export const whyNotAsked = ({ spec: { upload, as, dir } }: Command, { stage, deploy }: Pick<ContextInput, 'stage' | 'deploy'>) => {
  const { to, sudo, content } = upload!
  if (content?.kind === 'stream') return 'how much a stream is, is known when it ends'
  if (to.startsWith('~') && (sudo || as !== undefined)) return 'it is in the home of another account'
  if (!/^[~/]/.test(to)) return dir === undefined ? 'it is a relative path' : `it is relative to ${String(dir)}`
  // the name of the release follows from what is read
  return deploy.releasing && to.startsWith(`${String(pathsOf(stage, undefined).releases)}/`) ? 'it is in a release' : undefined
}

const uploadsOn = (input: ContextInput, entries: readonly Entry[], host: Host): readonly Command[] =>
  tasksOf(entries).flatMap((task) => {
    try {
      const targets = targetsOf(input, task)
      if (targets === 'local' || !targets.includes(host) || task.def.steps === undefined) return []
      const uploads = stepsOf(input, task, host).filter(({ spec: { upload } }) => upload !== undefined && upload.linked === undefined)
      return uploads.map((command) => withMapping(command, input.stage, host))
    } catch {
      // it depends on what is read; what is wrong with it, the plan reports
      return []
    }
  })

const treeOrNot = async (upload: UploadSpec): Promise<LocalTree | undefined> => {
  const { treeOf } = await import('../transfer/upload.ts')
  // the plan reports it
  return treeOf(upload).catch(() => undefined)
}

const questionOf = ({ spec: { upload, parts } }: Command, { kind, entries }: LocalTree): UploadQuestion => ({
  to: upload!.to,
  kind,
  entries: entries.map(({ name, kind: what, size }) => ({ name, kind: what, size })),
  contents: upload!.when === 'changed',
  list: upload!.delete && kind === 'folder',
  inRelease: parts.some((part) => 'text' in part && part.text.startsWith('in_release=1')),
})
