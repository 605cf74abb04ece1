import { toBuffer, type Bin } from '../shell/bytes.ts'
import type { Dialogue } from './dialogue.ts'

/** What is at a name on the host. */
export interface Found {
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** permission bits, with those for setuid, setgid and sticky */
  readonly mode: number
  readonly size: number
  /** `user:group` */
  readonly owner: string
}

/** The files in a folder on the host, by their names (`./a/b`, as bytes). Requests go to `shell/upload-program.ts`. */
export interface HostFiles {
  /** what there is at these names; nothing for those that do not exist */
  look(names: readonly Bin[]): Promise<ReadonlyMap<Bin, Found>>
  /** the SHA-256 of each of these files that can be read, in hex */
  sums(names: readonly Bin[]): Promise<ReadonlyMap<Bin, string>>
  /** the target of each of these links, in order */
  links(names: readonly Bin[]): Promise<readonly Bin[]>
  /** all that is in the folder: the folders, and everything else */
  list(): Promise<{ readonly folders: readonly Bin[]; readonly others: readonly Bin[] }>
  /** Says what to do with names, each line with a word before its name. The archive follows, if there is one. */
  take(how: 'plain' | 'gzip' | 'none' | 'stream', lines: readonly Bin[]): Promise<void>
  /** Nothing is to be done. */
  done(): Promise<void>
}

/** Waits until the program has begun, and tells it what it is about to take. */
export const openHostFiles = async (dialogue: Dialogue, kind: 'file' | 'folder'): Promise<HostFiles> => {
  await dialogue.ask('')
  let first = `${kind}\n`
  const ask = (request: string, end?: string): Promise<string> => {
    const text = first + request
    first = ''
    return dialogue.ask(text, end)
  }
  const about = async (what: string, names: readonly Bin[]): Promise<readonly Bin[]> => {
    if (names.length === 0) return []
    // two empty lines: busybox's sed reads one line ahead
    const answer = await ask(`${what}\n${names.join('\n')}\n\n\n`)
    return answer === '' ? [] : answer.split('\n')
  }
  return {
    look: async (names) => new Map((await about('look', names)).flatMap(parseFound)),
    sums: async (names) => new Map((await about('sums', names)).flatMap(parseSum)),
    links: (names) => about('links', names),
    list: async () => {
      const [folders = '', others = ''] = (await ask('list\n', '\0\0.\n')).split('\0\0')
      const names = (text: string): readonly Bin[] => text.split('\0').filter((name) => name !== '' && name !== '.')
      return { folders: names(folders), others: names(others) }
    },
    take: async (how, lines) => dialogue.send(toBuffer(`${first}take ${how}\n${lines.map((line) => `${line}\n`).join('')}.\n`)),
    done: () => dialogue.send(toBuffer(`${first}done\n`)),
  }
}

const KINDS: Readonly<Record<number, Found['kind']>> = { 0o100000: 'file', 0o040000: 'folder', 0o120000: 'link' }

export const parseFound = (line: string): readonly (readonly [Bin, Found])[] => {
  const [, mode, size, owner, name] = /^([0-9a-f]+) (\d+) (.*?) (\.\/.+)$/s.exec(line) ?? []
  if (name === undefined) return []
  const bits = Number.parseInt(mode!, 16)
  return [[name, { kind: KINDS[bits & 0o170000] ?? 'other', mode: bits & 0o7777, size: Number(size), owner: owner! }]]
}

/** A line of sha256sum. If it begins with a backslash, backslashes in the name are doubled (GNU). */
export const parseSum = (line: string): readonly (readonly [Bin, string])[] => {
  const [, escaped, sum, name] = /^(\\?)([0-9a-f]{64}) [ *](.+)$/s.exec(line) ?? []
  return name === undefined ? [] : [[escaped === '' ? name : name.replaceAll('\\\\', '\\'), sum!]]
}
