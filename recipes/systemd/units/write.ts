import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { CHANGED, failIfChanged, joinLines } from '../../../src/kit/index.ts'
import { unitDir } from '../scope.ts'
import { inScope } from '../systemctl.ts'
import { asRoot } from './as-root.ts'
import type { UnitContext, WantedUnit } from './context.ts'
import type { UnitFile } from './drift.ts'

/** exit code of {@link writeUnit} if systemd rejects the file */
const REFUSED = 65

/**
 * Writes a unit file. It is first written under its final name to a temporary folder, where systemd can verify it without using it;
 * messages about other units are ignored. Then it replaces the old file in one step, unless it has changed since it was read: another
 * application may have installed a unit of the same name in the meantime. A link is kept as a link, and its target stays as it is.
 * `others`: units that it names and that may not be there yet, such as its socket.
 */
export const writeUnit = (c: UnitContext, { name, text, now, foreign, link }: UnitFile, others: readonly WantedUnit[] = []): Command => {
  const system = c.settings.serviceUnitUser === 'system'
  const dir = unitDir(c)
  const file = `${String(dir)}/${name}`
  // systemd verifies a template through an instance
  const read = name.replace('@.', '@1.')
  const tag = system ? sh.as('root') : inScope(c)
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
${others.length === 0 ? [] : joinLines(others.map((one) => sh`printf '%s' ${one.text} > "$work"/${one.name}`))}
if command -v systemd-analyze >/dev/null; then
  systemd-analyze ${system ? [] : ['--user']} verify "$work/$unit" > "$work"/output 2>&1 || :
  wrong=$(own < "$work"/output)
  if [ -n "$wrong" ]; then printf '%s\n' "$wrong" >&2; exit ${REFUSED}; fi
fi
mkdir -p ${dir}
if [ -e ${file} ] || [ -L ${file} ]; then there=1; else there=; fi
${failIfChanged(file, now ?? '')}
${link ? [] : sh`if [ -L ${file} ]; then echo ${`${file}: another program put a link there after shipit read it`} >&2; exit ${CHANGED}; fi`}
${foreign ? sh`cp ${link ? '-pP' : '-p'} --backup=numbered ${file} ${`${file}.before-shipit`}` : []}
new=${dir}/${`.${name}.new`}$$; trap 'rm -rf "$work" "$new"' EXIT
cp "$work/$unit" "$new"
if [ -z "$there" ]; then
${create(file)}
else
mv -f "$new" ${file}
fi
printf '%s\n' ${`wrote ${file}`}
`
    .title(`write ${file}`)
    .hint(({ code, stderr }) => {
      if (code === CHANGED) return `the file was not touched. Check who wrote it, then run: ${c.shipit(`${c.service.tasks}:install`)}`
      if (code === REFUSED) return `systemd rejected this unit, so the file was left as it was: check ${c.service.refused ?? 'directives'}`
      return system && sudoRefused(stderr) ? asRoot(c, 'install') : undefined
    })
}

/** `ln` fails if a file has just appeared, but also if the file system has no hard links; then `mv -n` leaves a new file alone. */
const create = (file: string): Command => sh`ln "$new" ${file} 2>"$work"/output || {
  if [ -e ${file} ] || [ -L ${file} ]; then cat "$work"/output >&2; exit ${CHANGED}; fi
  mv -n "$new" ${file}
  if [ -e "$new" ]; then echo ${`${file}: another program wrote it after shipit read it`} >&2; exit ${CHANGED}; fi
}`
