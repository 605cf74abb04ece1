import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { otherUser, scopeUser, type Context, type ScopeSettings } from './scope.ts'

/**
 * Lets a user's systemd run from boot on, without a session. logind keeps a file for each such user. For the login user this needs no sudo
 * if polkit has its default rules. Then waits up to 10 s for that systemd.
 */
export const enableLinger = (c: Context): readonly Command[] => {
  if (c.settings.serviceUnitUser === 'system' || c.facts.linger === true) return []
  const user = scopeUser(c)
  const file = `/var/lib/systemd/linger/${user}`
  const enable =
    otherUser(c) === undefined
      ? sh`loginctl enable-linger ${user} 2>/dev/null || sudo -n loginctl enable-linger ${user}`
      : sh`sudo -n loginctl enable-linger ${user}`
  return [
    sh`${enable}
uid=$(id -u ${user})
for _ in 1 2 3 4 5 6 7 8 9 10; do if ${c.settings.systemctlBin} is-active --quiet "user@$uid.service"; then break; fi; sleep 1; done
test -e ${file}`
      .title(`let ${user} linger`)
      .hint(`as root: loginctl enable-linger ${user}`),
  ]
}

/**
 * Without lingering, a user's systemd and its services end soon after the last session: started units would end, and enabled ones would not
 * start at boot.
 */
export const verifyLinger = (c: Context): Command => {
  const user = scopeUser(c)
  const text = `${user} does not linger: ${c.service.name} ends soon after logout`
  return sh`${lingerTest(c.settings, user)} || { echo ${text} >&2; exit 1; }`
    .title(`check that ${user} lingers`)
    .hint(`sudo loginctl enable-linger ${user}`)
}

/**
 * Whether a user lingers: logind keeps a file for each one that does. On some hosts that systemd is enabled at boot instead. Otherwise its
 * unit is `static`, for which `is-enabled` exits with 0 as well, so its output counts.
 */
export const lingerTest = ({ systemctlBin: bin }: Pick<ScopeSettings, 'systemctlBin'>, user: string | undefined): Command =>
  user === undefined
    ? sh`{ test -e "/var/lib/systemd/linger/$(id -un)" || [ "$(${bin} is-enabled "user@$(id -u).service" 2>/dev/null)" = enabled ]; }`
    : sh`{ test -e ${`/var/lib/systemd/linger/${user}`} || [ "$(${bin} is-enabled "user@$(id -u ${user}).service" 2>/dev/null)" = enabled ]; }`
