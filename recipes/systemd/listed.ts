import { fact, sh } from '../../src/index.ts'
import type { Command, Fact } from '../../src/index.ts'
import type { ScopeSettings } from './scope.ts'

type Asked = Pick<ScopeSettings, 'serviceUnitUser' | 'systemctlBin'>

/**
 * The names of the services that somebody wrote for this host, and of the instances of their templates: what is in the folders of an
 * administrator or of the account that logs in, not what came with packages (systemd.unit(5)).
 */
export const listedFact = (asked: Asked): Fact<readonly string[]> =>
  fact(list(asked), ({ stdout }) => [...new Set(stdout.split('\n').filter((name) => name.endsWith('.service')))].sort())

const list = ({ serviceUnitUser, systemctlBin: bin }: Asked): Command => {
  const system = serviceUnitUser === 'system'
  const ctl = system ? [bin] : [bin, '--user']
  const session = system ? sh`:` : sh`export XDG_RUNTIME_DIR="\${XDG_RUNTIME_DIR:-/run/user/$(id -u)}"`
  const dirs = system ? SYSTEM : USER
  const loaded = ['list-units', '--all', '--type=service', '--plain', '--no-legend', '--no-pager', '--full']
  // a link to a file of a package is another name for it, or switches it off
  return sh`${session}
own() {
  [ ! -L "$1" ] || case $(readlink "$1") in (/dev/null|/lib/*|/usr/lib/*) return 1 ;; esac
  [ -e "$1" ] || [ -L "$1" ]
}
loaded=$(${ctl} ${loaded} 2>/dev/null | sed 's/ .*//')
for dir in ${dirs}; do
  case $dir in ('~'/*) dir=$HOME/\${dir#??} ;; esac
  for file in "$dir"/*.service; do
    own "$file" || continue
    name=\${file##*/}
    case $name in
      (*@.service)
        for link in "$dir"/*.wants/"\${name%.service}"?*.service; do if [ -L "$link" ]; then printf '%s\n' "\${link##*/}"; fi; done
        for one in $loaded; do case $one in ("\${name%.service}"?*) printf '%s\n' "$one" ;; esac; done ;;
      (*) printf '%s\n' "$name" ;;
    esac
  done
done`.title('list the services')
}

const SYSTEM = ['/etc/systemd/system', '/run/systemd/system', '/usr/local/lib/systemd/system']
const USER = ['~/.config/systemd/user', '~/.local/share/systemd/user', '/etc/systemd/user', '/usr/local/lib/systemd/user']
