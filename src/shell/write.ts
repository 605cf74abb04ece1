import { usageError } from '../values/errors.ts'
import { path, type Path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'

export interface WriteOptions {
  /** octal; default `'0644'` */
  readonly mode?: string
  /** as root, through sudo */
  readonly sudo?: boolean
  /** `'user'` or `'user:group'`; default: who writes */
  readonly owner?: string
  /** `changed` (default): where the bytes, the mode or the owner differ; `missing`: only where nothing is there */
  readonly when?: 'changed' | 'missing'
  /** The words of a command that gets the new file's path behind them and must succeed; else the old file stays. */
  readonly check?: readonly string[]
}

/**
 * A step that writes a file on a host: parent folders are made, the new text is checked under its own name in a folder of its own,
 * then takes the old one's place in one rename. What is the same already is not touched. The text is no argument of any process.
 * Throws a ShipitError for a path or a mode that is none.
 */
export const write = (to: Path | string, content: string | Secret, options: WriteOptions = {}): Command => {
  const { mode = '0644', sudo = false, owner, when = 'changed', check = [] } = options
  const target = String(to)
  const [, dir = '', name = ''] = /^(.*\/)?([^/]+)$/s.exec(target) ?? []
  if (name === '' || name === '.' || name === '..' || target === '~')
    throw usageError(`write() takes the path of a file, not ${JSON.stringify(target)}`)
  if (!/^[0-7]{3,4}$/.test(mode))
    throw usageError(`write(): the mode is three or four octal digits as text ('0640'), not ${JSON.stringify(mode)}`)
  const folder = dir === '' ? '.' : dir
  const tag = sudo ? sh.as('root') : sh
  return tag`
umask 077
name=${name} dir=${path(folder)} mode=${mode.replace(/^0(?=...)/, '')} owner=${owner ?? ''}
to=$dir/$name
${when === 'missing' ? sh`if [ -e "$to" ]; then exit 0; fi` : []}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '%s' ${content} > "$work/$name"
${check.length > 0 ? sh`${check} "$work/$name"` : []}
if ! cmp -s "$work/$name" "$to"; then
  (umask 022; mkdir -p "$dir")
  new=$dir/.$name.new$$
  trap 'rm -rf "$work" "$new"' EXIT
  cp "$work/$name" "$new"
  if [ -n "$owner" ]; then chown "$owner" "$new"; fi
  chmod "$mode" "$new"
  mv -f "$new" "$to"
else
  if [ -n "$owner" ]; then
    case $owner in (*:*) now=$(stat -c %U:%G "$to") ;; (*) now=$(stat -c %U "$to") ;; esac
    if [ "$now" != "$owner" ]; then chown "$owner" "$to"; fi
  fi
  if [ "$(stat -c %a "$to")" != "$mode" ]; then chmod "$mode" "$to"; fi
fi
`.title(`write ${target}`)
}
