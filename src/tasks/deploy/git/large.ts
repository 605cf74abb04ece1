import type { Stage } from '../../stage.ts'
import { sh } from '../../../shell/sh.ts'
import type { Command } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { lines } from '../lines.ts'
import { apartFunction, UNCLEAR } from './apart.ts'
import { holdingMirror } from './lock.ts'
import { online } from './transfer.ts'
import { loginWords, patience } from '../../../git/words.ts'

/** The first line of a pointer. */
const POINTER = String.raw`^version https://(git-lfs|hawser)\.github\.com/spec/v1$`

/**
 * A shell function that needs `apart`. `large GIT_DIR COMMIT FOLDER` replaces Git LFS pointers (git-lfs spec.md: text of less than 1024
 * bytes, `version` on its first line) with the real files. git-lfs itself fetches these, by the `.lfsconfig` of the commit; left alone, it
 * would use the one of the mirror's HEAD. Fails, naming a file, if git-lfs is missing or a file cannot be fetched.
 */
export const largeFunction = (stage: Stage): Command => sh`
large() (
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
    printf '%s is a pointer of Git LFS, and this host has no git-lfs\n' "$(printf '%s' "$found" | head -n 1)" >&2
    exit 1
  fi
  address=$(git --git-dir "$1" config --blob "$2:.lfsconfig" --get lfs.url 2>/dev/null || git --git-dir "$1" config --blob "$2:.lfsconfig" --get remote.origin.lfsurl 2>/dev/null) || :
  dir=$1 commit=$2
  apart "$address" || { printf '.lfsconfig has %s\n' ${UNCLEAR} >&2; exit 1; }
  if [ -n "$address" ]; then set -- -c "lfs.url=$address"; else set --; fi
  if [ -n "$scope" ]; then set -- "$@" -c "credential.$scope.helper=" -c "credential.$scope.helper=$helper"; fi
  git --git-dir "$dir" ${loginWords(stage)} -c lfs.activitytimeout=${patience(stage)} -c lfs.transfer.maxretries=1 -c lfs.fetchinclude= -c lfs.fetchexclude= "$@" lfs fetch origin "$commit" >/dev/null || missed=1
  media=$(git --git-dir "$dir" lfs env | sed -n 's/^LocalMediaDir=//p')
  for file in $found; do
    oid=$(sed -n 's/^oid sha256:\([0-9a-f]*\).*/\1/p' "$file")
    object=$media/$(printf '%s' "$oid" | cut -c 1-2)/$(printf '%s' "$oid" | cut -c 3-4)/$oid
    if ! [ -f "$object" ]; then
      why='and the LFS server does not have the file'
      [ -z "$missed" ] || why='and its file could not be fetched'
      printf '%s is a pointer of Git LFS, %s\n' "$file" "$why" >&2
      exit 1
    fi
    cat "$object" >"$file"
  done
)
`

/** Makes sure that files go live, never pointers to them. */
export const fetchLarge = (stage: Stage, c: StepsContext): Command =>
  online(
    stage,
    c,
    holdingMirror(
      stage,
      c,
      lines(apartFunction, largeFunction(stage), sh`large ${c.paths.repo} ${c.deploy.revision} ${c.paths.release}`),
    ).title('fetch Git LFS files'),
  ).onlyIf(sh`[ -n "$(find ${c.paths.release} -type f -size +99c -size -1025c -exec grep -lE ${POINTER} {} + | head -n 1)" ]`)
