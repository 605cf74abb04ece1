import { sh } from '../../src/index.ts'
import type { Command, StepList } from '../../src/index.ts'
import { installed, notInstalled, remedy } from './remedies.ts'
import { ask, wordsOf } from './talk.ts'
import { concerned, type Context } from './watched.ts'

const SAID = { start: 'Starting deploy, now silenced', finish: 'Finished deploy, volume turned to 11' } as const

/** Silences alerts. The silence ends by itself after deploy_length, so a deploy renews it while it lasts. */
export const silence = (c: Context): StepList => {
  if (!concerned(c)) return []
  if (!installed(c)) return c.deploy.releasing ? [] : notInstalled(c)
  return [told(c, 'start'), c.deploy.releasing && c.host.release && goOn(c)]
}

/** Turns alerts on again; after a failure, only if they were silenced. */
export const unsilence = (c: Context): StepList => {
  if (!concerned(c) || (c.failure && c.failure.ran('inspeqtor:silence') === 'no')) return []
  if (!installed(c)) return c.deploy.releasing ? [] : notInstalled(c)
  return [c.host.release && sh`rm -f ${folder(c)}/silence.*`.title('say it no more'), told(c, 'finish')]
}

/** Judges by the answer, since the exit code shows nothing. */
const told = (c: Context, request: 'start' | 'finish'): Command => {
  const command = sh`
LC_ALL=C; export LC_ALL
reply=$(${ask(c, request)})
case $reply in
  (*${SAID[request]}*) printf '%s\n' "$reply" ;;
  (*) printf 'Inspeqtor did not do it, it says: %s\n' "\${reply:-nothing}" >&2; exit 1 ;;
esac`
    .title(request === 'start' ? 'silence Inspeqtor' : 'let Inspeqtor speak again')
    .timeout('30s')
    .hint(remedy(c))
  return c.settings.optional || c.failure ? command.allowFailure() : command
}

const folder = (c: Context) => c.paths.deployTo.join('.shipit')

/** Renews the silence in the background. The file beside the lock exists as long as the run wants silence. */
const goOn = (c: Context): Command => {
  const { base, stdin } = wordsOf(c)
  const half = Math.max(1, Math.floor(c.settings.deployLength / 2))
  const args = [folder(c), half, stdin ? 'stdin' : 'words']
  return sh`
command -v setsid >/dev/null || { echo ${`without setsid (util-linux) the silence ends after ${c.settings.deployLength} s`} >&2; exit 1; }
: > ${folder(c)}/silence."$SHIPIT_RUN"
setsid /bin/sh -c ${LOOP} shipit-silence "$SHIPIT_RUN" ${args} ${base} </dev/null >/dev/null 2>&1 &`
    .daemon()
    .title(`say it again every ${half} s`)
    .allowFailure()
}

/**
 * Runs in its own session, so that no step waits for it, for two hours at most. Every two seconds it checks that the run still has its file
 * and its lock. A killed run leaves the file but not the lock; nothing else would end the silence then, so this does. A request sent while
 * the run ends is taken back.
 */
const LOOP = `LC_ALL=C; export LC_ALL
run=$1 dir=$2 every=$3 how=$4 left=7200 wait=$3; shift 4
tell() {
  what=$1; shift
  case $how in (stdin) printf '%s deploy\\n' "$what" | "$@" ;; (*) "$@" "$what" deploy ;; esac
}
while sleep 2; do
  left=$((left - 2)) wait=$((wait - 2))
  [ "$left" -gt 0 ] || break
  [ -e "$dir/silence.$run" ] || exit 0
  holder=$(cat "$dir/lock.run")
  if [ "$holder" != "$run" ] || flock -n "$dir/lock" true; then
    [ "\${holder:-$run}" != "$run" ] || tell finish "$@"
    break
  fi
  [ "$wait" -le 0 ] || continue
  wait=$every
  tell start "$@"
  [ -e "$dir/silence.$run" ] || tell finish "$@"
done
rm -f "$dir/silence.$run"`
