/** Something that stands where shipit keeps its own, below deploy_to, and would lead a write elsewhere. */
export interface Irregular {
  /** `.shipit/lock` */
  readonly place: string
  readonly wanted: 'file' | 'directory'
  /** `link`: a symbolic link; `twin`: a file that has a second name (a hard link); `other`: neither a file nor a directory as wanted */
  readonly is: 'link' | 'twin' | 'other'
  /** where the link leads, as it says */
  readonly target?: string
}

/**
 * For a shell: `irregular DEPLOY_TO` prints a line for each of our places that is not a plain file or directory, for {@link parseIrregular};
 * nothing where all are plain, or not there yet. Releases' records are not among them: they are only ever renamed into place.
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

/** A line of what `irregular` printed, behind its first word. */
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

/** A folder around deploy_to that another deploy removes or makes anew: one of its releases, a git repository, its `.shipit`. */
export interface Around {
  readonly what: 'release' | 'repository' | 'own'
  readonly at: string
}

/** For a shell: `around DEPLOY_TO` prints a line for each such folder, the nearest first, for {@link parseAround}. deploy_to need not be there. */
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

/** A line of what `around` printed, behind its first word. */
export const parseAround = (text: string): Around | undefined => {
  const [, what, at = ''] = /^(release|repository|own) (.*)$/.exec(text) ?? []
  return what === undefined ? undefined : { what: what as Around['what'], at }
}
