import { usageError } from '../values/errors.ts'
import { path, withoutTrailingSlash, type Path } from '../values/path.ts'
import { isSecret } from '../values/secret.ts'
import { command as make } from './command.ts'
import { checkOptions } from './known-options.ts'
import { raw } from './raw.ts'
import { rsyncProgram } from './rsync-program.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'
import type { RsyncSpec } from './transfer-types.ts'

/** A file or folder on the host. */
export interface RemotePlace {
  readonly remote: Path | string
}

export interface RsyncOptions {
  /** Removes what is in the target and not in the source, except what `exclude` names. */
  readonly delete?: boolean
  /** what is neither sent nor removed, in the words of `rsync --exclude`: `'*.map'`, `'/cache/'` */
  readonly exclude?: readonly string[]
  /** Compares files of the same size by their checksums, not by their times. */
  readonly checksum?: boolean
  /** Compresses what is sent. */
  readonly compress?: boolean
}

/**
 * A step that copies files with rsync, over shipit's own connection: from this machine to the host, or back. One side is `{ remote: path }`;
 * the other is a path here, relative to the folder of the config. rsync has to be installed on both sides. A slash at the end of the source
 * means its contents, as for rsync. Copied are files, folders, links that stay inside, modes and times (`rsync -rlpt --safe-links`). Throws
 * a ShipitError for invalid paths and options.
 */
export const rsync = (from: string | RemotePlace, to: string | RemotePlace, options: RsyncOptions = {}): Command => {
  checkOptions('rsync()', options, ['delete', 'exclude', 'checksum', 'compress'])
  const { exclude = [], checksum = false, compress = false } = options
  if (!Array.isArray(exclude) || !exclude.every((one) => typeof one === 'string' && one !== '' && !/[\n\0]/.test(one)))
    throw usageError("rsync(): exclude is a list of rsync's patterns: ['*.map', '/cache/']")
  const [source, target] = [placeOf(from), placeOf(to)]
  if (source.remote === target.remote)
    throw usageError(
      `rsync() copies between this machine and a host, and here both sides are ${source.remote ? 'on the host' : 'on this machine'}`,
      {
        hint: "rsync('dist/', { remote: '/srv/www' }), or rsync({ remote: '/srv/www/' }, 'dist')",
      },
    )
  const [there, here] = source.remote ? [source.path, target.path] : [target.path, source.path]
  const direction = source.remote ? 'fetch' : 'send'
  if (direction === 'fetch' && /\\[^/]*[*?[]|[*?[][^/]*\\[^/]*$/.test(withoutTrailingSlash(there).replace(/^.*\//, '')))
    throw usageError(`rsync() cannot fetch ${there}: rsync takes its name for a pattern`, { hint: 'fetch the folder around it' })
  const spec: RsyncSpec = { direction, here, there, delete: options.delete === true, exclude: [...exclude], checksum, compress }
  return make({
    ...programOf(spec).spec,
    rsync: spec,
    ...(direction === 'send' && { writes: withoutTrailingSlash(there) }),
    title: titleOf(spec),
  })
}

const placeOf = (place: string | RemotePlace): { readonly remote: boolean; readonly path: string } => {
  const remote = typeof place === 'object' && place !== null && 'remote' in place
  const given: unknown = remote ? place.remote : place
  if (isSecret(given) || String(given) === '' || (!remote && typeof given !== 'string'))
    throw usageError("rsync() takes a path of this machine as text, and { remote: '/srv/www' } for one on the host")
  const text = String(given)
  if (/[\n\r\0]/.test(text)) throw usageError(`rsync() takes a path, and not ${JSON.stringify(text)}`)
  return { remote, path: text }
}

const programOf = (spec: RsyncSpec): Command => {
  const { there, direction } = spec
  const top = withoutTrailingSlash(there.startsWith('-') ? `./${there}` : there)
  const slash = there.endsWith('/') && top !== '/' ? '/' : ''
  const at = sh`at=${path(top)} slash=${slash}`
  if (direction === 'fetch')
    return sh`
${at}
${raw(rsyncProgram(direction))}`
  const parent = /^(.*[^/])\/+[^/]+$/.exec(top)?.[1] ?? ''
  const removes = removesOn(spec)
  return sh`
${at}
parent=${parent === '' ? '' : path(parent)} removes=${removes === undefined ? '' : path(removes.startsWith('-') ? `./${removes}` : removes)}
${raw(rsyncProgram(direction))}`
}

/** Whether rsync takes the contents of a source, and not the folder with its name. */
export const isContents = (source: string): boolean => /\/$|(?:^|\/)\.{1,2}$/.test(source)

/** The folder on the host that `delete` removes things from, if the source is a folder. */
export const removesOn = ({ direction, delete: removes, here, there }: RsyncSpec): string | undefined => {
  if (!removes || direction === 'fetch') return undefined
  const top = withoutTrailingSlash(there)
  return isContents(here) ? top : `${top === '/' ? '' : top}/${here.replace(/^.*\//, '')}`
}

const titleOf = ({ direction, here, there, delete: removes, exclude }: RsyncSpec): string => {
  const [from, to] = direction === 'send' ? [here, there] : [there, here]
  return [
    `rsync: ${direction} ${from} to ${to}`,
    ...(removes ? ['delete what it does not have'] : []),
    ...(exclude.length > 0 ? [`exclude ${exclude.join(' ')}`] : []),
  ].join(', ')
}

/** The options of rsync, without those that only change what it prints. */
export const rsyncWords = (spec: RsyncSpec): readonly string[] => [
  '-rlpt',
  '--safe-links',
  ...(spec.delete ? ['--delete'] : []),
  ...(spec.checksum ? ['--checksum'] : []),
  ...(spec.compress ? ['--compress'] : []),
  ...(spec.direction === 'send' && spec.umask !== undefined ? [`--chmod=${withoutModes(spec.umask)}`] : []),
  ...spec.exclude.map((pattern) => `--exclude=${pattern}`),
]

/** What a umask takes away, in the words of chmod: `g-w,o-rwx` for 027. */
const withoutModes = (umask: string): string =>
  Array.from(umask.padStart(3, '0').slice(-3))
    .map((digit, i) => {
      const bits = Number(digit)
      return `${'ugo'[i]}-${bits & 4 ? 'r' : ''}${bits & 2 ? 'w' : ''}${bits & 1 ? 'x' : ''}`
    })
    .filter((part) => !part.endsWith('-'))
    .join(',')
