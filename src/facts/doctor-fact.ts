import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { STATES_DIR } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { gitHint } from '../git/hints.ts'
import { answerLimit, gitEnv, loginOptions, onlineEnv } from '../git/options.ts'
import { lockFact, parseLock, type LockFact } from './lock-fact.ts'
import { lookFunction, LINKED_FILE_PROBLEMS, type LinkedFileProblem } from './linked-files.ts'
import { commitFact } from './commit.ts'
import { valuesByKey } from './put.ts'
import type { RepoStage } from '../git/options.ts'

export interface DoctorPaths {
  readonly deployTo: Path
  readonly releases: Path
  readonly shared: Path
  readonly repo: Path
}

/** The facts that the doctor reads from a host besides its layout. */
export interface DoctorFacts {
  /** seconds since the epoch, the host's clock */
  readonly now: number | undefined
  /** deploy_to, or its nearest parent that exists; whether it is a directory */
  readonly at: { readonly path: string; readonly directory: boolean }
  /** the same for two hosts whose deploy_to is the same place on one machine; undefined if the host does not report it */
  readonly place: string | undefined
  /** places of a deploy that this account cannot write in, or that are not directories */
  readonly closed: readonly { readonly path: string; readonly owner: string }[]
  /** linked files that cannot be linked, and why */
  readonly unlinked: readonly { readonly path: string; readonly what: LinkedFileProblem }[]
  /** for the filesystem that `at` is on; undefined if df does not report it */
  readonly disk: { readonly total: number; readonly free: number; readonly mount: string } | undefined
  readonly inodes: { readonly total: number; readonly free: number; readonly mount: string } | undefined
  readonly lock: LockFact | undefined
}

/**
 * Reads what a deploy needs from a host. Changes nothing, and does not try to take the lock. Prints lines of `key value` for
 * {@link parseDoctor}.
 */
export const doctorFact = (paths: DoctorPaths, linkedFiles: readonly string[], replaced: readonly Path[] = []): Command =>
  sh`
LC_ALL=C; export LC_ALL
printf 'now %s\n' "$(date +%s)"
closed() {
  owner=$(ls -ld "$1") || owner='- - ?'
  set -- "$1" $owner
  printf 'closed %s %s\n' "$4" "$1"
}
at=${paths.deployTo} rest=
while [ ! -e "$at" ] && [ ! -L "$at" ]; do
  rest=${raw('${at##*/}')}/$rest
  case $at in (/*/*|[!/]*/*) at=${raw('${at%/*}')} ;; (/*) at=/ ;; (*) at=. ;; esac
done
if [ -d "$at" ]; then printf 'at %s\n' "$at"; else printf 'file %s\n' "$at"; fi
# the kernel that runs there, the directory on it, and the way on from there
if boot=$(cat /proc/sys/kernel/random/boot_id) && id=$(stat -L -c %d:%i "$at"); then printf 'place %s %s %s\n' "$boot" "$id" "$rest"; fi 2>/dev/null
for dir in "$at" ${[paths.releases, paths.shared, paths.deployTo.join('.shipit'), paths.deployTo.join(STATES_DIR), paths.repo]}; do
  if [ -e "$dir" ] && ! { [ -d "$dir" ] && [ -w "$dir" ] && [ -x "$dir" ]; }; then closed "$dir"; fi
done
${lookFunction(paths.releases, replaced)}
for file in ${linkedFiles.map((file) => paths.shared.join(file))}; do
  look "$file"
  [ -n "$what" ] || continue
  printf 'unlinked %s %s\n' "$what" "$file"
done
df -Pk "$at" 2>/dev/null | sed -n '2s/^/disk /p'
df -Pi "$at" 2>/dev/null | sed -n '2s/^/inodes /p'
${lockFact(paths.deployTo)}
`
    .title('examine the host')
    .probe()

/** Asks the git server as a deploy does, but saves no host key. */
export const repositoryFact = (stage: RepoStage, ref: string, mirror: Path): Command => {
  const asked =
    commitFact(stage, ref, mirror) ??
    sh`git ${loginOptions(stage)} ls-remote ${stage.repoUrl ?? ''} HEAD`
      .env(onlineEnv(stage))
      .timeout(answerLimit(stage))
      .title(`reach ${stage.repoUrl}`)
      .hint(gitHint({ stage }))
      .probe()
  const { GIT_SSH_COMMAND: given } = gitEnv(stage)
  const ssh = typeof given === 'string' ? given : 'ssh'
  const writes = ssh.includes('accept-new') ? ` ${NO_KNOWN_HOSTS_WRITES}` : ''
  return asked.env({ GIT_SSH_COMMAND: `${ssh} -o UpdateHostKeys=no${writes}` })
}

// Known host keys count; new ones are not saved (ssh_config(5)). The shell that git calls expands $HOME.
const NO_KNOWN_HOSTS_WRITES =
  '-o UserKnownHostsFile=/dev/null ' +
  '-o "GlobalKnownHostsFile=$HOME/.ssh/known_hosts $HOME/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"'

/** The typed facts in the output of {@link doctorFact}. */
export const parseDoctor = (stdout: string): DoctorFacts => {
  const values = valuesByKey(stdout)
  const valuesOf = (key: string) => values.get(key) ?? []
  const [file] = valuesOf('file')
  const now = Number(valuesOf('now')[0])
  return {
    now: Number.isFinite(now) && now > 0 ? now : undefined,
    at: { path: file ?? valuesOf('at')[0] ?? '', directory: file === undefined },
    place: valuesOf('place')[0],
    closed: valuesOf('closed')
      .map(splitAtSpace)
      .map(([by, path]) => ({ owner: by, path })),
    unlinked: valuesOf('unlinked')
      .map(splitAtSpace)
      .map(([how, path]) => ({ path, what: how in LINKED_FILE_PROBLEMS ? (how as LinkedFileProblem) : 'missing' })),
    disk: parseDf(valuesOf('disk')[0], 1024),
    inodes: parseDf(valuesOf('inodes')[0], 1),
    lock: parseLock(valuesOf),
  }
}

const splitAtSpace = (text: string): readonly [string, string] => {
  const space = text.indexOf(' ')
  return [text.slice(0, space), text.slice(space + 1)]
}

/** Parses a line of `df -P`: filesystem, total, used, free, capacity, mount point. The total of a filesystem without inodes is 0. */
const parseDf = (line: string | undefined, unit: number): DoctorFacts['disk'] => {
  const [, total, free, mount] = /\s(\d+)\s+-?\d+\s+(-?\d+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line ?? '') ?? []
  if (mount === undefined || Number(total) === 0) return undefined
  return { total: Number(total) * unit, free: Math.max(0, Number(free)) * unit, mount }
}
