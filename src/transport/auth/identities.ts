import { existsSync } from 'node:fs'
import type { ParsedKey } from 'ssh2'
import { typed } from '../../shell/typed.ts'
import { agentKeys, agentSign, type AgentKey } from './agent.ts'
import { fingerprint, typeName } from '../hostkeys/verdict.ts'
import { readKeyFile, type AskPassphrase, type KeyFile } from './key-file.ts'
import { kindOfType, REPLACE, type Unusable } from './key-formats.ts'
import { keyType } from '../hostkeys/known-hosts.ts'

/** A key to log in with. */
export interface Identity {
  /** for errors: `~/.ssh/id_ed25519`, `agent key anna@laptop` */
  readonly label: string
  /** the key file, if the key comes from one */
  readonly file: string | undefined
  /** true while the passphrase is still needed */
  readonly locked: () => boolean
  readonly blob: Buffer | undefined
  /** sign at once, without asking first whether the server accepts the key: saves a round trip */
  readonly optimistic: () => boolean
  /** the public key; asks for the passphrase only if there is no other way to know it */
  key(): Promise<ParsedKey>
  sign(data: Buffer, hash: string | undefined): Promise<Buffer>
}

export interface Identities {
  /** most likely to be accepted first */
  readonly offer: readonly Identity[]
  /** keys that were found but cannot be used, for errors: `/home/a/.ssh/id_ed25519_sk is a FIDO key`, and the remedy */
  readonly unusable: readonly Unusable[]
  /** key files that do not exist */
  readonly missing: readonly string[]
}

export interface IdentityOptions {
  readonly files: readonly string[]
  /** true if the files were configured, false for ssh's default list */
  readonly named: boolean
  /** offer only the keys of the files, whatever else the agent holds */
  readonly only: boolean
  /** certificate files of ssh_config */
  readonly certificates: readonly string[]
  readonly agent: string | undefined
  readonly ask: AskPassphrase | undefined
  readonly parseKey: typeof import('ssh2').utils.parseKey
}

/**
 * Collects the keys to offer. Order: named files, then the agent's other keys, then default files; default files whose key the agent holds
 * come before its other keys. If the agent holds the key of a file, the agent signs, so no passphrase is needed.
 */
export const identities = async (options: IdentityOptions): Promise<Identities> => {
  const unusable: Unusable[] = []
  const note: Note = (is, remedy, minor = false) =>
    void (unusable.some((one) => one.is === is) || unusable.push({ is, remedy, ...(minor && { minor }) }))
  const [files, held] = await Promise.all([
    Promise.all(options.files.map((file) => readKeyFile(file, options.parseKey))),
    options.agent === undefined ? [] : heldBy(options.agent, note),
  ])
  const missing = options.files.filter((_, i) => files[i] === undefined)
  const found = files.filter((file) => file !== undefined)
  noteFiles(options, { found, missing }, note)
  const usable = usableOf(held, note)

  const fromFiles = found.flatMap((file) => identityOf(options, file, usable, note) ?? [])
  const others = options.only
    ? []
    : usable.filter((key) => !found.some((file) => file.blob?.equals(key.blob))).map((key) => agentIdentity(options, key, undefined, false))
  const isHeld = (identity: Identity): boolean => usable.some((key) => identity.blob?.equals(key.blob))
  const offer = options.named
    ? [...fromFiles, ...others]
    : [...fromFiles.filter(isHeld), ...others, ...fromFiles.filter((identity) => !isHeld(identity))]
  return { offer, unusable, missing }
}

/** Notes a key that cannot be used: what it is, and what to do about it. */
type Note = (is: string, remedy: string, minor?: boolean) => void

/** The keys that the agent holds; none if it does not answer. */
const heldBy = (agent: string, note: Note): Promise<readonly AgentKey[]> =>
  agentKeys(agent).then(
    (keys) => {
      if (keys.length === 0)
        note(`the ssh agent at ${agent} holds no keys`, 'give it your key (ssh-add FILE), or name the file: ssh: { keys: [FILE] }', true)
      return keys
    },
    (error: Error) => {
      note(
        `the ssh agent at ${agent} does not answer (${error.message})`,
        'start one and give it your key: eval "$(ssh-agent)" && ssh-add FILE',
        true,
      )
      return []
    },
  )

const noteFiles = (
  { named, certificates }: IdentityOptions,
  { found, missing }: { readonly found: readonly KeyFile[]; readonly missing: readonly string[] },
  note: Note,
): void => {
  for (const { file, unusable } of found) if (unusable !== undefined) note(`${file} is ${unusable.is}`, unusable.remedy)
  for (const file of named ? missing : [])
    note(`${file} does not exist`, `correct IdentityFile in ssh_config, or make the key: ssh-keygen -t ed25519 -f ${typed(file)}`)
  for (const file of [...certificates, ...found.map((one) => `${one.file}-cert.pub`)])
    if (existsSync(file)) note(`${file} is a certificate`, REPLACE)
}

const usableOf = (held: readonly AgentKey[], note: Note): readonly AgentKey[] =>
  held.filter((key) => {
    if (isPlain(key.type)) return true
    note(`agent key ${key.comment} is ${kindOfType(key.type)?.is ?? `of type ${key.type}`}`, REPLACE)
    return false
  })

/** How the key of a file is used: by the agent if that holds it, else by the file itself. */
const identityOf = (options: IdentityOptions, file: KeyFile, usable: readonly AgentKey[], note: Note): Identity | undefined => {
  const key = usable.find((one) => file.blob?.equals(one.blob))
  if (key) return agentIdentity(options, key, file.file, options.named)
  if (file.unlock) return fileIdentity(options, file)
  if (!file.publicOnly) return undefined
  const own = file.file.replace(/\.pub$/, '')
  note(
    `${file.file} is a public key, and no agent holds the private one`,
    own === file.file ? 'name the private key that belongs to it' : `name ${own}, or put it into your agent: ssh-add ${typed(own)}`,
  )
  return undefined
}

const isPlain = (type: string): boolean => /^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))$/.test(type)

const agentIdentity = (options: IdentityOptions, key: AgentKey, file: string | undefined, optimistic: boolean): Identity => ({
  label: `agent key ${key.comment || fingerprint(key.blob)} (${typeName(key.type)})`,
  file,
  locked: () => false,
  blob: key.blob,
  // an agent may ask the user before it signs, but should not for a key that the server may not know
  optimistic: () => optimistic,
  key: async () => publicKey(options, key.blob),
  sign: (data, hash) => agentSign(options.agent!, key.blob, data, hash),
})

const fileIdentity = (options: IdentityOptions, file: KeyFile): Identity => ({
  label: file.file,
  file: file.file,
  locked: file.locked,
  blob: file.blob,
  optimistic: () => !file.locked(),
  key: async () => (file.blob === undefined ? await file.unlock!(options.ask) : publicKey(options, file.blob)),
  sign: async (data, hash) => {
    const signature: Buffer | Error = (await file.unlock!(options.ask)).sign(data, hash)
    if (signature instanceof Error) throw signature
    return signature
  },
})

const publicKey = (options: IdentityOptions, blob: Buffer): ParsedKey => {
  const parsed = options.parseKey(`${keyType(blob)} ${blob.toString('base64')}`)
  if (parsed instanceof Error) throw parsed
  return Array.isArray(parsed) ? parsed[0]! : parsed
}
