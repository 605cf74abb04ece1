import { fact, fail, raw, sh } from '../../index.ts'
import type { Command, Fact } from '../../index.ts'

/** A file that a recipe of shipit wrote, known by its first line (its header), whichever application it belongs to. */
export interface ManagedFile {
  readonly name: string
  readonly header: string
  /** `link`: the file itself is elsewhere; `odd`: its name has control characters, here as `?`, and so no command can name it */
  readonly kind: 'file' | 'link' | 'odd'
}

/** The managed files in a folder; `why`: the folder, or some of it, could not be read. */
export interface ManagedFiles {
  readonly files: readonly ManagedFile[]
  readonly why?: string | undefined
}

/**
 * Shell: prints the files in the current folder that begin with a header, in two lines each: `KIND NAME` and the header. A header further
 * down does not count. Skips hidden files, as the programs that read such folders do. Names a file that it cannot read on stderr.
 */
const LIST = `LC_ALL=C unread=
for file in *; do
  [ -f "$file" ] || continue
  if [ ! -r "$file" ]; then printf '%s: Permission denied\\n' "$PWD/$file" >&2; unread=1; continue; fi
  line=
  IFS= read -r line < "$file" || :
  case $line in ('# Written by shipit for '* | '# by shipit, for '*) ;; (*) continue ;; esac
  case $file in
    (*[[:cntrl:]]*) printf 'odd %s\\n%s\\n' "$(printf '%s' "$file" | tr '[:cntrl:]' '?')" "$line" ;;
    (*) if [ -L "$file" ]; then kind=link; else kind=file; fi; printf '%s %s\\n%s\\n' "$kind" "$file" "$line" ;;
  esac
done`

/** Prints the same for another folder, which may be missing. */
const LIST_IN = `cd -- "$1" 2>/dev/null || {
  why=$(LC_ALL=C ls -dL "$1/." 2>&1) || case $why in (*': No such file or directory' | *': Not a directory') exit 0 ;; esac
  printf '%s: %s\\n' "$1" "\${why##*: }" >&2; exit 1
}
[ -r . ] || { printf '%s: Permission denied\\n' "$1" >&2; exit 1; }
${LIST}
[ -z "$unread" ]`

/** {@link LIST} as part of a command that already runs in the folder. */
export const listManaged = (): Command => sh`${raw(LIST)}`

/** The fact with the managed files in a folder; with `sudo`, looks as root if the account may not read them all. */
export const managedIn = (dir: string, sudo: boolean): Fact<ManagedFiles> =>
  fact(
    sh`
list=${LIST_IN}
listed() { "$@" sh -c "$list" sh ${dir}; }
${sudo ? sh`listed 2>/dev/null || listed sudo -n` : sh`listed`}`,
    ({ ok, stdout, stderr }) => ({ files: parseManaged(stdout), why: ok ? undefined : stderr.trim() || `${dir} cannot be read` }),
  )

/** Parses what {@link listManaged} prints. Drops duplicates: root prints again what the account could read. */
export const parseManaged = (stdout: string): readonly ManagedFile[] => {
  const rows = Array.from(stdout.matchAll(/^(file|link|odd) (.+)\n(# .*)$/gm), ([, kind, name, header]): [string, ManagedFile] => [
    `${kind} ${name}`,
    { name: name!, header: header!, kind: kind as ManagedFile['kind'] },
  ])
  return [...new Map(rows).values()]
}

/** A step that fails with the reason why {@link managedIn} could not read the folder; undefined if it could, or if there is no such folder. */
export const cannotList = (listed: ManagedFiles | undefined, dir: string): Command | undefined =>
  listed?.why === undefined ? undefined : fail(listed.why).title(`look into ${dir}`)
