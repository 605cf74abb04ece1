import { wholeLayout } from '../../../facts/task-layout.ts'
import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { Command } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { joinCommands } from '../../join-commands.ts'

/** Whether several stages may use the mirror: it has a place of its own, or is reached through a link. */
export const isShared = (stage: Stage, { layout }: Pick<StepsContext, 'layout'>): boolean =>
  stage.repoPath !== undefined || wholeLayout(layout).repo.link !== undefined

/**
 * Holds the mirror for this step. The lock of a run only covers its own deploy path; a mirror that others use too has one beside it,
 * `REPO.lock`, named after the real path of the mirror. Only accounts that may write into the mirror may hold it. Descriptor 8
 * holds it until the last process of the step ends. Whatever git started in the background would hold it too, so it starts nothing
 * (`gc.autoDetach`). If nothing can be written beside the mirror, the folder itself is locked.
 */
export const withMirrorLock = (stage: Stage, c: StepsContext, work: Command): Command => {
  if (!isShared(stage, c)) return work
  const seconds = Math.ceil(stage.git.transferTimeout / 1000)
  const holder = `${c.deploy.user}, ${stage.application} ${stage.name}`
  return joinCommands(
    sh`
mkdir -p "$(dirname ${c.paths.repo})"
if [ -d ${c.paths.repo} ]; then mirror=$(cd ${c.paths.repo} && pwd -P); else mirror=$(cd "$(dirname ${c.paths.repo})" && pwd -P)/$(basename ${c.paths.repo}); fi
if [ -L "$mirror.lock" ] || { [ -e "$mirror.lock" ] && [ ! -f "$mirror.lock" ]; }; then
  printf '%s.lock is a link or not a file: nothing is written there\n' "$mirror" >&2
  exit 1
fi
if [ ! -e "$mirror.lock" ]; then
  if [ -d "$mirror" ]; then where=$mirror; else where=$(dirname "$mirror"); fi
  case $(LC_ALL=C ls -ld "$where") in (????????w*) mask=0 ;; (?????w*) mask=7 ;; (*) mask=77 ;; esac
  (umask "$mask"; : >"$mirror.lock") 2>/dev/null || :
fi
if [ -r "$mirror.lock" ]; then exec 8<"$mirror.lock"; else exec 8<"$mirror"; fi
n=0
until flock -n 8; do
  [ "$n" -gt 0 ] || printf 'waiting for the mirror %s: in use by %s\n' "$mirror" "$(cat "$mirror.lock" 2>/dev/null)" >&2
  n=$((n + 1))
  [ "$n" -le ${seconds} ] || { printf 'the mirror %s was not free within %s seconds: in use by %s\n' "$mirror" ${seconds} "$(cat "$mirror.lock" 2>/dev/null)" >&2; exit 75; }
  sleep 1
done
(printf '%s\n' ${holder} >"$mirror.lock") 2>/dev/null || :
`,
    work,
  )
}
