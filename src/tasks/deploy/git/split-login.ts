import { raw } from '../../../shell/raw.ts'
import { sh } from '../../../shell/sh.ts'
import type { Command } from '../../../shell/types.ts'

/** Answers git's request for a login with the one that `split_login` found. */
const HELPER =
  '!f() { [ "$1" = get ] || return 0; printf "username=%s\\npassword=%s\\n" "$SHIPIT_THEIR_USER" "$SHIPIT_THEIR_PASSWORD"; }; f'

/**
 * A shell function for an address that comes from the repository (.gitmodules, .lfsconfig). `split_login ADDRESS` sets `address` to what
 * git may be called with, and `scope` and `helper` to the two values of git's credential setting that pass it the user and password from
 * the environment; both are empty if there are none. So the login is in no process list and in no config of a mirror. git itself decodes
 * user and password, on its stdin (git-credential(1)). Fails if they cannot be distinguished from the rest: then no part of the address may
 * be printed.
 */
export const splitLoginFunction = (): Command => sh`
split_login() {
  address=$1 scope= helper= SHIPIT_THEIR_USER= SHIPIT_THEIR_PASSWORD=
  export SHIPIT_THEIR_USER SHIPIT_THEIR_PASSWORD
  case $1 in (*://*) ;; (*) return 0 ;; esac
  rest=${raw('${1#*://}')} userinfo=
  server=${raw('${rest%%[/?#]*}')}
  tail=${raw('${rest#"$server"}')}
  case $server in
    (*@*) userinfo=${raw('${server%@*}')} server=${raw('${server##*@}')} ;;
    (\[*) ;;
    (*:*) case $tail in (*@*) return 1 ;; esac ;;
  esac
  case $userinfo in
    (*:*)
      case $1 in ([hH][tT][tT][pP]://* | [hH][tT][tT][pP][sS]://* | [fF][tT][pP]://* | [fF][tT][pP][sS]://*) ;; (*) return 1 ;; esac
      case $tail in (*@*) return 1 ;; esac
      asked=$userinfo
      ;;
    (????????????????????*)
      case $1 in ([hH][tT][tT][pP]://* | [hH][tT][tT][pP][sS]://*) ;; (*) return 0 ;; esac
      asked=$userinfo:
      ;;
    (*) return 0 ;;
  esac
  scope=${raw('${1%%://*}')}://$server
  address=$scope$tail
  # git's own decoding ends at an @, and splits at a colon: of these only the first stays one
  asked=$(printf '%s:' "${raw('${asked%%:*}')}"; printf '%s\n' "${raw('${asked#*:}')}" | sed 's/:/%3A/g')
  asked=$(printf '%s\n' "$asked" | sed 's/@/%40/g')
  answer=$(printf 'url=%s\n\n' "${raw('${1%%://*}')}://$asked@$server" | git -c credential.helper= credential fill 2>/dev/null) || return 1
  SHIPIT_THEIR_USER=$(printf '%s\n' "$answer" | sed -n 's/^username=//p')
  SHIPIT_THEIR_PASSWORD=$(printf '%s\n' "$answer" | sed -n 's/^password=//p')
  helper=${HELPER}
}
`

/** The error for an address that `split_login` refuses. */
export const UNCLEAR_ADDRESS =
  'an address whose user and password cannot be told apart from the rest: write / in them as %2F and @ as %40; an ssh:// address takes no password'
