import { createPrivateKey, type KeyObject } from 'node:crypto'
import { typed } from '../../shell/typed.ts'
import { keyType } from '../hostkeys/known-hosts.ts'

/** Why a key file cannot be used (`an empty file`), and the remedy, as a command if one helps. */
export interface Unusable {
  readonly is: string
  readonly remedy: string
  /** not worth mentioning if another key was offered */
  readonly minor?: boolean
}

/** The text of a key file from any editor, without a byte order mark, Windows line ends, or blanks at the start of lines. */
export const keyText = (bytes: Buffer): string => {
  const wide = bytes.length > 1 && bytes[0] === 0xff && bytes[1] === 0xfe
  return bytes
    .toString(wide ? 'utf16le' : 'latin1')
    .replace(/^(?:\u00ef\u00bb\u00bf|\ufeff)/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/^[ \t]+/gm, '')
}

/** Classifies a file that no parser reads as a key. */
export const kindOf = (file: string, text: string): Unusable => {
  const other = (to: string, command: string): string => `${command}, and name ${to} instead`
  const copy = `${file}.openssh`
  const into = (command: string): string => `rewrite it: (umask 077; ${command} > ${typed(copy)}), and name ${copy} instead`
  if (text.trim() === '') return { is: 'an empty file', remedy: `put the key into it; if a CI job wrote it, its variable may be empty` }
  if (text.startsWith('PuTTY-User-Key-File-'))
    return {
      is: "PuTTY's (.ppk)",
      remedy: other(copy, `convert it (package putty-tools): puttygen ${typed(file)} -O private-openssh-new -o ${typed(copy)}`),
    }
  if (/^-----BEGIN [A-Z ]+-----(?:\\r)?\\n/.test(text))
    return { is: 'a key with \\n in the place of line breaks', remedy: into(`printf '%b\\n' "$(cat ${typed(file)})"`) }
  if (/^["']/.test(text) && /-----BEGIN/.test(text)) return { is: 'a key in quotes', remedy: into(`tr -d '"'"'" < ${typed(file)}`) }
  if (isEncoded(text)) return { is: 'the base64 of a key', remedy: into(`base64 -d ${typed(file)}`) }
  if (/^-----BEGIN (?:RSA |EC )?PUBLIC KEY-----|^---- BEGIN SSH2 PUBLIC KEY ----/.test(text))
    return { is: 'a public key', remedy: 'name the private key that belongs to it' }
  if (text.startsWith('-----BEGIN CERTIFICATE-----'))
    return { is: 'a TLS certificate', remedy: 'name an SSH key: ssh-keygen -t ed25519 makes one' }
  if (text.startsWith('-----BEGIN PGP ')) return { is: 'a GnuPG key', remedy: 'name an SSH key: ssh-keygen -t ed25519 makes one' }
  if (text.startsWith('-----BEGIN DSA PRIVATE KEY-----')) return { is: 'a DSA key', remedy: REPLACE }
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return /-----END [A-Z ]*PRIVATE KEY-----/.test(text)
      ? { is: 'a damaged key', remedy: `see what ssh-keygen reports: ssh-keygen -y -f ${typed(file)}` }
      : { is: 'a key whose end is missing', remedy: 'copy it again, to its last line, -----END …-----' }
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text))
    return { is: 'a key with other text before it', remedy: into(`sed -n '/-----BEGIN/,$p' ${typed(file)}`) }
  return { is: 'not a key', remedy: `see what ssh-keygen reports: ssh-keygen -y -f ${typed(file)}` }
}

/** Why a valid key of this type cannot be used; undefined if it can. */
export const kindOfType = (type: string): Unusable | undefined => {
  if (type.includes('-cert-v01')) return { is: 'a certificate', remedy: REPLACE }
  if (type.startsWith('sk-')) return { is: 'a FIDO key', remedy: REPLACE }
  if (type === 'ssh-dss') return { is: 'a DSA key', remedy: REPLACE }
  return undefined
}

export const REPLACE =
  'shipit cannot use certificates, FIDO keys and DSA keys: give this account a plain key (ssh-keygen -t ed25519 -f ~/.ssh/id_deploy, then ssh-copy-id -i ~/.ssh/id_deploy)'

/**
 * Converts a PKCS#8 key (`ssh-keygen -m PKCS8`, `openssl genpkey`), encrypted or not, to text that ssh2 can read. Returns undefined for
 * other files. If the passphrase is missing or wrong, the Error mentions it.
 */
export const fromPkcs8 = (text: string, passphrase: string | undefined): string | Error | undefined => {
  if (!/^-----BEGIN (?:ENCRYPTED )?PRIVATE KEY-----/.test(text)) return undefined
  let key: KeyObject
  try {
    key = createPrivateKey({ key: text, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) })
  } catch (error) {
    return /ENCRYPTED/.test(text) ? new Error('encrypted: the passphrase is missing or wrong') : (error as Error)
  }
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }).toString()
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }).toString()
  if (key.asymmetricKeyType === 'ed25519') return opensshKey(key)
  return new Error(`a key of type ${key.asymmetricKeyType}`)
}

/** Ed25519 has no older format, so this writes openssh PROTOCOL.key, without a passphrase. */
const opensshKey = (key: KeyObject): string => {
  const { x = '', d = '' } = key.export({ format: 'jwk' })
  const [open, seed] = [Buffer.from(x, 'base64url'), Buffer.from(d, 'base64url')]
  const type = Buffer.from('ssh-ed25519')
  const blob = packed(type, open)
  const secret = Buffer.concat([Buffer.alloc(8), packed(type, open, Buffer.concat([seed, open]), Buffer.alloc(0))])
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1))
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    packed(Buffer.from('none'), Buffer.from('none'), Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    packed(blob, Buffer.concat([secret, padding])),
  ])
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64').replace(/.{1,70}/g, '$&\n')}-----END OPENSSH PRIVATE KEY-----\n`
}

/** Strings of the SSH protocol (RFC 4251), each preceded by its length. */
const packed = (...parts: Buffer[]): Buffer =>
  Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(part.length)
      return [length, part]
    }),
  )

const isEncoded = (text: string): boolean =>
  /^[A-Za-z0-9+/=\s]+$/.test(text) && /^\s*-----BEGIN|^PuTTY-User/.test(Buffer.from(text, 'base64').toString('latin1'))

/** The type of a public key, from its blob or else from the text. */
export const publicTypeOf = (blob: Buffer | undefined, text: string): string =>
  blob ? keyType(blob) : (/^\s*((?:sk-|ssh-|ecdsa-)[\w.@-]+)\s/.exec(text)?.[1] ?? '')
