import { bin, type Bin } from '../shell/bytes.ts'
import type { UploadSpec } from '../shell/transfer-types.ts'
import { ShipitError } from '../values/errors.ts'
import { checksum } from './checksums.ts'
import { NEW_FILE_MODE } from '../values/layout.ts'
import { excluder } from './exclude.ts'
import type { Found, HostFiles } from './host-files.ts'
import type { Entry, LocalTree } from './local-tree.ts'

/** What an upload does on one host. */
export interface Decision {
  /** what is there already, of what is sent */
  readonly replaced: readonly Entry[]
  /** what is sent: files and links */
  readonly send: readonly Entry[]
  /** for `take` of HostFiles */
  readonly lines: readonly Bin[]
  /** how many files and links are removed */
  readonly removed: number
  /** how many stay, and get another mode or owner */
  readonly adjusted: number
}

type Wishes = Pick<UploadSpec, 'delete' | 'exclude' | 'owner' | 'when' | 'to' | 'mode' | 'linked'>

/** Compares a tree with what the host has. Throws a ShipitError if something in the way would have to be removed, or leads elsewhere. */
export const decide = async (given: LocalTree, wishes: Wishes, host: HostFiles): Promise<Decision> => {
  const found = await host.look(given.entries.map(({ name }) => bin(name)))
  const at = (entry: Entry): Found | undefined => found.get(bin(entry.name))
  const tree = wishes.linked === undefined ? given : linkedFile(given, wishes, at)
  for (const entry of tree.entries) checkPlace(entry, at(entry), wishes.to)
  const kept = wishes.when === 'missing' ? tree.entries.filter(at) : []
  const wanted = tree.entries.filter((entry) => !kept.includes(entry))
  const same = await identical(wanted, at, host)
  const send = wanted.filter((entry) => entry.kind !== 'folder' && !same.has(entry))
  const folders = wanted.filter((entry) => entry.kind === 'folder' && !at(entry))
  const staying = wanted.filter((entry) => entry.kind === 'file' && same.has(entry))
  const modes = staying.filter((entry) => (at(entry)!.mode & 0o777) !== entry.mode)
  const owned = wishes.owner === undefined ? [] : [...folders, ...staying.filter((entry) => !isOwner(at(entry)!, wishes.owner!))]
  const extra = wishes.delete && tree.kind === 'folder' ? await superfluous(tree, wishes, host) : { folders: [], others: [] }
  const line = (word: string) => (entry: Entry) => `${word} ${bin(entry.name)}`
  return {
    replaced: send.filter(at),
    send,
    removed: extra.others.length,
    adjusted: new Set([...modes, ...owned]).size - folders.filter((entry) => owned.includes(entry)).length,
    lines: [
      ...folders.map(line('d')),
      ...owned.map(line('own')),
      ...[...folders, ...modes].map((entry) => line(`m ${entry.mode.toString(8).padStart(4, '0')}`)(entry)),
      ...extra.others.map((name) => `r ${name}`),
      // the inner ones first
      ...[...extra.folders].sort((a, b) => b.length - a.length).map((name) => `rd ${name}`),
    ],
  }
}

/** A linked file keeps the mode that it has on the host. Throws a ShipitError if a link is in its place, which only a person can have made. */
const linkedFile = (tree: LocalTree, { mode, when, to }: Wishes, at: (entry: Entry) => Found | undefined): LocalTree => ({
  ...tree,
  entries: tree.entries.map((entry) => {
    const found = at(entry)
    if (found?.kind === 'link' && when === 'changed')
      throw new ShipitError(`on the host, ${to} is a link, which shipit neither follows nor replaces; nothing was changed`, {
        hint: 'put the file itself in its place, or write to where it leads by hand',
      })
    return mode === undefined ? { ...entry, mode: found?.kind === 'file' ? found.mode & 0o777 : NEW_FILE_MODE } : entry
  }),
})

/** A folder is gone into only if it is a real one; a file replaces a file or a link, and nothing else. */
export const checkPlace = (entry: Pick<Entry, 'kind' | 'name' | 'at'>, found: Found | undefined, to: string): void => {
  if (found === undefined || (entry.kind === 'folder' ? found.kind === 'folder' : found.kind === 'file' || found.kind === 'link')) return
  const is = { file: 'a file', folder: 'a folder', link: 'a link', other: 'neither a file nor a folder' }[found.kind]
  const wanted = entry.kind === 'folder' ? 'a folder' : entry.kind === 'link' ? 'a link' : 'a file'
  const place = entry.name.slice(2)
  throw new ShipitError(`on the host, ${place} in ${to} is ${is}, where ${entry.at} is ${wanted}; nothing was changed`, {
    hint:
      found.kind === 'link'
        ? 'upload() writes nothing through links: exclude it, or remove the link'
        : 'remove it there, or exclude it here',
  })
}

/** Those that the host has as they are. Only files of the same size are read. */
const identical = async (entries: readonly Entry[], at: (entry: Entry) => Found | undefined, host: HostFiles): Promise<Set<Entry>> => {
  const candidates = entries.filter((entry) => entry.kind === 'file' && at(entry)?.kind === 'file' && at(entry)!.size === entry.size)
  const sums = await host.sums(candidates.map(({ name }) => bin(name)))
  const same = new Set<Entry>()
  for (const entry of candidates) if (sums.get(bin(entry.name)) === (await checksum(entry))) same.add(entry)
  const links = entries.filter((entry) => entry.kind === 'link' && at(entry)?.kind === 'link')
  const targets = await host.links(links.map(({ name }) => bin(name)))
  if (targets.length === links.length) links.forEach((link, i) => targets[i] === bin(link.target!) && same.add(link))
  return same
}

export const isOwner = ({ owner }: Found, wanted: string): boolean =>
  wanted.includes(':') ? owner === wanted : owner.split(':')[0] === wanted

/** What is in the folder and neither in the tree nor excluded. A folder stays if something in it stays. */
const superfluous = async (tree: LocalTree, { exclude, to }: Wishes, host: HostFiles): ReturnType<HostFiles['list']> => {
  // an empty folder is more likely a build that failed than a wish to remove everything
  if (tree.entries.every(({ kind }) => kind === 'folder'))
    throw new ShipitError(`there is no file to send, and so delete would remove all that is in ${to}`, {
      hint: 'if that is what you want, remove it by a command of its own',
    })
  const excluded = excluder(exclude)
  const ours = new Set(tree.entries.map(({ name }) => bin(name)))
  const stays = (name: Bin): boolean =>
    ours.has(name) || name.startsWith('./.shipit-upload.') || excluded(Buffer.from(name, 'latin1').toString().slice(2))
  const { folders, others } = await host.list()
  const own = folders.find((name) => /(^|\/)\.shipit$/.test(name))
  if (own !== undefined)
    throw new ShipitError(
      `${to} has ${own.slice(2)} in it, and so a deployment of shipit, which delete would remove; nothing was changed`,
      {
        hint: 'upload to a folder of its own, or leave delete out',
      },
    )
  const staying = new Set([...folders, ...others].filter(stays).flatMap(around))
  const extra = (names: readonly Bin[]): readonly Bin[] => names.filter((name) => !stays(name) && !staying.has(name))
  const broken = extra([...folders, ...others]).find((name) => /[\n\r]/.test(name))
  if (broken !== undefined)
    throw new ShipitError(`${JSON.stringify(broken)} in ${to} has a line break in its name; nothing was changed`, {
      hint: 'remove it by hand',
    })
  return { folders: extra(folders), others: extra(others) }
}

/** The folders that a name is in. */
const around = (name: Bin): readonly Bin[] => {
  const parts = name.split('/')
  return parts.slice(1, -1).map((_, i) => parts.slice(0, i + 2).join('/'))
}
