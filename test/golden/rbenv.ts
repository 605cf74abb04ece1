import type { Golden } from './bundler.ts'

const list = `list() { for one in "$root"/versions/*/bin/ruby; do if [ -x "$one" ]; then one=\${one%/bin/ruby}; echo "installed: \${one##*/}" >&2; fi; done; }`
const look = (root: string, version: string, dir: string, prefix: string) => `root=${root}
${list}
if [ ! -d "$root" ]; then
  echo "there is no rbenv in $root" >&2
  for one in "$HOME/.rbenv" /usr/local/rbenv /usr/lib/rbenv /opt/rbenv; do if [ -d "$one/versions" ]; then echo "there is one in $one" >&2; fi; done
  exit 3
fi
${version}
if [ ! -x "$root/shims/ruby" ]; then echo "there is no $root/shims/ruby" >&2; list; exit 5; fi
if [ -d ${dir} ]; then cd ${dir}; fi
output=$(${prefix}"$root/shims/ruby" -v 2>&1) || { printf '%s\\n' "$output" >&2; list; exit 6; }
ruby=$(command -v ruby || echo nothing)
if [ "$ruby" != "$root/shims/ruby" ]; then echo "the PATH leads to $ruby, not to $root/shims/ruby" >&2; exit 7; fi
printf '%s\\n' "$output"`
const version = (name: string, dirs: string) => `found=
for one in ${dirs}; do if [ -x "$root/versions/$one" ]; then found=1; fi; done
if [ -z "$found" ]; then echo 'rbenv: Ruby ${name} is not installed' >&2; list; exit 4; fi`
const CURRENT = '/srv/shop/current'

export const golden: readonly Golden[] = [
  {
    title: 'a set version is looked up by its name before anything runs',
    settings: { ruby: '3.4.1' },
    steps: [look('"$HOME"/.rbenv', version('3.4.1', '3.4.1/bin/ruby'), CURRENT, 'RBENV_VERSION=3.4.1 ')],
  },
  {
    title: 'a version with the prefix ruby- is found in both folders, as by rbenv',
    settings: { ruby: 'ruby-3.4.1', path: '/usr/local/rbenv/' },
    steps: [look('/usr/local/rbenv', version('ruby-3.4.1', 'ruby-3.4.1/bin/ruby 3.4.1/bin/ruby'), CURRENT, 'RBENV_VERSION=ruby-3.4.1 ')],
  },
  { title: 'an unset version is left to rbenv, in the live release', steps: [look('"$HOME"/.rbenv', '', CURRENT, '')] },
  {
    title: 'an unset version is checked again in the new release, which may have another .ruby-version',
    task: 'check_release',
    steps: [look('"$HOME"/.rbenv', '', '/srv/shop/releases/20261123100000', '')],
  },
  { title: 'a set version is not checked again', task: 'check_release', settings: { ruby: '3.4.1' }, steps: [] },
]
