import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import type { Path } from '../values/path.ts'
import type { RepoFact } from './types.ts'

/**
 * Reads what is in the place of the mirror of the repository. Prints lines of `repo.KEY value`. The config of a repository is read as a
 * file, which works whoever owns it (gitrepository-layout(5)).
 */
export const mirrorFact = (repo: Path): Command => sh`
repo=${repo}
if [ -L "$repo" ]; then printf 'repo.link %s\n' "$(readlink "$repo")"; fi
if [ -f "$repo/config" ] && [ -r "$repo/config" ] && { [ -d "$repo/objects" ] || git config --file "$repo/config" --get shipit.mirror >/dev/null 2>&1; }; then
  echo 'repo.is repository'
  git config --file "$repo/config" --get-regexp '^(remote[.].*|shipit[.]mirror|core[.]bare|core[.]worktree|core[.]hookspath|receive[.].*|http[.]receivepack|branch[.].*)$' 2>/dev/null | sed 's/^/repo.config /'
  for hook in pre-receive update post-receive post-update proc-receive reference-transaction push-to-checkout; do
    if [ -e "$repo/hooks/$hook" ] || [ -L "$repo/hooks/$hook" ]; then printf 'repo.sign its hook %s\n' "$hook"; fi
  done
  for tree in "$repo"/worktrees/*; do if [ -d "$tree" ]; then printf 'repo.sign its worktree %s\n' "${raw('${tree##*/}')}"; fi; done
  if [ -n "$(find "$repo/refs" "$repo/packed-refs" -type f -size +0 2>/dev/null | head -n 1)" ]; then echo 'repo.refs yes'; fi
  if git --git-dir "$repo" rev-parse --git-dir >/dev/null 2>&1; then echo 'repo.works yes'; fi
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

/** The typed fact in the output of {@link mirrorFact}. */
export const parseMirror = (all: ReadonlyMap<string, readonly string[]>): RepoFact => {
  const one = (key: string) => all.get(key)?.[0]
  const config = new Map<string, string>()
  for (const line of all.get('repo.config') ?? []) {
    const space = line.indexOf(' ')
    // git prints a key without a value for `key` alone, which means true
    if (space < 0) config.set(line, 'true')
    else config.set(line.slice(0, space), line.slice(space + 1))
  }
  const settings = [...config.keys()].filter((key) => /^(receive\.|branch\.|http\.receivepack$|core\.worktree$|core\.hookspath$)/.test(key))
  const remotes = new Set(
    [...config.keys()].flatMap((key) => /^remote\.(.*)\.[^.]*$/.exec(key)?.[1] ?? []).filter((name) => name !== 'origin'),
  )
  return {
    exists: one('repo.is') === 'repository' && one('repo.works') === 'yes',
    url: config.get('remote.origin.url'),
    is: (one('repo.is') as RepoFact['is']) ?? 'none',
    link: one('repo.link'),
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
