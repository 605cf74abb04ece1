import { sh, sudoRefused } from '../../index.ts'
import type { Command } from '../../index.ts'
import { foreignFileText } from '../files/ownership.ts'
import { sudoersFile } from './sudoers-remedy.ts'
import {
  defaultBin,
  type SudoersContext,
  type SudoersHost,
  sudoersLines,
  type SudoersRules,
  sudoersStart,
  sudoersText,
} from './sudoers-rules.ts'

/** exit code if the file has rules that shipit did not write */
const FOREIGN = 66

/**
 * Writes the file under a temporary name first, which sudo ignores because of its dot, checks it with visudo, and only then moves it into
 * place: a mistake in one sudoers file locks everybody out of sudo. Then asks sudo itself whether it allows each call.
 */
export const installSudoers = <S>(rules: SudoersRules<S>, c: SudoersContext<S>, host: SudoersHost): Command => {
  const name = sudoersFile(c, rules.part)
  const file = `/etc/sudoers.d/${name}`
  const text = sudoersText(rules, c, sudoersLines(rules, c.settings, host))
  const asked = rules.calls(c.settings, host).map(({ as, words }) => sh`may ${as} ${words};`)
  return sh.as('root')`
PATH=$PATH:/usr/sbin:/sbin
work=/etc/sudoers.d/${`.${name}.new`}; trap 'rm -f "$work"' EXIT
if [ -e ${file} ] && ! grep -qF -e ${sudoersStart(rules, c)} ${file} && ${hasForeignLine(rules, c.settings, host, file)}; then echo ${`${file} ${foreignFileText(c)}`} >&2; exit ${FOREIGN}; fi
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
        ? `look at it: sudo cat ${file}. If nothing needs it: sudo rm ${file}`
        : sudoRefused(stderr)
          ? `only root may write there: ${c.shipit(rules.task, '--install', '--set', 'ssh.user=root')}`
          : 'check that sudo reads /etc/sudoers.d: /etc/sudoers needs the line @includedir /etc/sudoers.d (or #includedir)',
    )
}

/**
 * Shell: succeeds if the file has a line that shipit would not write. The remedy of the checks puts all commands on one line, with the usual path of
 * the program; a file with that line, or a part of it, may be replaced.
 */
export const hasForeignLine = <S>(rules: SudoersRules<S>, settings: S, host: SudoersHost, file: string): Command => {
  const usual = { ...host, bin: defaultBin(rules, settings) }
  const own = [...new Set([...sudoersLines(rules, settings, host), ...sudoersLines(rules, settings, usual)])]
  return sh`sed -e '/^[[:space:]]*$/d' -e ':next
s/^\([^)]*) NOPASSWD: \)\(.*[^\\]\), /\1\2\
\1/
t next' ${file} | grep -qvxF -e ${own.join('\n')}`
}
