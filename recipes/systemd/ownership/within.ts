import { sh } from '../../../src/index.ts'
import type { Command, Paths } from '../../../src/index.ts'

/**
 * Shell: `top` is the real path of this application's deploy path. `within DIR` prints DIR as seen from it, following links one by one
 * until they reach it: `./current/app`, `./releases/20261122141200`; `^` for a folder above it; the real path for one elsewhere. So a
 * folder that leads through `current` differs from one that names a release. `viaSudo`: another user runs this, whose home is not ours.
 */
export const withinFunction = ({ deployTo }: Pick<Paths, 'deployTo'>, viaSudo: boolean): Command => {
  const [, rest] = /^~\/(.*)$/.exec(String(deployTo)) ?? []
  const top = rest === undefined || !viaSudo ? sh`top=${deployTo}` : sh`top=$(getent passwd "$SUDO_USER" | cut -d: -f6)/${rest}`
  return sh`${top}
top=$(cd "$top" 2>/dev/null && pwd -P || printf '%s' "$top")
within() {
  left=$1/ at= hops=0
  while [ -n "$left" ]; do
    left=\${left#/} one=\${left%%/*}
    case $left in (*/*) left=/\${left#*/} ;; (*) left= ;; esac
    case $one in (''|.) continue ;; (..) at=\${at%/*}; continue ;; esac
    if [ -L "$at/$one" ] && [ "$at/$one" != "$top" ] && [ "$hops" -lt 40 ]; then
      hops=$((hops + 1)) to=$(readlink "$at/$one")
      case $to in (/*) at= left=$to$left ;; (*) left=/$to$left ;; esac
    else at=$at/$one; fi
    if [ "$at" = "$top" ]; then printf '.%s\n' "\${left%/}"; return; fi
  done
  case $top/ in ("$at"/*) printf '^\n' ;; (*) printf '%s\n' "$at" ;; esac
}`
}
