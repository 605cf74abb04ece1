import { sh } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { otherUser, ownerOf } from '../../systemd/scope.ts'
import type { Context } from '../manager.ts'

/**
 * Lets a user's systemd run from boot on, without a session. logind keeps a file for each such user. For the login user this needs no sudo
 * if polkit has its default rules. Then waits up to 10 s for that systemd.
 */
export const linger = (c: Context): readonly Command[] => {
  if (c.settings.serviceUnitUser === 'system' || c.facts.linger?.ok === true) return []
  const user = ownerOf(c)
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
