import { usageError } from '../values/errors.ts'
import { path, type Path } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { command as make } from './command.ts'
import { DOWNLOAD_PROGRAM } from './download-program.ts'
import { checkOptions, checkPatterns } from './known-options.ts'
import { raw } from './raw.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'

export interface DownloadOptions {
  /** what is left out, in the words of `UploadOptions.exclude` */
  readonly exclude?: readonly string[]
  /** Reads as root: through sudo, or directly if the login is root. */
  readonly sudo?: boolean
}

/**
 * A step that fetches a file or a folder of a host. `to` is its place on this machine, relative to the folder of the config; with several
 * hosts, put `host.name` into it. Files are compared first, and only those that differ are sent; all of them have arrived before the first
 * one changes, each by a rename. Nothing is removed here. Links in a folder are kept as links, if they stay inside. Throws a ShipitError for
 * an invalid path.
 */
export const download = (from: Path | string, to: string, options: DownloadOptions = {}): Command => {
  checkOptions('download()', options, ['exclude', 'sudo'])
  const { exclude = [], sudo = false } = options
  checkPatterns('download()', exclude)
  if (isSecret(from) || String(from) === '' || /[\n\r]/.test(String(from)))
    throw usageError('download() takes the path of a file or folder on the host')
  if (typeof to !== 'string' || to === '') throw usageError('download() takes a path on this machine, as text')
  const source = String(from)
  const program = sh`
from=${path(source.startsWith('-') ? `./${source}` : source)}
${raw(DOWNLOAD_PROGRAM)}`
  return make({
    ...program.spec,
    download: { from: source, to, exclude: [...exclude], sudo },
    title: `download ${source} to ${to}`,
    ...(sudo && { as: 'root' }),
  })
}
