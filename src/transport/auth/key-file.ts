import { readFile } from 'node:fs/promises'
import type { ParsedKey } from 'ssh2'
import { typed } from '../../shell/typed.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { strings } from './agent.ts'
import { fromPkcs8, keyText, kindOf, kindOfType, publicTypeOf, type Unusable } from './key-formats.ts'

type ParseKey = typeof import('ssh2').utils.parseKey

export interface KeyFile {
  readonly file: string
  /** the public half; undefined if only the passphrase would reveal it */
  readonly blob: Buffer | undefined
  /** undefined for a public key alone, which is useful only with an agent, and for an unusable file */
  readonly unlock: ((ask: AskPassphrase | undefined) => Promise<ParsedKey>) | undefined
  /** a passphrase is still needed */
  readonly locked: () => boolean
  /** why it cannot be used */
  readonly unusable: Unusable | undefined
  /** the file holds only a public key; an agent may hold the private one */
  readonly publicOnly: boolean
}

export type AskPassphrase = (file: string) => Promise<string>

/** Reads a private (or public) key file. Returns undefined if it does not exist. Never asks for a passphrase. */
export const readKeyFile = async (file: string, parseKey: ParseKey): Promise<KeyFile | undefined> => {
  let content: string
  try {
    content = keyText(await readFile(file))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return nothing(file, unreadable(file, code))
  }
  const type = publicTypeOf(publicBlob(content), content)
  const wrong = kindOfType(type)
  if (wrong) return nothing(file, wrong)
  const parsed = parse(content, parseKey)
  if (!(parsed instanceof Error)) {
    const dated = kindOfType(parsed.type)
    if (dated) return nothing(file, dated)
    const blob = parsed.getPublicSSH()
    const secret = parsed.isPrivateKey()
    return { ...nothing(file), blob, unlock: secret ? async () => parsed : undefined, publicOnly: !secret }
  }
  if (!/passphrase/i.test(parsed.message)) return nothing(file, kindOf(file, content))
  const blob = publicBlob(content) ?? (await publicFile(`${file}.pub`, parseKey))
  return { ...nothing(file), blob, unlock: (ask) => unlock(file, content, parseKey, ask), locked: () => !unlocked.has(file) }
}

const nothing = (file: string, unusable?: Unusable): KeyFile => ({
  file,
  blob: undefined,
  unlock: undefined,
  locked: () => false,
  unusable,
  publicOnly: false,
})

const unreadable = (file: string, code: string | undefined): Unusable => {
  if (code === 'EISDIR') return { is: 'a folder', remedy: `name the key in it: ls ${typed(file)}` }
  return { is: `not readable by you (${code})`, remedy: `sudo chown "$(id -u)" ${typed(file)} && chmod 600 ${typed(file)}` }
}

/** Uses ssh2's parser, and Node's for PKCS#8, which ssh2 does not know. */
const parse = (content: string, parseKey: ParseKey, passphrase?: string): ParsedKey | Error => {
  const other = fromPkcs8(content, passphrase)
  if (other instanceof Error) return other
  return one(parseKey(other ?? content, other === undefined ? passphrase : undefined))
}

/** One unlock per key file in this process, however many hosts wait for it. */
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
    const parsed = parse(content, parseKey, await ask(file))
    if (!(parsed instanceof Error)) {
      unlocked.add(file)
      return parsed
    }
  }
  throw new ShipitError(`three wrong passphrases for ${file}`, {
    exit: EXIT.unreachable,
    hint: `put the key into your agent: ssh-add ${typed(file)}`,
  })
}

export const lockedError = (file: string): ShipitError =>
  new ShipitError(`${file} is encrypted, and there is no terminal to ask for its passphrase`, {
    exit: EXIT.unreachable,
    hint: `put the key into an agent first (ssh-add ${typed(file)}), or use a key without a passphrase here`,
  })

const one = (parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error =>
  Array.isArray(parsed) ? (parsed[0] ?? new Error('the file holds no key')) : parsed

const publicFile = async (file: string, parseKey: ParseKey): Promise<Buffer | undefined> => {
  const content = await readFile(file, 'latin1').catch(() => undefined)
  const parsed = content === undefined ? undefined : one(parseKey(content))
  return parsed === undefined || parsed instanceof Error ? undefined : parsed.getPublicSSH()
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
