import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Path } from '../values/path.ts'

/** The problems that a linked file can have. */
export const LINKED_FILE_PROBLEMS = {
  missing: 'is missing',
  homeless: 'is missing, and so is its directory',
  circle: 'leads into a release, and would lead to itself once that release is live',
  dangling: 'is a link to nothing',
  loop: 'is a link that leads back to itself',
  folder: 'is a directory, but must be a file',
  folderLink: 'is a link to a directory, but must lead to a file',
  under: 'cannot be there: a file is in the place of its directory',
  closed: 'cannot be accessed: permission denied',
  other: 'is not a file',
  link: 'is a link, which shipit neither follows nor replaces',
} as const
export type LinkedFileProblem = keyof typeof LINKED_FILE_PROBLEMS

/**
 * For a shell: `look FILE` sets `what` to a key of {@link LINKED_FILE_PROBLEMS}, or to nothing if the file is fine. A file that cannot be
 * seen does not count as missing: the error of ls shows which it is (strerror(3) of glibc and musl). `replaced`: files that a deploy replaces
 * if they differ, so that they may be no links.
 */
export const lookFunction = (releases: Path, replaced: readonly Path[] = []): Command => sh`
releases=$(cd ${releases} 2>/dev/null && pwd -P) || releases=none
look() {
  what=
  if [ -f "$1" ]; then
    case $(readlink -f "$1") in ("$releases"/*) what=circle ;; esac
    ${replaced.length === 0 ? [] : noLinks(replaced)}
    return 0
  fi
  if [ -d "$1" ]; then
    what=folder
    if [ -L "$1" ]; then what=folderLink; fi
  elif [ -e "$1" ]; then what=other
  else
    case $(LC_ALL=C ls -dL "$1" 2>&1) in
      (*'ermission denied') what=closed ;;
      (*'Too many levels of symbolic links'|*'ymbolic link loop') what=loop ;;
      (*'Not a directory') what=under ;;
      (*)
        what=missing
        if [ -L "$1" ]; then what=dangling
        elif [ ! -d "${raw('${1%/*}')}" ]; then what=homeless
        fi
        ;;
    esac
  fi
}`

const noLinks = (replaced: readonly Path[]): Command => sh`if [ -z "$what" ] && [ -L "$1" ]; then
      for other in ${replaced}; do if [ "$1" = "$other" ]; then what=link; fi; done
    fi`
