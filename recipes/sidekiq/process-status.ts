import { sh } from '../../src/index.ts'
import type { StatusFacts } from '../../src/index.ts'
import { serviceStatus } from '../../src/kit/index.ts'
import type { Asking, Manager } from './manager.ts'
import { ownerShell } from './ruby/index.ts'

/** The processes of a manager that knows only whether they run. */
export const processStatus = (c: Asking, by: Manager): StatusFacts => {
  const { tag, setup } = ownerShell(c, by)
  return {
    processes: serviceStatus(
      [],
      sh`${setup}
pids | while read -r name pid; do
  case $pid in
    (''|0) printf '%s 0 no down\n' "$name" ;;
    (*) printf '%s %s yes runs\n' "$name" "$pid" ;;
  esac
done`,
      tag,
    ),
  }
}
