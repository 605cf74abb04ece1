import { usageError } from '../values/errors.ts'
import { path, type Path } from '../values/path.ts'
import { holdsSecret } from '../values/secret.ts'
import type { Secret } from '../values/secret.ts'
import { command as make } from './command.ts'
import { checkOptions } from './known-options.ts'
import { raw } from './raw.ts'
import { sh } from './sh.ts'
import type { Command } from './types.ts'

export interface WriteOptions {
  /** octal; default `'0644'`, or what the umask of the stage or of the command leaves of `'0666'`, or `'0600'` if the content is or contains a secret */
  readonly mode?: string
  /** Runs each command through sudo, or directly if the login is root. */
  readonly sudo?: boolean
  /** `'user'` or `'user:group'`; default: the account that writes the file */
  readonly owner?: string
  /** `changed` (default): writes if the bytes, the mode or the owner differ; `missing`: writes only if nothing is there */
  readonly when?: 'changed' | 'missing'
  /** A command that gets the path of the new file as its last argument, through sudo with `sudo`. If it fails, the old file stays. */
  readonly check?: readonly string[]
}

/**
 * A step that writes a file on a host. It makes the parent directories, checks the new text under its final name in a temporary directory,
 * and replaces the old file in one rename. An identical file stays as it is. The text is never an argument of a process.
 * Throws a ShipitError for an invalid path, mode or owner.
 */
export const write = (to: Path | string, content: string | Secret, options: WriteOptions = {}): Command => {
  checkOptions('write()', options, ['mode', 'sudo', 'owner', 'when', 'check'])
  const { mode = holdsSecret(content) ? '0600' : undefined, sudo = false, owner = '', when = 'changed', check = [] } = options
  const target = String(to)
  const [, dir = '', name = ''] = /^(.*\/)?([^/]+)$/s.exec(target) ?? []
  if (name === '' || name === '.' || name === '..' || target === '~')
    throw usageError(`write() takes the path of a file, not ${JSON.stringify(target)}`)
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    throw usageError(`write(): the mode is three or four octal digits as text ('0640'), not ${JSON.stringify(mode)}`)
  if (!/^([^\s:-][^\s:]*(:[^\s:-][^\s:]*)?)?$/.test(owner))
    throw usageError(`write(): the owner is 'user' or 'user:group', not ${JSON.stringify(owner)}`)
  const [user = '', group = ''] = owner.split(':')
  const words = (one: string, other: string) => [...(user && [one, user]), ...(group && [other, group])]
  const as = sudo ? sh`if [ "$(id -u)" = 0 ]; then as=; else as=sudo; fi` : sh`as=`
  const command = sh`
umask 077
${as}
dir=${path(dir === '' ? '.' : dir.startsWith('-') ? `./${dir}` : dir)} name=${name} ${mode === undefined ? raw('mode=${shipit_mode:-0644}') : sh`mode=${mode}`}
to=$dir/$name
if $as test -d "$to"; then echo "$to is a directory" >&2; exit 1; fi
${when === 'missing' ? sh`if $as test -e "$to"; then exit 0; fi` : []}
work=$(mktemp -d) new=
trap 'rm -rf "$work"; test -z "$new" || $as rm -f "$new"' EXIT
trap 'exit 143' HUP INT TERM
printf '%s' ${content} > "$work/$name"
${check.length > 0 ? sh`$as ${check} "$work/$name"` : []}
same() { $as cmp -s "$work/$name" "$to" && test -n "$($as find -H "$to" -prune -perm "$mode" ${words('-user', '-group')})"; }
if ! same; then
  (umask "\${shipit_umask:-022}"; $as mkdir -p "$dir")
  new=$($as mktemp "$dir/.$name.XXXXXX")
  $as install -m "$mode" ${words('-o', '-g')} "$work/$name" "$new"
  $as mv -f "$new" "$to"
  new=
fi
`
  return make({ ...command.spec, writes: target, title: `write ${target}` })
}
