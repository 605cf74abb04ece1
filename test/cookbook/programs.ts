import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Fails as long as ~/down exists, like an application that does not answer. */
const ANSWERS = '[ ! -e "$HOME/down" ]'

/** sudo without a password: it runs what follows its options. */
const SUDO = `while :; do case \${1-} in
  -l) exit 0 ;;
  -u | -g) shift 2 ;;
  --) shift; break ;;
  -*) shift ;;
  *) break ;;
esac; done
exec "$@"`

/** What servers of the cookbook have, and this machine may not. Each writes its words to ~/calls, then does this. */
const PROGRAMS: Readonly<Record<string, string>> = {
  bundle: '',
  composer: '',
  curl: `case " $* " in *' --config - '*) cat >>"$HOME/calls" ;; esac; ${ANSWERS}`,
  docker: 'case $1 in login) cat >>"$HOME/calls"; echo >>"$HOME/calls" ;; esac; [ -z "${TAG-}" ] || echo "TAG=$TAG" >>"$HOME/calls"',
  node: '',
  npm: 'case "$*" in "run build") mkdir -p dist; echo built >dist/app.js ;; esac',
  pg_dump: 'for word; do case $word in --file=*) echo dump >"${word#--file=}" ;; esac; done',
  pg_restore: 'for word; do :; done; cat "$word" >>"$HOME/calls"',
  php: '',
  setfacl: '',
  sudo: SUDO,
  systemctl: '',
  terraform: `echo '[{"ip":"app1.example.com","role":"app"},{"ip":"db1.example.com","role":"db"}]'`,
  wp: '',
}

/** Writes the programs into this folder, and returns a PATH that begins with it. */
export const withPrograms = (dir: string): string => {
  mkdirSync(dir, { recursive: true })
  for (const [name, text] of Object.entries(PROGRAMS)) {
    writeFileSync(join(dir, name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"$HOME/calls"\n${text}\n`)
    chmodSync(join(dir, name), 0o755)
  }
  return `${dir}${delimiter}${process.env['PATH'] ?? ''}`
}
