/** Something in the place of a file or directory of shipit's own, below deploy_to, that would lead a write elsewhere. */
export interface Irregular {
  /** `.shipit/lock` */
  readonly place: string
  readonly wanted: 'file' | 'directory'
  /** `link`: a symbolic link; `twin`: a file with a second name (a hard link); `other`: not the file or directory that belongs there */
  readonly is: 'link' | 'twin' | 'other'
  /** the target of the link, as written */
  readonly target?: string
}

const FILES = String.raw`"$top/.shipit/lock" "$top/.shipit/lock.run" "$top/.shipit/hold" "$top/revisions.log" "$top"/.shipit/quiet-* "$top"/.shipit/quiet/* "$top"/.shipit/silence.*`

/**
 * For a shell: `irregular DEPLOY_TO` sets $irregulars to a line for {@link parseIrregular} for each of shipit's own files and directories
 * that is not a plain one; to nothing if all are plain or do not exist yet. It skips the records of releases: they are only ever renamed
 * into place. It also skips names with a line break, which shipit never makes. $logged is the size of revisions.log. $modes is what `ls -l`
 * shows of `.shipit`, then of its lock, if they are there: `drwxr-xr-x -rw-------`. $marked is the same of its lock.run.
 *
 * It starts one process, an `ls` of all files. Only if that shows a second name of one are they looked at one by one.
 */
export const IRREGULAR = String.raw`irregular() {
  top=$1 irregulars= modes= marked= logged= twins=
  set --
  if [ -d "$top/.shipit" ] && [ ! -L "$top/.shipit" ]; then set -- "$top/.shipit"; fi
  for file in ${FILES}; do
    # none of ours, and a line of its own in what ls prints
    case $file in (*'
'*) continue ;; esac
    if [ -f "$file" ] && [ ! -L "$file" ]; then set -- "$@" "$file"; fi
  done
  [ $# = 0 ] || single "$(LC_ALL=C ls -ld -- "$@" 2>/dev/null)" || twins=1
  for file in "$top/.shipit" "$top/.shipit/releases" "$top/.shipit/quiet" "$top/.shipit/replaced"; do odd d "$file"; done
  for file in ${FILES}; do odd f "$file"; done
}
single() {
  IFS='
'
  set -f
  for line in $1; do
    IFS=' '
    set -- $line
    case $line in
      (d*) modes=$1; continue ;;
      (*/.shipit/lock) modes="$modes $1" ;;
      (*/.shipit/lock.run) marked=$1 ;;
      (*/revisions.log) logged=${'$'}{5-} ;;
    esac
    case $1:${'$'}{2-} in (-*:1) ;; (*) set +f; unset IFS; return 1 ;; esac
  done
  set +f
  unset IFS
}
odd() {
  is=
  case $2 in (*'
'*) return 0 ;; esac
  if [ -L "$2" ]; then is=link
  elif [ ! -e "$2" ]; then return 0
  elif [ ! "-$1" "$2" ]; then is=other
  elif [ "$1" = f ] && [ -n "$twins" ]; then
    names=$(LC_ALL=C ls -ld "$2" | { read -r x n x && printf '%s' "$n"; })
    [ "${'$'}{names:-1}" = 1 ] || is=twin
  fi
  [ -n "$is" ] || return 0
  place=${'$'}{2#"$top"/}
  irregulars="$irregulars$(printf 'irregular %s %s %s\t%s' "$1" "$is" "$place" "$(readlink "$2" 2>/dev/null | tr '\n\t' '  ')")
"
}`

/** Parses a line of `irregular`, without its first word. */
export const parseIrregular = (text: string): Irregular | undefined => {
  const [, wanted, is, place, target = ''] = /^([df]) (link|twin|other) ([^\t]+)\t(.*)$/.exec(text) ?? []
  if (place === undefined) return undefined
  return {
    place,
    wanted: wanted === 'd' ? 'directory' : 'file',
    is: is as Irregular['is'],
    ...(is === 'link' ? { target: target.trim() } : {}),
  }
}

/** A directory around deploy_to that another deploy removes or makes again: one of its releases, a git repository, its `.shipit`. */
export interface EnclosingDirectory {
  readonly what: 'release' | 'repository' | 'own'
  readonly at: string
}

/**
 * For a shell: `enclosing DEPLOY_TO` sets $enclosing to a line for {@link parseEnclosing} about the nearest of them, or to nothing.
 * deploy_to need not exist. It starts no process.
 */
export const ENCLOSING = String.raw`enclosing() {
  enclosing= at=$1
  until [ -d "$at" ]; do
    case $at in (/*/*|[!/]*/*) at=${'$'}{at%/*} ;; (/*) at=/ ;; (*) at=. ;; esac
  done
  cd -P "$at" 2>/dev/null || return 0
  at=$PWD
  cd "$OLDPWD" 2>/dev/null || cd /
  while [ -n "$at" ]; do
    case $at in
      (*/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) enclosing="release $at" ;;
      (*/.shipit) enclosing="own $at" ;;
      (*) if [ -f "$at/HEAD" ] && [ -d "$at/objects" ] && [ -d "$at/refs" ]; then enclosing="repository $at"; fi ;;
    esac
    [ -z "$enclosing" ] || return 0
    at=${'$'}{at%/*}
  done
}`

/** Parses what `enclosing` found. */
export const parseEnclosing = (text: string): EnclosingDirectory | undefined => {
  const [, what, at = ''] = /^(release|repository|own) (.*)$/.exec(text) ?? []
  return what === undefined ? undefined : { what: what as EnclosingDirectory['what'], at }
}
