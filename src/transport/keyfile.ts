import { readFile } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import { EXIT, ShipitError } from '../values/errors.ts'
import { strings } from './agent.ts'
import { keyType } from './knownhosts.ts'

type ParseKey = typeof import('ssh2').utils.parseKey

export interface KeyFile {
  readonly file: string
  /** its public half as a blob; undefined where only the passphrase would tell */
  readonly blob: Buffer | undefined
  /** absent: a public key alone, of use only with an agent */
  readonly unlock: ((ask: AskPassphrase | undefined) => Promise<ParsedKey>) | undefined
  /** a passphrase is still needed */
  readonly locked: () => boolean
  /** what keeps ssh2 from using it: `a FIDO key` */
  readonly unusable: string | undefined
}

export type AskPassphrase = (file: string) => Promise<string>

/** Reads a private key file (or a public one). undefined when it is not there. Never asks for a passphrase. */
export const readKeyFile = async (file: string, parseKey: ParseKey): Promise<KeyFile | undefined> => {
  let content: string
  try {
    content = await readFile(file, 'latin1')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return nothing(file, `not readable (${code})`)
  }
  const type = publicType(content)
  if (type.startsWith('sk-')) return nothing(file, 'a FIDO key')
  if (type.includes('-cert-v01')) return nothing(file, 'a certificate')
  const parsed = one(parseKey(content))
  if (!(parsed instanceof Error)) {
    const blob = parsed.getPublicSSH()
    return { file, blob, unlock: parsed.isPrivateKey() ? async () => parsed : undefined, locked: () => false, unusable: undefined }
  }
  if (!/passphrase/i.test(parsed.message)) return nothing(file, 'not a key that ssh2 reads')
  const blob = publicBlob(content) ?? (await publicFile(`${file}.pub`, parseKey))
  return { file, blob, unlock: (ask) => unlock(file, content, parseKey, ask), locked: () => !unlocked.has(file), unusable: undefined }
}

const nothing = (file: string, unusable: string): KeyFile => ({ file, blob: undefined, unlock: undefined, locked: () => false, unusable })

/** One question a key file in this process, whatever number of hosts wait for the answer. */
const asked = new Map<string, Promise<ParsedKey>>()
const unlocked = new Set<string>()

const unlock = (file: string, content: string, parseKey: ParseKey, ask: AskPassphrase | undefined): Promise<ParsedKey> => {
  const before = asked.get(file)
  if (before) return before
  if (!ask) return Promise.reject(lockedError(file))
  const answer = askFor(file, content, parseKey, ask)
  asked.set(file, answer)
  return answer
}

const askFor = async (file: string, content: string, parseKey: ParseKey, ask: AskPassphrase): Promise<ParsedKey> => {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const parsed = one(parseKey(content, await ask(file)))
    if (!(parsed instanceof Error)) {
      unlocked.add(file)
      return parsed
    }
  }
  throw new ShipitError(`three wrong passphrases for ${file}`, {
    exit: EXIT.unreachable,
    hint: `put the key into your agent: ssh-add ${file}`,
  })
}

export const lockedError = (file: string): ShipitError =>
  new ShipitError(`${file} is encrypted, and nobody can be asked for its passphrase`, {
    exit: EXIT.unreachable,
    hint: `put the key into an agent first (ssh-add ${file}), or use a key without a passphrase here`,
  })

const one = (parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error =>
  Array.isArray(parsed) ? (parsed[0] ?? new Error('the file holds no key')) : parsed

const publicFile = async (file: string, parseKey: ParseKey): Promise<Buffer | undefined> => {
  const content = await readFile(file, 'latin1').catch(() => undefined)
  const parsed = content === undefined ? undefined : one(parseKey(content))
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH()
}

const publicType = (content: string): string => {
  const blob = publicBlob(content)
  return blob ? keyType(blob) : (/^\s*((?:sk-|ssh-|ecdsa-)[\w.@-]+)\s/.exec(content)?.[1] ?? '')
}

/** The public half that an OpenSSH private key carries in the clear (openssh PROTOCOL.key): cipher, kdf, options, count, then the key. */
const publicBlob = (content: string): Buffer | undefined => {
  const match = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END/.exec(content)
  if (!match) return undefined
  try {
    const bytes = Buffer.from(match[1]!, 'base64')
    const magic = 'openssh-key-v1\0'
    if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined
    const reader = strings(bytes, magic.length)
    const header = [reader(), reader(), reader()].reduce((sum, part) => sum + 4 + part.length, magic.length)
    return strings(bytes, header + 4)()
  } catch {
    return undefined
  }
}
