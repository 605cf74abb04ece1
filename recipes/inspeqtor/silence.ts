import { readFileSync } from 'node:fs'
import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { whereInstalled } from '../rules/index.ts'
import { clientCall, request } from './control-socket.ts'
import type { Context } from './facts.ts'
import { remedy } from './remedies.ts'
import { INSPEQTOR_WATCHER } from './services.ts'

const ANSWERS = { start: 'Starting deploy, now silenced', finish: 'Finished deploy, volume turned to 11' } as const

/** Silences alerts. The silence ends by itself after deploy_length, so a deploy renews it while it lasts. */
export const silence = (c: Context): StepList =>
  whereInstalled(c, INSPEQTOR_WATCHER, () => [send(c, 'start'), c.deploy.releasing && c.host.release && renew(c)])

/** Turns alerts on again; after a failure, only if they were silenced. */
export const unsilence = (c: Context): StepList => {
  if (c.failure && c.failure.ran('inspeqtor:silence') === 'no') return []
  return whereInstalled(c, INSPEQTOR_WATCHER, () => [
    c.host.release && sh`rm -f ${folder(c)}/silence.*`.title('stop renewing the silence'),
    send(c, 'finish'),
  ])
}

/** Judges by the answer, since the exit code shows nothing. */
const send = (c: Context, name: 'start' | 'finish'): Command => {
  const command = sh`
LC_ALL=C; export LC_ALL
reply=$(${request(c, name)})
case $reply in
  (*${ANSWERS[name]}*) printf '%s\n' "$reply" ;;
  (*) printf 'Inspeqtor refused, with the answer: %s\n' "\${reply:-nothing}" >&2; exit 1 ;;
esac`
    .title(name === 'start' ? 'silence Inspeqtor' : 'end the silence of Inspeqtor')
    .timeout('30s')
    .hint(remedy(c))
  return c.settings.optional || c.failure ? command.allowFailure() : command
}

const folder = (c: Context) => c.paths.deployTo.join('.shipit')

/** Renews the silence in the background. The file next to the lock exists as long as the run wants silence. */
const renew = (c: Context): Command => {
  const { words, stdin } = clientCall(c)
  const half = Math.max(1, Math.floor(c.settings.deployLength / 2))
  const args = [folder(c), half, stdin ? 'stdin' : 'words']
  return sh`
command -v setsid >/dev/null || { echo ${`without setsid (util-linux) the silence ends after ${c.settings.deployLength} s`} >&2; exit 1; }
: > ${folder(c)}/silence."$SHIPIT_RUN"
setsid /bin/sh -c ${LOOP} shipit-silence "$SHIPIT_RUN" ${args} ${words} </dev/null >/dev/null 2>&1 &`
    .daemon()
    .title(`renew the silence every ${half} s`)
    .allowFailure()
}

const LOOP = readFileSync(new URL('./silence.sh', import.meta.url), 'utf8').trim()
