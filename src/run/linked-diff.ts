import { readFile } from 'node:fs/promises'
import { linkedStates, parseLinkedStates, type LinkedState } from '../facts/linked-states.ts'
import type { Host } from '../inventory/types.ts'
import { withDefaults } from '../plan/command-defaults.ts'
import { pathsOf } from '../plan/context.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { LinkedSource } from '../tasks/linked-source.ts'
import { count } from '../values/count.ts'
import type { Path } from '../values/path.ts'
import { diffKeys, diffLines, hasKeys, type KeyDiff } from './linked-content.ts'
import { localState, type LocalState } from './linked-local.ts'
import { lookAtHosts, type Look, type LookRequest } from './look.ts'
import { probe } from './probe.ts'
import type { RunState } from './state.ts'

export { stateProblem } from '../facts/linked-states.ts'

interface DiffRequest extends LookRequest {
  readonly sources: readonly LinkedSource[]
  /** show what is in the files */
  readonly content: boolean
  /** a difference is exit code 1 */
  readonly check: boolean
}

/** One file on one host, compared with the one here. */
export interface HostFile {
  readonly host: string
  /** `same`, `differs`, or why it cannot be compared: `unread` also if the host could not be read */
  readonly state: 'same' | 'differs' | Exclude<LinkedState['what'], 'file'>
  readonly link: boolean
  readonly size: number | undefined
  readonly keys: KeyDiff | undefined
  /** what is in the files, if that was asked for: `-` is there, `+` here */
  readonly lines: readonly string[] | undefined
}
export interface FileDiff {
  readonly path: string
  readonly from: string
  /** undefined: this machine has no such file */
  readonly here: LocalState | undefined
  readonly hosts: readonly HostFile[]
}
export interface LinkedDiff {
  readonly application: string
  readonly stage: string
  readonly files: readonly FileDiff[]
  /** hosts that could not be read */
  readonly unread: readonly string[]
  readonly differs: boolean
  readonly headline: string
}

/** Compares linked files with those of this machine. What is in them does not leave this process unless `content` asks for it. */
export const diffLinked = (request: DiffRequest): Promise<{ readonly exit: number; readonly result: LinkedDiff }> => {
  const { stage, sources, hosts, check } = request
  const names = sources.map(({ path }) => path)
  const paths = pathsOf(stage, undefined)
  return lookAtHosts(
    request,
    'linked:diff',
    () => ({ commands: [linkedStates(names, paths)] }),
    async ({ state, looks }) => {
      const here = new Map(await Promise.all(sources.map(async (source) => [source, await localState(source.file)] as const)))
      const found = await Promise.all(looks.map((look) => compare(state, look, here, request)))
      const files = sources.map((source, i): FileDiff => ({
        path: source.path,
        from: source.from,
        here: here.get(source),
        hosts: found.map((one) => one[i]!),
      }))
      const unread = hosts.filter((host) => !looks.some((look) => look.host === host)).map(({ name }) => name)
      const differing = files.filter((file) => file.hosts.some((one) => one.state !== 'same'))
      const differs = differing.length > 0 || unread.length > 0
      const headline =
        differing.length > 0
          ? `${differing.length} of ${count(files.length, 'linked file')} ${differing.length === 1 ? 'is' : 'are'} not the same as here`
          : looks.length === 0
            ? 'no host could be read'
            : `${count(files.length, 'linked file')} ${files.length === 1 ? 'is' : 'are'} the same here and on ${count(looks.length, 'host')}`
      const result = { application: stage.application, stage: stage.name, files, unread, differs, headline }
      return { result, headline, refused: check && differs }
    },
  )
}

/** Larger files are compared by their checksums alone. */
const MOST_BYTES = 256 * 1024

const compare = async (
  state: RunState,
  { host, answers: [answer] }: Look,
  here: ReadonlyMap<LinkedSource, LocalState | undefined>,
  request: DiffRequest,
): Promise<readonly HostFile[]> => {
  const sources = [...here.keys()]
  const states = parseLinkedStates(
    answer!.stdout,
    sources.map(({ path }) => path),
  )
  const open = sources.filter((source) => {
    const [there, local] = [states.get(source.path), here.get(source)]
    if (there?.what !== 'file' || local === undefined || there.sum === local.sum) return false
    return (request.content || hasKeys(source.path)) && Math.max(there.size!, local.size) <= MOST_BYTES
  })
  const texts = await readTexts(state, host, open, request)
  return Promise.all(
    sources.map(async (source): Promise<HostFile> => {
      const there = states.get(source.path) ?? { what: 'unread' as const, link: false }
      const what = there.what !== 'file' ? there.what : there.sum === here.get(source)?.sum ? 'same' : 'differs'
      const text = texts.get(source)
      const local = text === undefined ? '' : await readFile(source.file, 'utf8')
      return {
        host: host.name,
        state: what,
        link: there.link,
        size: there.size,
        keys: text === undefined ? undefined : await diffKeys(source.path, text, local),
        lines: text === undefined || !request.content ? undefined : diffLines(text, local),
      }
    }),
  )
}

/** The contents of these files on a host. They are in no event. */
const readTexts = async (
  state: RunState,
  host: Host,
  sources: readonly LinkedSource[],
  { stage, interrupt }: DiffRequest,
): Promise<ReadonlyMap<LinkedSource, string>> => {
  if (sources.length === 0) return new Map()
  const { shared } = pathsOf(stage, undefined)
  const commands = sources.map(({ path }) => withDefaults(asDigits(shared.join(path)), stage, host))
  const answers = await probe(state, host, commands, { signal: interrupt.signal })
  return new Map(sources.flatMap((source, i) => (answers[i]!.ok ? [[source, fromDigits(answers[i]!.stdout)] as const] : [])))
}

/** As digits, so that any bytes arrive as they are. */
const asDigits = (file: Path): Command => sh`od -An -v -tx1 < ${file}`.title(`read ${String(file)}`)

const fromDigits = (digits: string): string => Buffer.from(digits.replaceAll(/\s+/g, ''), 'hex').toString('utf8')
