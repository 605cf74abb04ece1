import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { PUT, valuesByKey } from './put.ts'
import { fact, type Fact } from './fact.ts'

/** What a search for applications on a host has found. */
export interface Deployments {
  readonly home: string
  /** the account that logs in */
  readonly user: string
  /** deploy paths whose `current` is a link to a release, by name */
  readonly deployTo: readonly string[]
  /** folders that this account cannot look into */
  readonly closed: readonly string[]
  /** why the search is not complete */
  readonly stopped: 'time' | 'number' | 'failed' | undefined
  /** the folders of version managers for Ruby */
  readonly rubies: readonly { readonly manager: string; readonly root: string }[]
}

/** How many deploy paths are looked at. */
const MOST = 20
/** Seconds for the search. */
const SECONDS = 5
/** The exit code of find if it could not look everywhere (POSIX: more than 0). Above it is that of a `timeout`. */
const PARTLY = 1

/** Where applications are looked for, besides the home of the account. */
export const SEARCHED = ['/srv', '/var/www', '/opt', '/u/apps', '/home/*/apps']

/**
 * Looks for applications that Capistrano or shipit deploys: a link `current` to a release, in the usual places and four levels below them.
 * No link is followed, and nothing in releases and shared folders is looked at.
 */
export const deploymentsFact = (): Fact<Deployments> => fact(search(), ({ ok, stdout }) => parseDeployments(ok, stdout))

const search = (): Command =>
  sh`
LC_ALL=C; export LC_ALL
${raw(PUT)}
put home "$HOME"
put user "$(id -un)"
set --
for dir in ${raw(SEARCHED.join(' '))} "$HOME"; do
  if [ -d "$dir" ] && [ "$dir" != / ]; then set -- "$@" "$dir"; fi
done
code=0
if [ $# -gt 0 ]; then
  found=$(timeout ${SECONDS} find -H "$@" -maxdepth 4 -type d ${HIDDEN} -prune -o -name current -type l -print 2>&1) || code=$?
fi
put code "$code"
printf '%s\n' "$found" | while IFS= read -r line; do
  case $line in
    ('find: '*) put closed "$line" ;;
    (/*/current) if [ -d "$line" ]; then put current "$line"; put target "$(readlink "$line")"; fi ;;
  esac
done
for root in "$HOME/.rbenv" /usr/local/rbenv /usr/lib/rbenv /opt/rbenv; do if [ -d "$root/versions" ]; then put rbenv "$root"; fi; done
for root in "$HOME/.rvm" /usr/local/rvm; do if [ -d "$root/rubies" ]; then put rvm "$root"; fi; done
if [ -d "$HOME/.asdf/installs/ruby" ]; then put asdf "$HOME/.asdf"; fi
`
    .timeout('20s')
    .title('look for applications')
    .probe()

/** Folders that have no deploy path: those of a release, and hidden ones. */
const HIDDEN = ['(', '-name', 'releases', '-o', '-name', 'shared', '-o', '-name', 'node_modules', '-o', '-name', '.?*', ')']

/** The typed facts in the output of {@link deploymentsFact}. */
export const parseDeployments = (ok: boolean, stdout: string): Deployments => {
  const values = valuesByKey(stdout)
  const valuesOf = (key: string) => values.get(key) ?? []
  const targets = valuesOf('target')
  const found = valuesOf('current').flatMap((link, i) =>
    /(^|\/)releases\/\d{14}\/?$/.test(targets[i] ?? '') ? [link.slice(0, -'/current'.length)] : [],
  )
  const all = [...new Set(found)].sort()
  const code = Number(valuesOf('code')[0] ?? 0)
  return {
    home: valuesOf('home')[0] ?? '',
    user: valuesOf('user')[0] ?? '',
    deployTo: all.slice(0, MOST),
    closed: valuesOf('closed').flatMap((line) => /^find: [‘'"]?(\/.*?)['’"]?: Permission denied$/.exec(line)?.[1] ?? []),
    stopped: !ok ? 'failed' : code > PARTLY ? 'time' : all.length > MOST ? 'number' : undefined,
    rubies: ['rbenv', 'rvm', 'asdf'].flatMap((manager) => valuesOf(manager).map((root) => ({ manager, root }))),
  }
}
