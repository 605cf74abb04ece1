import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command, RunContext } from '../../../src/index.ts'
import { foreignFile } from '../../foreign.ts'
import type { Settings } from '../settings.ts'
import { markOf, sudoCalls, type SudoersHost } from './rules.ts'

/** exit code if the file belongs to another application */
const FOREIGN = 66

type Of = Pick<RunContext<Settings>, 'settings' | 'application' | 'stage' | 'usedAs' | 'shipit'>

/**
 * Writes the file under a temporary name first, which sudo ignores because of its dot, checks it with visudo, and only then moves it into
 * place: a mistake in one sudoers file locks everybody out of sudo. Then asks sudo itself whether it allows each call.
 */
export const installRules = (c: Of, host: SudoersHost, name: string, text: string): Command => {
  const file = `/etc/sudoers.d/${name}`
  const asked = sudoCalls(c, host).map(({ as, words }) => sh`may ${as} ${words};`)
  return sh.as('root')`
PATH=$PATH:/usr/sbin:/sbin
work=/etc/sudoers.d/${`.${name}.new`}; trap 'rm -f "$work"' EXIT
if [ -e ${file} ] && ! grep -qF -e ${markOf(c)} ${file}; then echo ${`${file} ${foreignFile(c)}`} >&2; exit ${FOREIGN}; fi
umask 227
rm -f "$work"; printf '%s' ${text} > "$work"
visudo -cqf "$work"
mv -f "$work" ${file}
may() { as=$1; shift; sudo -n -l -U ${host.user} -u "$as" "$@" >/dev/null || { echo "sudo does not allow it yet: $*" >&2; exit 1; }; }
${asked}
`
    .title(`write ${file}`)
    .hint(({ code, stderr }) =>
      code === FOREIGN
        ? `look at it: sudo cat ${file}. If nobody needs it: sudo rm ${file}`
        : sudoRefused(stderr)
          ? `only root may write there: ${c.shipit('sidekiq:sudoers', '--install', '--set', 'ssh.user=root')}`
          : `see what sudoers(5) reads of /etc/sudoers.d: is there an #includedir, or @includedir, in /etc/sudoers?`,
    )
}
