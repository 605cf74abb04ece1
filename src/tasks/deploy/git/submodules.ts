import type { Stage } from '../../stage.ts'
import { raw } from '../../../shell/raw.ts'
import { sh } from '../../../shell/sh.ts'
import { typed } from '../../../shell/typed.ts'
import type { Command, CommandSpec } from '../../../shell/types.ts'
import type { StepsContext } from '../../types.ts'
import { joinCommands } from '../../join-commands.ts'
import { splitLoginFunction, UNCLEAR_ADDRESS } from './split-login.ts'
import { lfsFunction } from './lfs.ts'
import { gitHint } from '../../../git/hints.ts'
import { withMirrorLock } from './mirror-lock.ts'
import { transfer } from './transfer.ts'
import { FETCH_OPTIONS, archiveOptions, loginOptions } from '../../../git/options.ts'

/**
 * A shell function: `resolve BASE URL` prints the address of a submodule, as git resolves one that begins with ./ or ../
 * (git-submodule(1)).
 */
export const resolveFunction = (): Command => sh`
resolve() {
  base=${raw('${1%/}')} url=${raw('${2%/}')} sep=
  case $url in (./* | ../*) ;; (*) printf '%s\n' "$2"; return ;; esac
  sep=/
  while :; do
    case $url in
      (../*)
        url=${raw('${url#../}')}
        case $base in (*/*) base=${raw('${base%/*}')} sep=/ ;; (*:*) base=${raw('${base%:*}')} sep=: ;; (*) printf 'the address of a submodule, %s, leads above %s\n' "$2" "$1" >&2; return 1 ;; esac
        ;;
      (./*) url=${raw('${url#./}')} ;;
      (*) break ;;
    esac
  done
  printf '%s%s%s\n' "$base" "$sep" "$url"
}
`

/**
 * Shell functions: `modules GITDIR COMMIT ADDRESS FOLDER/` fills the folders of a repository's submodules, and of theirs; `inside PATH`
 * sets `folder` to the one in the release, and fails if the release has none there.
 */
const walkFunctions = (umask: string | undefined): Command => sh`
modules() (
  IFS='
'
  set -f
  seen='
'
  config() { git --git-dir "$dir" config --blob "$commit:.gitmodules" "$@"; }
  dir=$1 commit=$2 base=$3 above=$4 keys=
  if git --git-dir "$dir" cat-file -e "$commit:.gitmodules" 2>/dev/null; then keys=$(config --name-only --get-regexp '^submodule[.].*[.]path$') || :; fi
  for key in $keys; do
    path=$(config --get "$key")
    name=${raw('${key#submodule.}')}
    name=${raw('${name%.path}')}
    seen="$seen$path
"
    pinned=$(git --git-dir "$dir" ls-tree "$commit" -- "$path" | sed -n 's/^160000 commit \([0-9a-f]*\).*/\1/p')
    [ -n "$pinned" ] || continue
    full=$above$path
    inside "$full" || continue
    [ "$(config --get "submodule.$name.update")" != none ] || continue
    url=$(config --get "submodule.$name.url") || { printf 'the submodule %s has no address in .gitmodules\n' "$full" >&2; exit 1; }
    url=$(resolve "$base" "$url")
    fetch "$full" "$url" "$pinned"
    git --git-dir "$store" ${archiveOptions(umask)} archive --format tar --output "$tar" "$pinned"
    tar -x -f "$tar" -C "$folder"
    rm -f "$tar"
    fetch_lfs "$store" "$pinned" "$folder"
    modules "$store" "$pinned" "$url" "$full/"
  done
  for path in $(git --git-dir "$dir" -c core.quotePath=false ls-tree -r "$commit" | sed -n 's/^160000 commit [0-9a-f]*.//p'); do
    case $seen in (*"
$path
"*) continue ;; esac
    inside "$above$path" || continue
    printf '%s is a submodule, and .gitmodules does not name it\n' "$above$path" >&2
    exit 1
  done
)
inside() {
  case $1/ in (*/../* | ../* | *//*) return 1 ;; esac
  case $1 in ("$prefix"*) folder=$release/${raw('${1#"$prefix"}')} ;; (*) return 1 ;; esac
  [ -d "$folder" ]
}
`

/** A shell function: `fetch PATH ADDRESS COMMIT` sets `store` to a mirror of the submodule's repository that has the commit. */
const fetchFunction = (words: ReturnType<typeof loginOptions>): Command => sh`
fetch() {
  what=$1 pinned=$3
  store=$repo/shipit-modules/$(printf '%s' "$2" | git hash-object --stdin)
  case $2 in (-*) printf 'the submodule %s has no address that git would take: %s\n' "$1" "$2" >&2; exit 1 ;; esac
  if git --git-dir "$store" cat-file -e "$3^{commit}" 2>/dev/null; then return 0; fi
  if [ -L "$repo/shipit-modules" ]; then printf '%s/shipit-modules is a link: nothing is written there\n' "$repo" >&2; exit 1; fi
  mkdir -p "$repo/shipit-modules"
  split_login "$2" || { printf 'the submodule %s has %s\n' "$1" ${UNCLEAR_ADDRESS} >&2; exit 1; }
  set --
  if [ -n "$scope" ]; then set -- -c "credential.$scope.helper=" -c "credential.$scope.helper=$helper"; fi
  if git --git-dir "$store" rev-parse --git-dir >/dev/null 2>&1; then
    find "$store" -name '*.lock' ! -path '*/objects/*' -exec rm -f {} +
    # an older version wrote the login into it
    if [ "$(git --git-dir "$store" config --get remote.origin.url)" != "$address" ]; then git --git-dir "$store" config remote.origin.url "$address"; fi
    git --git-dir "$store" ${FETCH_OPTIONS} ${words} "$@" remote update --prune || missed "$what" "$address"
  else
    rm -rf "$store" "$store.cloning"
    git ${words} "$@" clone --quiet --mirror "$address" "$store.cloning" || missed "$what" "$address"
    mv "$store.cloning" "$store"
  fi
  if git --git-dir "$store" cat-file -e "$pinned^{commit}" 2>/dev/null; then return 0; fi
  git --git-dir "$store" ${FETCH_OPTIONS} ${words} "$@" fetch --quiet origin "$pinned" || { printf 'the submodule %s: %s has no commit %s: was it pushed?\n' "$what" "$address" "$pinned" >&2; exit 1; }
}
missed() {
  printf 'the submodule %s cannot be fetched from %s\n' "$1" "$2" >&2
  exit 1
}
`

/**
 * Fills the folders of submodules, nested ones too, with the commits that the superproject names. Each repository has its own mirror in
 * `REPO/shipit-modules`, named by its address, so that the next deploy fetches only what is new. Addresses are resolved as `git submodule`
 * does it (gitmodules(5)): `../x` is beside the superproject's.
 */
export const fetchSubmodules = (stage: Stage, c: StepsContext, tree: string | undefined): Command => {
  const { paths, deploy } = c
  const start = sh`
repo=${paths.repo} release=${paths.release} tar=${paths.deployTo.join('.shipit/archive.tar')} prefix=${tree === undefined ? '' : `${tree}/`}
modules "$repo" ${deploy.revision} ${stage.repoUrl ?? ''} ''
`
  const functions = [
    splitLoginFunction(),
    lfsFunction(stage),
    resolveFunction(),
    walkFunctions(stage.umask),
    fetchFunction(loginOptions(stage)),
  ]
  const command = transfer(stage, c, withMirrorLock(stage, c, joinCommands(...functions, start)).title('fetch the submodules'))
  const { hint } = command.spec
  return command
    .hint(submoduleHint(stage, typeof hint === 'function' ? hint : () => hint))
    .onlyIf(sh`git --git-dir ${paths.repo} ls-tree -r ${deploy.revision} | grep -q -e '^160000 ' -e '^[^/]*[[:blank:]][.]gitmodules$'`)
}

type Hint = Extract<CommandSpec['hint'], (...args: never) => unknown>

/** What git reports about a submodule's repository is not about the stage's. `rest`: the hint for everything else. */
const submoduleHint =
  (stage: Stage, rest: Hint): Hint =>
  (failed) => {
    const [, unpushed] = /^the submodule (.+): .* has no commit [0-9a-f]+: was it pushed\?$/m.exec(failed.stderr) ?? []
    if (unpushed !== undefined) return `push it where it was committed: git -C ${typed(unpushed)} push`
    const [, url] = /^the submodule .+ cannot be fetched from (.+)$/m.exec(failed.stderr) ?? []
    if (url === undefined) return rest(failed)
    const hint = gitHint({ stage: { ...stage, repoUrl: url, repoLogin: undefined } })(failed)
    return hint?.startsWith('the git server wants a user') === true
      ? 'the git server of the submodule wants a user and a password, but shipit sends those of repoUrl only to the same server: use a key, ssh://, in .gitmodules'
      : hint?.replace(/\brepoUrl\b/g, '.gitmodules')
  }
