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

/**
 * For a shell: `irregular DEPLOY_TO` prints a line for {@link parseIrregular} for each of shipit's own files and directories that is not a
 * plain one, and nothing if all are plain or do not exist yet. It skips the records of releases: they are only ever renamed into place.
 */
export const IRREGULAR = String.raw`irregular() (
  cd "$1" 2>/dev/null || exit 0
  odd() {
    is=
    if [ -L "$2" ]; then is=link
    elif [ ! -e "$2" ]; then return 0
    elif [ ! "-$1" "$2" ]; then is=other
    elif [ "$1" = f ]; then names=$(LC_ALL=C ls -ld "$2" | { read -r x n x && printf '%s' "$n"; }); [ "${'$'}{names:-1}" = 1 ] || is=twin
    fi
    [ -n "$is" ] || return 0
    printf 'irregular %s %s %s\t%s\n' "$1" "$is" "$2" "$(readlink "$2" 2>/dev/null | tr '\n\t' '  ')"
  }
  for place in .shipit .shipit/releases .shipit/quiet; do odd d "$place"; done
  for place in .shipit/lock .shipit/lock.run revisions.log .shipit/quiet-* .shipit/quiet/* .shipit/silence.*; do odd f "$place"; done
)`

/** Parses a line that `irregular` printed, without its first word. */
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
export interface Around {
  readonly what: 'release' | 'repository' | 'own'
  readonly at: string
}

/** For a shell: `around DEPLOY_TO` prints a line for {@link parseAround} for each of them, nearest first. deploy_to need not exist. */
export const AROUND = String.raw`around() (
  at=$1
  until [ -d "$at" ]; do
    case $at in (/*/*|[!/]*/*) at=${'$'}{at%/*} ;; (/*) at=/ ;; (*) at=. ;; esac
  done
  at=$(cd "$at" 2>/dev/null && pwd -P) || at=
  while [ -n "$at" ]; do
    case $at in
      (*/releases/[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]) printf 'around release %s\n' "$at" ;;
      (*/.shipit) printf 'around own %s\n' "$at" ;;
      (*) if [ -f "$at/HEAD" ] && [ -d "$at/objects" ] && [ -d "$at/refs" ]; then printf 'around repository %s\n' "$at"; fi ;;
    esac
    at=${'$'}{at%/*}
  done
)`

/** Parses a line that `around` printed, without its first word. */
export const parseAround = (text: string): Around | undefined => {
  const [, what, at = ''] = /^(release|repository|own) (.*)$/.exec(text) ?? []
  return what === undefined ? undefined : { what: what as Around['what'], at }
}
