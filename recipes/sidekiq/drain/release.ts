import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import type { Context, Manager } from '../manager.ts'
import { place } from './run.ts'

/**
 * Fails when a process runs in another folder than that of this run's release (outside a deploy: than the live one). Whose folder the
 * kernel does not show to the deploy user is a note. A host that gets no releases has what somebody else put there: that is its `current`.
 */
export const verifyRelease = (c: Context, by: Manager): Command => {
  const { tag, lines } = place(c, by)
  const release = c.host.release
    ? sh`release=$(cd ${c.paths.release} && pwd -P)`
    : sh`release=$(cd ${c.paths.current} 2>/dev/null && pwd -P) || { echo ${`${c.host.name} gets no releases, and has none: nothing to compare`}; exit 0; }`
  return tag`${lines}
${release}
pids | {
  code=0
  while read -r name pid; do
    case $pid in (''|0) continue ;; esac
    cwd=$(readlink "/proc/$pid/cwd") || {
      if [ -d "/proc/$pid" ]; then echo "$name (PID $pid): the release that it runs from cannot be seen, it is another user's"; fi
      continue
    }
    case $cwd in
      ("$release"|"$release"/*) ;;
      (*) echo "$name (PID $pid) runs in $cwd, not in $release" >&2; code=1 ;;
    esac
  done
  exit "$code"
}`
    .title('check that Sidekiq runs from this release')
    .hint(
      `it has to start in ${c.paths.current}, the link to the live release (in a unit: WorkingDirectory=). Then: shipit ${c.stage} sidekiq:restart`,
    )
}
