import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { remedy } from './remedies.ts'
import { ownerOf, type Context, type ScopeSettings } from './scope.ts'
import { scoped, systemctl } from './systemctl.ts'

type Names = readonly string[]

/** Shows the status of the units. A unit that is down (exit code 3) or missing (4) is an answer, not a failure. */
export const showStatus = (c: Context, names: Names): Command => {
  const status = [...systemctl(c), 'status', '--no-pager', '--full', ...names]
  return scoped(c)`${status} || { code=$?; case $code in 3 | 4) ;; *) exit "$code" ;; esac; }`
    .title(status.join(' '))
    .hint(remedy(c, names, 'check'))
}

/** Shows the last lines of the units' journal, and follows it. */
export const showLog = (c: Context, names: Names, lines: number): Command => {
  const scope = c.settings.serviceUnitUser === 'user' ? ['--user'] : []
  return scoped(c)`journalctl ${scope} --no-pager -n ${lines} -f ${names.flatMap((name) => ['-u', name])}`
    .follow()
    .hint(({ stderr }) =>
      /insufficient permissions|not seeing messages|No journal files/.test(stderr)
        ? `${ownerOf(c) || 'the user'} may not read the journal. As root: usermod -aG systemd-journal ${ownerOf(c) || 'USER'}`
        : undefined,
    )
}

/**
 * Without lingering, a user's systemd and its services end soon after the last session: started units would end, and enabled ones would not
 * start at boot.
 */
export const lingers = (c: Context): Command => {
  const user = ownerOf(c)
  const text = `${user} does not linger: ${c.service?.name ?? 'Sidekiq'} ends soon after logout`
  return sh`${lingering(c.settings, user)} || { echo ${text} >&2; exit 1; }`
    .title(`check that ${user} lingers`)
    .hint(`sudo loginctl enable-linger ${user}`)
}

/**
 * Whether a user lingers: logind keeps a file for each one that does. On some hosts that systemd is enabled at boot instead. Otherwise its
 * unit is `static`, for which `is-enabled` exits with 0 as well, so its output counts.
 */
export const lingering = ({ systemctlBin: bin }: Pick<ScopeSettings, 'systemctlBin'>, user: string | undefined): Command =>
  user === undefined
    ? sh`{ test -e "/var/lib/systemd/linger/$(id -un)" || [ "$(${bin} is-enabled "user@$(id -u).service" 2>/dev/null)" = enabled ]; }`
    : sh`{ test -e ${`/var/lib/systemd/linger/${user}`} || [ "$(${bin} is-enabled "user@$(id -u ${user}).service" 2>/dev/null)" = enabled ]; }`
