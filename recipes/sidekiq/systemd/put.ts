import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { unitDir } from '../../systemd/scope.ts'
import { scoped } from '../../systemd/systemctl.ts'
import type { Context } from '../manager.ts'
import type { UnitFile } from './files.ts'
import { asRoot } from './root.ts'

/** exit code of {@link put} if systemd rejects the file */
const REFUSED = 65

/**
 * Writes a unit file. It is first written under its final name to a temporary folder, where systemd can verify it without using it;
 * messages about other units are ignored. Then it replaces the old file in one step.
 */
export const put = (c: Context, { name, text, foreign }: UnitFile): Command => {
  const system = c.settings.serviceUnitUser === 'system'
  const dir = unitDir(c)
  // systemd verifies a template through an instance
  const read = name.replace('@.', '@1.')
  const tag = system ? sh.as('root') : scoped(c)
  return tag`
umask 022
unit=${read}; work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
own() {
  while IFS= read -r line; do
    case $line in
      *obsolete* | *deprecated*) ;;
      "$work/$unit":* | "$unit":* | "Unit $unit "*) printf '%s\n' "\${line#$work/}" ;;
    esac
  done
}
printf '%s' ${text} > "$work/$unit"
if command -v systemd-analyze >/dev/null; then
  systemd-analyze ${system ? [] : ['--user']} verify "$work/$unit" > "$work"/said 2>&1 || :
  wrong=$(own < "$work"/said)
  if [ -n "$wrong" ]; then printf '%s\n' "$wrong" >&2; exit ${REFUSED}; fi
fi
mkdir -p ${dir}
${foreign ? sh`cp -p --backup=numbered ${dir}/${name} ${dir}/${`${name}.before-shipit`}` : []}
cp "$work/$unit" ${dir}/${`.${name}.new`}
mv -f ${dir}/${`.${name}.new`} ${dir}/${name}
printf '%s\n' ${`wrote ${String(dir)}/${name}`}
`
    .title(`write ${String(dir)}/${name}`)
    .hint(({ code, stderr }) => {
      if (code === REFUSED) return 'systemd would not take this unit, and so the file is as it was: look at directives, or unitTemplate'
      return system && sudoRefused(stderr) ? asRoot(c, 'install') : undefined
    })
}
