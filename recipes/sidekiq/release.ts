import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import type { Context, Manager } from './manager.ts'
import { forEachProcess } from './ruby/index.ts'

/** Exit code if a process's release is not known: a warning. */
const UNKNOWN = 3

/**
 * Fails if a process runs in a folder other than this run's release (outside a deploy: the live one). If the kernel hides a process's
 * folder from the deploy user, the process must have started after the switch, in a unit whose WorkingDirectory is the `current` link; if
 * that is not known either, it is a warning. On a host that gets no releases, the release is whatever is at `current`.
 */
export const verifyRelease = (c: Context, by: Manager): Command => {
  const release = c.host.release
    ? sh`release=$(cd ${c.paths.release} && pwd -P)`
    : sh`release=$(cd ${c.paths.current} 2>/dev/null && pwd -P) || { echo ${`${c.host.name} has no releases: nothing to compare`}; exit 0; }`
  return forEachProcess(
    c,
    by,
    sh`${release}
${olderFunction(c)}
${by.placed?.(c) ?? sh`placed() { return 1; }`}`,
    sh`cwd=$(readlink "/proc/$pid/cwd") || {
      if [ ! -d "/proc/$pid" ]; then continue; fi
      if older "$pid"; then echo "$name (PID $pid) started before the switch to $release, so it runs an older release" >&2; code=1; continue; fi
      if placed "$name"; then echo "$name (PID $pid) started after the switch, in current"; continue; fi
      echo "$name (PID $pid): cannot tell which release it runs, because it belongs to another user" >&2
      if [ "$code" = 0 ]; then code=${UNKNOWN}; fi
      continue
    }
    case $cwd in
      ("$release"|"$release"/*) ;;
      (*) echo "$name (PID $pid) runs in $cwd, not in $release" >&2; code=1 ;;
    esac`,
  )
    .title('check that Sidekiq runs from this release')
    .allowFailure({ codes: [UNKNOWN] })
    .hint(({ code }) =>
      code === UNKNOWN
        ? `set WorkingDirectory=${c.paths.current} in the unit: then its release is known`
        : `make it start in ${c.paths.current}, the link to the live release (in a unit: WorkingDirectory=). Then: ${c.shipit('sidekiq:restart')}`,
    )
}

/** Shell function `older PID`: whether a process started before the `current` link was made. If the kernel does not show that, it counts as newer. */
const olderFunction = (c: Context): Command => sh`older() {
  link=$(stat -c %Y ${c.paths.current} 2>/dev/null) || return 1
  ticks=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20)
  up=$(cut -d. -f1 /proc/uptime 2>/dev/null)
  case $link$ticks$up in (''|*[!0-9]*) return 1 ;; esac
  [ $((up - ticks / $(getconf CLK_TCK 2>/dev/null || echo 100))) -gt $(($(date +%s) - link + 2)) ]
}`
