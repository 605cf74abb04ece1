import type { UploadFact } from '../facts/upload-fact.ts'
import { bin } from '../shell/bytes.ts'
import type { Command } from '../shell/types.ts'
import type { UploadState } from '../shell/transfer-types.ts'
import type { ContextInput } from '../plan/context.ts'
import { pathsOf } from '../plan/context.ts'
import type { HostFiles } from '../transfer/host-files.ts'
import type { LocalTree } from '../transfer/local-tree.ts'
import { count } from '../values/count.ts'
import { ShipitError } from '../values/errors.ts'
import { humanSize } from '../values/human-size.ts'
import { isTooMuch, MOST_BYTES, MOST_FILES, whyNotAsked } from './asked-uploads.ts'

/** What decides where an upload goes. */
export interface Place extends Pick<ContextInput, 'stage' | 'deploy'> {
  /** whether the run makes a release */
  readonly making: boolean
}

/**
 * What a host has in the place of an upload: by its facts, and by the same decision that the upload makes when it runs. `fact`: undefined if
 * the host was not asked.
 */
export const uploadState = async (command: Command, tree: LocalTree, fact: UploadFact | undefined, place: Place): Promise<UploadState> => {
  const upload = command.spec.upload!
  const { stage, deploy, making } = place
  if (making && isInNewRelease(upload.to, tree, place)) return { state: 'new release' }
  const why = whyNotAsked(command, { stage, deploy })
  if (why !== undefined) return { state: 'not known', message: why }
  if (isTooMuch(tree)) return { state: 'not compared', message: `more than ${count(MOST_FILES, 'file')}, or than ${humanSize(MOST_BYTES)}` }
  if (tree.entries.length === 0) return { state: 'not compared', message: 'there is nothing to send' }
  if (fact === undefined) return { state: 'not known', message: 'its step depends on facts' }
  if (fact.is === 'unread') return { state: 'not known', message: fact.message }
  if (fact.is === 'refused') return { state: 'refused', message: fact.message }
  if (upload.delete && fact.listed === undefined) return { state: 'not compared', message: 'there are too many files in that folder' }
  const [{ decide }, { parseFound, parseSum }] = await Promise.all([import('../transfer/decide.ts'), import('../transfer/host-files.ts')])
  try {
    const { send, replaced, removed, adjusted, lines } = await decide(tree, upload, asHostFiles(fact, { parseFound, parseSum }))
    if (send.length === 0 && lines.length === 0) return { state: 'same' }
    const bytes = send.reduce((sum, { size }) => sum + size, 0)
    const files = tree.entries.filter(({ kind }) => kind !== 'folder').length
    if (send.length === files && replaced.length === 0 && removed === 0 && adjusted === 0) return { state: 'new' }
    return { state: 'differs', changed: replaced.length, missing: send.length - replaced.length, bytes, adjusted, removed }
  } catch (error) {
    if (error instanceof NotAsked) return { state: 'not known', message: 'not all of it was read' }
    if (!(error instanceof ShipitError)) throw error
    return { state: 'refused', message: error.message.replace(/; nothing was changed$/, '') }
  }
}

/** What is in it comes with the release, except what shipit links into it. */
const isInNewRelease = (to: string, { kind, entries }: LocalTree, { stage, deploy }: Place): boolean => {
  const release = String(pathsOf(stage, deploy.release).release)
  const target = to.replace(/\/+$/, '')
  if (target !== release && !target.startsWith(`${release}/`)) return false
  const places = kind === 'file' ? [target] : [target, ...entries.map(({ name }) => `${target}/${name.slice(2)}`)]
  const linked = [...stage.linkedDirs, ...stage.linkedFiles].map((own) => `${release}/${own}`)
  return !places.some((place) => linked.some((own) => place === own || place.startsWith(`${own}/`)))
}

/** The host was not asked about this, which was not here yet, or could not answer. */
class NotAsked extends Error {}

type Parsers = Pick<typeof import('../transfer/host-files.ts'), 'parseFound' | 'parseSum'>

/** The facts, in the place of the program on the host. */
const asHostFiles = (fact: UploadFact & { readonly is: 'read' }, { parseFound, parseSum }: Parsers): HostFiles => {
  const found = new Map(fact.found.flatMap((line) => parseFound(bin(line))))
  const sums = new Map(fact.sums.flatMap((line) => parseSum(bin(line))))
  const refuse = (): never => {
    throw new Error('a plan sends nothing')
  }
  return {
    look: async () => found,
    sums: async (names) => {
      if (names.some((name) => !sums.has(name))) throw new NotAsked()
      return sums
    },
    links: async () => fact.links.map((target) => bin(target)),
    list: async () => ({
      folders: (fact.listed?.folders ?? []).map((name) => bin(name)),
      others: (fact.listed?.others ?? []).map((name) => bin(name)),
    }),
    take: refuse,
    done: refuse,
  }
}

/** `3 of 120 files differ, 1.2 MB`: what a plan says of it, after how many files there are. `all`: how many files and links are sent at most. */
export const stateText = (there: UploadState, { all, size }: { readonly all: number; readonly size: string }): string => {
  switch (there.state) {
    case 'new':
      return `new, ${size}`
    case 'new release':
      return `new with the release, ${size}`
    case 'same':
      return `same, ${size}`
    case 'differs':
      return differenceText(there, all)
    default:
      return `${size}; ${there.state}: ${there.message}`
  }
}

const differenceText = (
  { changed, missing, bytes, adjusted, removed }: UploadState & { readonly state: 'differs' },
  all: number,
): string => {
  const of = `of ${count(all, 'file')}`
  const differ = (n: number) => (n === 1 ? 'differs' : 'differ')
  const are = (n: number) => (n === 1 ? 'is missing' : 'are missing')
  const sent =
    changed > 0 && missing > 0
      ? `${changed} ${of} ${differ(changed)} and ${missing} ${are(missing)}, ${humanSize(bytes)}`
      : changed > 0
        ? `${changed} ${of} ${differ(changed)}, ${humanSize(bytes)}`
        : missing > 0
          ? `${missing} ${of} ${are(missing)}, ${humanSize(bytes)}`
          : `all ${count(all, 'file')} the same`
  return [
    sent,
    removed > 0 ? `${removed} would be removed` : '',
    adjusted > 0 ? `the mode or owner of ${adjusted} ${differ(adjusted)}` : '',
  ]
    .filter((part) => part !== '')
    .join('; ')
}
