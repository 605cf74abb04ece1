import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Path } from '../values/path.ts'
import type { RepoFact } from './types.ts'

/**
 * Reads what is in the place of the mirror of the repository. Prints lines of `repo.KEY value`, by {@link PUT}. The config of a repository is read as a
 * file, which works for any owner (gitrepository-layout(5)).
 */
export const mirrorFact = (repo: Path): Command => sh`
repo=${repo}
if [ -L "$repo" ]; then put repo.link "$(readlink "$repo")"; fi
if [ -f "$repo/config" ] && [ -r "$repo/config" ] && { [ -d "$repo/objects" ] || git config --file "$repo/config" --get shipit.mirror >/dev/null 2>&1; }; then
  echo 'repo.is repository'
  keys='^(remote[.].*|shipit[.]mirror|core[.]bare|core[.]worktree|core[.]hookspath|receive[.].*|http[.]receivepack|branch[.].*)$'
  # git opens the repository for this, so it works
  if config=$(git --git-dir "$repo" config --local --no-includes --get-regexp "$keys" 2>/dev/null) || git --git-dir "$repo" rev-parse --git-dir >/dev/null 2>&1; then echo 'repo.works yes'
  else config=$(git config --file "$repo/config" --get-regexp "$keys" 2>/dev/null) || :
  fi
  marked=
  IFS='
'
  set -f
  for line in $config; do
    printf 'repo.config %s\n' "$line"
    case $line in ('shipit.mirror '*) marked=1 ;; esac
  done
  set +f
  unset IFS
  for hook in pre-receive update post-receive post-update proc-receive reference-transaction push-to-checkout; do
    if [ -e "$repo/hooks/$hook" ] || [ -L "$repo/hooks/$hook" ]; then printf 'repo.sign its hook %s\n' "$hook"; fi
  done
  for tree in "$repo"/worktrees/*; do if [ -d "$tree" ]; then put 'repo.sign its worktree' "${raw('${tree##*/}')}"; fi; done
  # matters only without our mark
  if [ -z "$marked" ] && [ -n "$(find "$repo/refs" "$repo/packed-refs" -type f -size +0 2>/dev/null | head -n 1)" ]; then echo 'repo.refs yes'; fi
elif [ -d "$repo" ]; then
  if ! [ -r "$repo" ] || ! [ -x "$repo" ]; then echo 'repo.is closed'
  elif [ -e "$repo/.git" ]; then echo 'repo.is checkout'
  elif [ -e "$repo/config" ] && ! [ -r "$repo/config" ]; then echo 'repo.is closed'
  elif [ -n "$(ls -A "$repo")" ]; then echo 'repo.is folder'
  else echo 'repo.is empty'
  fi
elif [ -e "$repo" ]; then echo 'repo.is file'
elif [ -L "$repo" ]; then echo 'repo.is dangling'
fi
`

/** Settings that a mirror does not have. A partial clone would fetch missing files while a release is checked out. */
const MORE_THAN_A_MIRROR =
  /^(?:receive\.|branch\.|http\.receivepack$|core\.worktree$|core\.hookspath$|remote\.origin\.(?:promisor|partialclonefilter)$)/

/** The typed fact in the output of {@link mirrorFact}. */
export const parseMirror = (all: ReadonlyMap<string, readonly string[]>): RepoFact => {
  const valueOf = (key: string) => all.get(key)?.[0]
  const config = new Map<string, string>()
  for (const line of all.get('repo.config') ?? []) {
    const space = line.indexOf(' ')
    // git prints a key without a value for `key` alone, which means true
    if (space < 0) config.set(line, 'true')
    else config.set(line.slice(0, space), line.slice(space + 1))
  }
  const settings = [...config.keys()].filter((key) => MORE_THAN_A_MIRROR.test(key))
  const remotes = new Set(
    [...config.keys()].flatMap((key) => /^remote\.(.*)\.[^.]*$/.exec(key)?.[1] ?? []).filter((name) => name !== 'origin'),
  )
  return {
    exists: valueOf('repo.is') === 'repository' && valueOf('repo.works') === 'yes',
    url: config.get('remote.origin.url'),
    is: (valueOf('repo.is') as RepoFact['is']) ?? 'none',
    link: valueOf('repo.link'),
    mark: config.get('shipit.mirror'),
    mirror:
      config.get('core.bare') === 'true' &&
      (config.get('remote.origin.mirror') === 'true' || config.get('remote.origin.fetch') === '+refs/*:refs/*'),
    refs: all.has('repo.refs'),
    signs: [
      ...(all.get('repo.sign') ?? []),
      ...settings.map((key) => `its setting ${key}`),
      ...[...remotes].map((name) => `its remote ${name}`),
    ],
  }
}
