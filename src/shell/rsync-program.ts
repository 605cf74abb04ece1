/**
 * The program that starts rsync's other end on a host, in the shell that `rsync()` runs there. It has $at, the file or folder there, and
 * $slash, what follows it (`/` or nothing). To send, it also has $parent, the folder around it, or nothing, and $removes, the folder that
 * `delete` removes things from, or nothing; $in_release is set if a link in the place of $at was not made by shipit.
 *
 * When all is well it prints a `.`, and then reads the words that the rsync of this machine gives to the other end, a line each, and an
 * empty line. What follows on its stdin and stdout is rsync's own. `$at` is not among the words, so that no shell and no version of rsync
 * reads anything into it.
 */
export const rsyncProgram = (direction: 'send' | 'fetch'): string => `${HEAD}${direction === 'send' ? SEND : FETCH}${TAIL}`

const HEAD = String.raw`
command -v rsync >/dev/null || { echo 'rsync is not installed' >&2; exit 127; }
`

const SEND = String.raw`if [ -n "${'$'}{in_release-}" ] && [ -L "$at" ]; then printf '%s is a link, and rsync() puts files there\n' "$at" >&2; exit 1; fi
if [ -n "$removes" ] && [ -d "$removes" ]; then
  real=$(cd "$removes"; pwd -P) own=
  case $real/ in
    (*/.shipit/*) own=yes ;;
    (*/releases/ | */repo/ | */shared/) if [ -d "${'$'}{real%/*}/.shipit" ]; then own=yes; fi ;;
    (*) if [ -d "$real/.shipit" ]; then own=yes; fi ;;
  esac
  if [ -n "$own" ]; then
    printf '%s is a part of a deployment of shipit, and delete would remove it; nothing was changed\n' "$removes" >&2
    exit 1
  fi
fi
if [ -n "$parent" ]; then mkdir -p "$parent"; fi
`

const FETCH = String.raw`if [ ! -e "$at" ] && [ ! -L "$at" ]; then printf '%s does not exist\n' "$at" >&2; exit 1; fi
`

const TAIL = String.raw`printf '.\n'
set --
while IFS= read -r word && [ -n "$word" ]; do set -- "$@" "$word"; done
[ -z "$word" ] && [ $# -gt 0 ]
exec rsync "$@" "$at$slash"`
