import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { Command } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { joinCommands } from '../../join-commands.ts'
import { splitLoginFunction, UNCLEAR_ADDRESS } from './split-login.ts'
import { withMirrorLock } from './mirror-lock.ts'
import { transfer } from './transfer.ts'
import { loginOptions, silenceSeconds } from '../../../git/options.ts'

/** The first line of a pointer. */
const POINTER = String.raw`^version https://(git-lfs|hawser)\.github\.com/spec/v1$`

/**
 * A shell function that needs `split_login`. `fetch_lfs GIT_DIR COMMIT FOLDER` replaces Git LFS pointers (git-lfs spec.md: text of less
 * than 1024 bytes, `version` on its first line) with the real files. git-lfs itself fetches these, by the `.lfsconfig` of the commit; left
 * alone, it would use the one of the mirror's HEAD. Fails, naming a file, if git-lfs is missing or a file cannot be fetched.
 */
export const lfsFunction = (stage: Stage): Command => sh`
fetch_lfs() (
  pointer=${POINTER}
  IFS='
'
  set -f
  found= missed=
  for file in $(find "$3" -type f -size +99c -size -1025c -exec grep -lE "$pointer" {} +); do
    if head -n 1 "$file" | grep -qE "$pointer" && grep -q '^oid sha256:' "$file"; then found="$found$file
"; fi
  done
  [ -n "$found" ] || exit 0
  if ! git lfs version >/dev/null 2>&1; then
    printf '%s is a Git LFS pointer, and this host has no git-lfs\n' "$(printf '%s' "$found" | head -n 1)" >&2
    exit 1
  fi
  address=$(git --git-dir "$1" config --blob "$2:.lfsconfig" --get lfs.url 2>/dev/null || git --git-dir "$1" config --blob "$2:.lfsconfig" --get remote.origin.lfsurl 2>/dev/null) || :
  dir=$1 commit=$2
  split_login "$address" || { printf '.lfsconfig has %s\n' ${UNCLEAR_ADDRESS} >&2; exit 1; }
  if [ -n "$address" ]; then set -- -c "lfs.url=$address"; else set --; fi
  if [ -n "$scope" ]; then set -- "$@" -c "credential.$scope.helper=" -c "credential.$scope.helper=$helper"; fi
  git --git-dir "$dir" ${loginOptions(stage)} -c lfs.activitytimeout=${silenceSeconds(stage)} -c lfs.transfer.maxretries=1 -c lfs.fetchinclude= -c lfs.fetchexclude= "$@" lfs fetch origin "$commit" >/dev/null || missed=1
  media=$(git --git-dir "$dir" lfs env | sed -n 's/^LocalMediaDir=//p')
  for file in $found; do
    oid=$(sed -n 's/^oid sha256:\([0-9a-f]*\).*/\1/p' "$file")
    object=$media/$(printf '%s' "$oid" | cut -c 1-2)/$(printf '%s' "$oid" | cut -c 3-4)/$oid
    if ! [ -f "$object" ]; then
      why='and the LFS server does not have the file'
      [ -z "$missed" ] || why='and its file could not be fetched'
      printf '%s is a Git LFS pointer, %s\n' "$file" "$why" >&2
      exit 1
    fi
    cat "$object" >"$file"
  done
)
`

/** Makes sure that files go live, never pointers to them. */
export const fetchLfsFiles = (stage: Stage, c: StepsContext): Command =>
  transfer(
    stage,
    c,
    withMirrorLock(
      stage,
      c,
      joinCommands(splitLoginFunction(), lfsFunction(stage), sh`fetch_lfs ${c.paths.repo} ${c.deploy.revision} ${c.paths.release}`),
    ).title('fetch Git LFS files'),
  ).onlyIf(sh`[ -n "$(find ${c.paths.release} -type f -size +99c -size -1025c -exec grep -lE ${POINTER} {} +)" ]`)
