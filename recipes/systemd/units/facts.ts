import { fact, sh } from '../../../src/index.ts'
import type { Command, Fact, FactsContext, ProbeResult, Sh } from '../../../src/index.ts'
import { failIfUnknown, fileFact, headerStart, listManaged, parseManaged, printFile, type FileRead } from '../../../src/kit/index.ts'
import { ownersFunction, parseOwners } from '../ownership/fact.ts'
import type { ScopeSettings } from '../scope.ts'
import type { OwnUnits } from './context.ts'

/** What the facts about unit files depend on: the use of the recipe, and whose systemd has them. */
export type UnitFactsContext = Pick<FactsContext, 'application' | 'stage' | 'usedAs' | 'paths' | 'host'> & {
  readonly settings: ScopeSettings
  readonly part?: string | undefined
}

/** The tag for commands that run as the units' user. */
export const asScopeUser = ({ settings: { user }, host }: Pick<UnitFactsContext, 'settings' | 'host'>): Sh =>
  user === null || user === host.user ? sh : sh.as(user)

/** The unit files as they are, and the units on the host that shipit wrote. `own`: the names to read; `all`: those of the whole use. */
export const unitFileFacts = (
  c: UnitFactsContext,
  own: readonly string[],
  all: readonly string[] = own,
): { files: readonly Fact<FileRead & { readonly name: string }>[]; ours: Fact<OwnUnits> } => {
  const tag = c.settings.serviceUnitUser === 'system' ? sh : asScopeUser(c)
  return {
    files: own.map((name) => {
      const { command, parse } = fileFact(inDir(c, tag)`${printFile(name)}`)
      return fact(command, (answer) => ({ name, ...parse(answer) }))
    }),
    ours: fact(inDir(c, tag)`${listUnits(c, all, tag !== sh)}`, parseUnits),
  }
}

/**
 * Asks systemd for the owners only if there is a file that this use may have written under older settings, and for running instances only
 * if there is a template of ours: an instance that was started by hand, or disabled, has no link.
 */
const listUnits = (c: UnitFactsContext, names: readonly string[], viaSudo: boolean): Command => sh`
[ -r . ] || { echo "$PWD cannot be read" >&2; exit 1; }
${listManaged()}
for one in *.wants/*@*.service; do if [ -L "$one" ]; then printf 'wants %s\n' "\${one##*/}"; fi; done
for one in ${names}; do if [ -L "$one" ]; then printf 'linked %s\n' "$one"; fi; done
set --
for file in *@.service; do
  [ -f "$file" ] && [ -r "$file" ] || continue
  line=
  IFS= read -r line < "$file" || :
  case $line in (${headerStart(c)}*) set -- "$@" "$(printf '%s' "\${file%.service}" | sed 's/\\/\\\\/g')*.service" ;; esac
done
if [ $# -gt 0 ]; then
  ${instances(c.settings)} "$@" 2>/dev/null | while read -r one _ active _; do
    case $active in (inactive) ;; (*) printf 'runs %s\n' "$one" ;; esac
  done
fi
set --
for file in *.service *.socket; do
  case ${` ${names.join(' ')} `} in (*" $file "*) continue ;; esac
  case $file in (*[[:cntrl:][:space:]]*) continue ;; esac
  [ -f "$file" ] && [ -r "$file" ] || continue
  line=
  IFS= read -r line < "$file" || :
  case $line in (${headerStart(c)}*) ;; (*) continue ;; esac
  case $file in (*@.service) set -- "$@" "\${file%.service}1.service" ;; (*) set -- "$@" "$file" ;; esac
done
if [ $# -gt 0 ]; then
${ownersFunction(c.settings, c.paths, viaSudo)}
echo ${OWNERS}
owners "$@" || :
fi`

/** Lists the units that systemd has loaded, by patterns. */
const instances = ({ serviceUnitUser, systemctlBin: bin }: ScopeSettings): Command => {
  const words = ['list-units', '--all', '--plain', '--no-legend']
  return serviceUnitUser === 'system'
    ? sh`${bin} ${words}`
    : sh`XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}" ${bin} --user ${words}`
}

const OWNERS = '== owners'

const parseUnits = ({ ok, code, stdout, stderr }: ProbeResult): OwnUnits => {
  const [list = '', owners] = ok ? stdout.split(`${OWNERS}\n`) : []
  return {
    files: parseManaged(list),
    instances: [...new Set(Array.from(list.matchAll(/^(?:wants|runs) (.+)$/gm), ([, name]) => name!))],
    links: Array.from(list.matchAll(/^linked (.+)$/gm), ([, name]) => name!),
    unread: Array.from(stderr.matchAll(/^.*\/(.+\.(?:service|socket)): Permission denied$/gm), ([, name]) => name!),
    owner: owners === undefined ? undefined : parseOwners({ ok, code, stdout: owners, stderr }),
  }
}

/** Runs in the folder of the unit files; does nothing if it does not exist. */
const inDir =
  (c: UnitFactsContext, tag: Sh) =>
  (template: TemplateStringsArray, ...values: (string | Command)[]): Command => {
    // with the dot: tests that the folder can be entered, not just seen
    const dir = c.settings.serviceUnitUser === 'system' ? sh`/etc/systemd/system/.` : sh`"$HOME/.config/systemd/user/."`
    return tag`cd ${dir} 2>/dev/null || { ${failIfUnknown(dir)}; exit 0; }; ${sh(template, ...values)}`
  }
