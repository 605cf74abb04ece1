import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { whereInstalled } from '../rules/index.ts'
import { request } from './control-socket.ts'
import type { Context } from './facts.ts'
import { remedy } from './remedies.ts'
import { INSPEQTOR_WATCHER, watchedServices } from './services.ts'

/**
 * Checks after a silence that each service is up and its process exists. Inspeqtor never alerts about a service that died during the silence
 * and stays down, and does not even mention one that no init system knows. Its status is as old as its last cycle.
 */
export const verifyUp = (c: Context): StepList =>
  whereInstalled(c, INSPEQTOR_WATCHER, () => {
    const names = watchedServices(c).map(({ name }) => name)
    const command = waitUntil(c, names, c.settings.upTimeout, IS_UP).title(`check that Inspeqtor reports ${names.join(', ')} as up`)
    return [names.length > 0 && (c.settings.optional ? command.allowFailure() : command)]
  })

/** Checks after new files that Inspeqtor mentions each service. */
export const verifyKnown = (c: Context, names: readonly string[]): Command =>
  waitUntil(c, names, Math.max(20, 2 * (c.settings.conf?.cycleTime ?? 15)), IS_KNOWN).title(
    `check that Inspeqtor knows ${names.join(', ')}`,
  )

/**
 * Shell tests of an answer: `$line` is the service's line, `$pid` the process id in it. The process is gone if kill finds no such process.
 */
const IS_UP = `case $line in (*'[Up/'*) case $(kill -0 "$pid" 2>&1) in (*'o such'*) return 1 ;; esac ;; (*) return 1 ;; esac`
const IS_KNOWN = `[ -n "$line" ]`

const waitUntil = (c: Context, names: readonly string[], seconds: number, test: string): Command =>
  sh`
LC_ALL=C; export LC_ALL
fine() { eval ${test}; }
n=0
while :; do
  status=$(${request(c, 'status')}) || { printf '%s\n' "$status"; exit 1; }
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
done`.hint((failed) => downHint(c, failed.stdout) ?? remedy(c)(failed))

const downHint = (c: Context, stdout: string): string | undefined => {
  const absent = [...stdout.matchAll(/^(.+): not mentioned$/gm)].map(([, name]) => name!)
  if (absent.length > 0)
    return `no init system of the host knows ${absent.join(', ')}, so Inspeqtor does not watch it. Is there an enabled unit of that name? Inspeqtor does not see units of a user's own systemd. Did it read the file? ${c.shipit('inspeqtor:install')}`
  if (/\[(Down|Up)\//.test(stdout))
    return 'it went down while Inspeqtor was silenced, so no alert will report it: start it, and read its log'
  return undefined
}
