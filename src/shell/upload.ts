import { usageError } from '../values/errors.ts'
import { path, type Path } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { command as make } from './command.ts'
import { checkOptions, checkPatterns } from './known-options.ts'
import { raw } from './raw.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'
import { contentName, contentOf, type OpenStream } from './upload-content.ts'
import { UPLOAD_PROGRAM } from './upload-program.ts'

export interface UploadOptions {
  /** Removes what is in the target folder and not in `from`, except what `exclude` names. Nothing outside that folder. */
  readonly delete?: boolean
  /**
   * What is neither sent nor removed: `*` and `?` are any text without a slash, `**` is any text. A pattern without a slash is a name at any
   * depth (`'.DS_Store'`, `'*.map'`), one with a slash a path in the folder (`'cache/**'`).
   */
  readonly exclude?: readonly string[]
  /**
   * Octal, of every file; folders get what belongs to it (`'0640'`: `0750`). Default: the modes that the files have here; of content `'0644'`,
   * or what the umask of the stage or of the command leaves of `'0666'`.
   */
  readonly mode?: string
  /** `'user'` or `'user:group'`; only root can give files away */
  readonly owner?: string
  /** Writes as root: through sudo, or directly if the login is root. */
  readonly sudo?: boolean
  /** `changed` (default): sends what is missing or differs; `missing`: leaves what is there as it is */
  readonly when?: 'changed' | 'missing'
}

/**
 * A step that sends a file or a folder of this machine to a host, over shipit's own connection. `from` is relative to the folder of the
 * config. `to` is the place of the file, or of the folder: its contents are those of `from`. Files are compared first, and only those that
 * differ are sent; all of them have arrived before the first one changes, each by a rename. Links in a folder are sent as links, and may not
 * lead out of it. `from` may also be the content of a file: bytes, or a function that opens a stream of them for each host; how long a stream
 * is need not be known, so it is sent before it is compared. Throws a ShipitError for an invalid path, mode or owner.
 */
export const upload = (from: string | Uint8Array | OpenStream, to: Path | string, options: UploadOptions = {}): Command => {
  checkOptions('upload()', options, ['delete', 'exclude', 'mode', 'owner', 'sudo', 'when'])
  const { exclude = [], mode, owner, sudo = false, when = 'changed' } = options
  checkPatterns('upload()', exclude)
  const content = contentOf(from)
  const source = content === undefined ? String(from) : contentName(content)
  if (content !== undefined && (options.delete !== undefined || options.exclude !== undefined))
    throw usageError('upload(): delete and exclude are for folders, and this is the content of a file')
  if (isSecret(to) || String(to) === '') throw usageError('upload() takes the path of a file or folder on the host')
  const target = String(to)
  if (/[\n\r]/.test(target) || /(^|\/)\.\.?\/*$/.test(target))
    throw usageError(`upload() takes a path on the host, not ${JSON.stringify(target)}`)
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode))
    throw usageError(`upload(): the mode is three or four octal digits as text ('0640'), not ${JSON.stringify(mode)}`)
  if (owner !== undefined && !/^[^\s:-][^\s:]*(:[^\s:-][^\s:]*)?$/.test(owner))
    throw usageError(`upload(): the owner is 'user' or 'user:group', not ${JSON.stringify(owner)}`)
  if (when !== 'changed' && when !== 'missing') throw usageError(`upload(): when is 'changed' or 'missing', not ${JSON.stringify(when)}`)
  if (options.delete && when === 'missing')
    throw usageError("upload(): with when: 'missing' nothing that is there is touched, and delete would remove some of it")
  const files = { from: source, to: target, delete: options.delete === true, exclude: [...exclude], mode, owner, sudo, when } as const
  const spec = content === undefined ? files : { ...files, content }
  const program = sh`
to=${path(target.startsWith('-') ? `./${target}` : target)} owner=${owner ?? ''}
${raw(UPLOAD_PROGRAM)}`
  return make({ ...program.spec, upload: spec, writes: target, title: `upload ${source} to ${target}`, ...(sudo && { as: 'root' }) })
}
