import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { installed, remedy } from './remedies.ts'
import { ask } from './talk.ts'
import { watched, type Context } from './watched.ts'

/**
 * Checks after a silence that each service is up and its process exists. Inspeqtor never alerts about a service that died in the silence
 * and stays down, and does not even mention one that no init system knows. Its status is as old as its last cycle.
 */
export const verify = (c: Context): StepList => {
  const names = watched(c).map(({ name }) => name)
  if (names.length === 0 || !installed(c)) return []
  const command = looks(c, names, c.settings.upTimeout, UP)
    .title(`check that Inspeqtor sees ${names.join(', ')} up`)
    .hint((failed) => found(c, failed.stdout) ?? `${remedy(c)(failed)}`)
  return [c.settings.optional ? command.allowFailure() : command]
}

/** Checks after new files that Inspeqtor mentions each service. */
export const known = (c: Context, names: readonly string[]): Command =>
  looks(c, names, Math.max(20, 2 * (c.settings.conf?.cycleTime ?? 15)), KNOWN)
    .title(`check that Inspeqtor knows ${names.join(', ')}`)
    .hint((failed) => found(c, failed.stdout) ?? `${remedy(c)(failed)}`)

/**
 * Shell tests of an answer: `$line` is the service's line, `$pid` the process id in it. The process is gone if kill finds no such process.
 */
const UP = `case $line in (*'[Up/'*) case $(kill -0 "$pid" 2>&1) in (*'o such'*) return 1 ;; esac ;; (*) return 1 ;; esac`
const KNOWN = `[ -n "$line" ]`

const looks = (c: Context, names: readonly string[], seconds: number, test: string): Command => sh`
LC_ALL=C; export LC_ALL
fine() { eval ${test}; }
n=0
while :; do
  status=$(${ask(c, 'status')}) || { printf '%s\n' "$status"; exit 1; }
  bad=
  for name in ${names}; do
    line=$(printf '%s\n' "$status" | grep -F "Service: $name [" | head -n 1) || :
    pid=\${line##*/}; pid=\${pid%%]*}
    fine || bad="$bad$name: \${line:-not mentioned}
"
  done
  [ -n "$bad" ] || exit 0
  [ "$n" -lt ${seconds} ] || { printf '%s' "$bad"; exit 1; }
  n=$((n + 2))
  sleep 2
done`

const found = (c: Context, stdout: string): string | undefined => {
  const absent = [...stdout.matchAll(/^(.+): not mentioned$/gm)].map(([, name]) => name!)
  if (absent.length > 0)
    return `no init system of the host knows ${absent.join(', ')}, so that Inspeqtor watches nothing: is the unit installed, enabled, and named so? Inspeqtor sees no units of a user's own systemd. Is its file read? ${c.shipit('inspeqtor:install')}`
  if (/\[(Down|Up)\//.test(stdout))
    return 'it is down, and because it went down while Inspeqtor was silent no alert will ever tell: start it, and see its log'
  return undefined
}
