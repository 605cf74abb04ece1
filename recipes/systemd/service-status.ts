import { sh } from '../../src/index.ts'
import type { FactsContext, StatusFacts } from '../../src/index.ts'
import { serviceStatus } from '../../src/kit/index.ts'
import { isHere, type ServiceDefinition } from './service-definition.ts'
import { VALUE_FUNCTION } from './systemctl.ts'

const SHOWN = 'LoadState,ActiveState,Type,MainPID,TriggeredBy'

/**
 * The status of a service on a host: a row for each of its units. `workers`: the children of the main process count in its place, because
 * the main process stays in the folder that it was started in. False if the service is not on this host.
 */
export const statusOf = <S, H>(
  definition: ServiceDefinition<S, H>,
  c: FactsContext<S>,
  { workers = false }: { readonly workers?: boolean } = {},
): StatusFacts | false => {
  if (!isHere(definition, c)) return false
  const { scope, units } = definition.describe(c.settings)
  const { user, systemctlBin: bin } = scope
  const system = scope.serviceUnitUser === 'system'
  const ctl = system ? [bin] : [bin, '--user']
  const other = !system && user !== null && user !== c.host.user
  const list = sh`
${VALUE_FUNCTION}
${system ? sh`:` : sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"`}
for unit in ${units}; do
  output=$(${ctl} show -p ${SHOWN} "$unit") || continue
  pid=$(value MainPID) state=$(value ActiveState) up=no children=
  case $(value LoadState)/$state/$(value Type)/$(value TriggeredBy) in
    (not-found/*) state='not installed' ;;
    (*/active/* | */reloading/* | */refreshing/*) up=yes ;;
    # it runs when its timer or its socket starts it
    (*/inactive/oneshot/* | */inactive/*/?*) up=yes ;;
  esac
  ${workers ? sh`if [ "\${pid:-0}" != 0 ]; then children=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) || children=; fi` : sh`:`}
  for one in \${children:-\${pid:-0}}; do printf '%s %s %s %s\n' "$unit" "$one" "$up" "$state"; done
done`
  return { services: serviceStatus(units, list, other ? sh.as(user) : sh) }
}
