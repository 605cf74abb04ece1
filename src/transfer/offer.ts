import { lstat, readlink } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path/posix'
import type { Bin } from '../shell/bytes.ts'
import { ShipitError } from '../values/errors.ts'
import { checksum } from './checksums.ts'
import type { Dialogue } from './dialogue.ts'
import { excluder } from './exclude.ts'
import { parseFound, parseSum } from './host-files.ts'

/** A file, folder or link that a host has. */
export interface Wanted {
  /** `./a/b`, as bytes */
  readonly name: Bin
  readonly kind: 'file' | 'folder' | 'link'
  readonly mode: number
  readonly size: number
  /** of a link, as bytes */
  readonly target?: Bin
}

export interface Offer {
  readonly kind: 'file' | 'folder'
  /** folders come before what is in them */
  readonly entries: readonly Wanted[]
}

/** What there is to do on this machine. */
export interface Wishes {
  /** files and links that are missing or differ */
  readonly fetch: readonly Wanted[]
  readonly folders: readonly Wanted[]
  /** files that only have another mode */
  readonly modes: readonly Wanted[]
}

/** What the host has at the place of a download. Throws a ShipitError for what cannot be fetched. */
export const readOffer = async (dialogue: Dialogue, exclude: readonly string[]): Promise<Offer> => {
  const [kind, ...lines] = (await dialogue.ask('')).split('\n')
  const excluded = excluder(exclude)
  const found = lines.flatMap((line) => {
    const parsed = parseFound(line)
    if (parsed.length === 0 && line !== '' && !line.endsWith(' .'))
      throw new ShipitError(`a name on the host has a line break, and cannot be fetched: ${JSON.stringify(line)}`)
    return parsed
  })
  const entries = found.flatMap(([name, { kind, mode, size }]): readonly Wanted[] => {
    if (name === '.' || excluded(localName(name))) return []
    if (Buffer.from(Buffer.from(name, 'latin1').toString()).toString('latin1') !== name)
      throw new ShipitError(`a name on the host is not UTF-8, and cannot be fetched: ${JSON.stringify(localName(name))}`, {
        hint: 'exclude it',
      })
    if (kind === 'other')
      throw new ShipitError(`on the host, ${localName(name)} is neither a file, a folder nor a link`, { hint: 'exclude it' })
    return [{ name, kind, mode: mode & 0o777, size: kind === 'file' ? size : 0 }]
  })
  entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { kind: kind === 'file' ? 'file' : 'folder', entries: await withTargets(entries, dialogue) }
}

export const localName = (name: Bin): string => Buffer.from(name, 'latin1').toString().slice(2)

const about = async (dialogue: Dialogue, what: string, names: readonly Bin[]): Promise<readonly Bin[]> => {
  if (names.length === 0) return []
  const answer = await dialogue.ask(`${what}\n${names.join('\n')}\n\n\n`)
  return answer === '' ? [] : answer.split('\n')
}

/** The entries, with the targets of links. Throws a ShipitError for a link that leads out. */
const withTargets = async (entries: readonly Wanted[], dialogue: Dialogue): Promise<readonly Wanted[]> => {
  const links = entries.filter(({ kind }) => kind === 'link')
  const targets = await about(
    dialogue,
    'links',
    links.map(({ name }) => name),
  )
  return entries.map((entry) => {
    if (entry.kind !== 'link') return entry
    const target = targets.length === links.length ? targets[links.indexOf(entry)]! : '/'
    if (target.startsWith('/') || normalize(join(dirname(entry.name), target)).startsWith('..'))
      throw new ShipitError(
        `on the host, ${localName(entry.name)} is a link to ${target}, which is outside of the folder that is fetched`,
        {
          hint: 'exclude it, and fetch what it leads to by a download of its own',
        },
      )
    return { ...entry, target }
  })
}

/** Compares an offer with what is here. Throws a ShipitError if something in the way would have to be removed, or leads elsewhere. */
export const wanted = async ({ entries }: Offer, place: (name: Bin) => string, dialogue: Dialogue): Promise<Wishes> => {
  const here = new Map<Wanted, Awaited<ReturnType<typeof lstat>> | undefined>()
  for (const entry of entries) here.set(entry, await statAt(entry, place(entry.name)))
  const candidates = entries.filter((entry) => entry.kind === 'file' && here.get(entry)?.isFile() && here.get(entry)!.size === entry.size)
  const sums = new Map(
    (
      await about(
        dialogue,
        'sums',
        candidates.map(({ name }) => name),
      )
    ).flatMap(parseSum),
  )
  const same = new Set<Wanted>()
  for (const entry of candidates) {
    const { mtimeMs } = here.get(entry)!
    if (sums.get(entry.name) === (await checksum({ at: place(entry.name), size: entry.size, changed: Number(mtimeMs) }))) same.add(entry)
  }
  for (const entry of entries)
    if (entry.kind === 'link' && here.get(entry)?.isSymbolicLink() && (await readlink(place(entry.name), 'latin1')) === entry.target)
      same.add(entry)
  return {
    fetch: entries.filter((entry) => entry.kind !== 'folder' && !same.has(entry)),
    folders: entries.filter((entry) => entry.kind === 'folder' && !here.get(entry)),
    modes: entries.filter((entry) => entry.kind === 'file' && same.has(entry) && (Number(here.get(entry)!.mode) & 0o777) !== entry.mode),
  }
}

/** What is in the place of an entry here. A folder is gone into only if it is a real one; a file replaces a file or a link. */
const statAt = async ({ kind, name }: Wanted, at: string) => {
  const found = await lstat(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new ShipitError(`${at} cannot be read: ${error.message}`, { cause: error })
  })
  if (found === undefined || found.isDirectory() === (kind === 'folder')) {
    if (found === undefined || kind === 'folder' || found.isFile() || found.isSymbolicLink()) return found
  } else if (kind !== 'folder' && found.isSymbolicLink()) return found
  throw new ShipitError(`${at} is in the way of the ${kind} ${localName(name)} of the host; nothing was changed`, {
    hint: found.isSymbolicLink() ? 'download() writes nothing through links: remove it, or exclude it' : 'move it away, or exclude it',
  })
}
