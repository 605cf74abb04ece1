import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import type { Command } from '../shell/types.ts'
import { LOCK_RUN_FILE, STATES_DIR } from '../values/layout.ts'
import type { Path } from '../values/path.ts'
import { gitHint } from '../git/hints.ts'
import { answerLimit, gitEnv, loginWords, onlineEnv } from '../git/words.ts'
import { lookIn, UNLINKED, type Unlinked } from './linked-files.ts'
import { commitFact } from './commit.ts'
import type { RepoStage } from '../git/words.ts'

export interface DoctorPaths {
  readonly deployTo: Path
  readonly releases: Path
  readonly shared: Path
  readonly repo: Path
}

/** What the doctor reads from a host besides its layout. */
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
  readonly unlinked: readonly { readonly path: string; readonly what: Unlinked }[]
  /** for the filesystem that `at` is on; undefined if df does not report it */
  readonly disk: { readonly total: number; readonly free: number; readonly mount: string } | undefined
  readonly inodes: { readonly total: number; readonly free: number; readonly mount: string } | undefined
  /** the run that holds the lock; halted: stopped processes of its keeper; since: seconds since the epoch, its client's clock */
  readonly lock: { readonly owner: string; readonly what: string; readonly since: number; readonly halted?: readonly number[] } | undefined
}

/**
 * Reads what a deploy needs from a host. Changes nothing, and does not try to take the lock. Prints lines of `key value` for
 * {@link parseDoctor}. The lock is held if the keeper that its file names is alive. A lock of an older version is held if it is in
 * /proc/locks (proc(5)), or if a process has it open on descriptor 9.
 */
export const doctorFact = (paths: DoctorPaths, linkedFiles: readonly string[]): Command =>
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
${lookIn(paths.releases)}
for file in ${linkedFiles.map((file) => paths.shared.join(file))}; do
  look "$file"
  [ -n "$what" ] || continue
  printf 'unlinked %s %s\n' "$what" "$file"
done
df -Pk "$at" 2>/dev/null | sed -n '2s/^/disk /p'
df -Pi "$at" 2>/dev/null | sed -n '2s/^/inodes /p'
lock=${paths.deployTo.join('.shipit/lock')}
held() {
  keeper=$(sed -n '5s/^keeper \([0-9]* [0-9]*\) .*/\1/p' "$lock")
  case $keeper in (?*)
    set -- $keeper
    began=$(sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20)
    [ "$began" = "$2" ]
    return
  ;; esac
  inode=$(ls -id "$lock") || return 1
  set -- $inode
  if grep -q "FLOCK .*:$1 0 EOF" /proc/locks; then return 0; fi
  for fd in /proc/[0-9]*/fd/9; do
    if [ "$fd" -ef "$lock" ]; then return 0; fi
  done
  return 1
}
if [ -f "$lock" ] && [ ! -L "$lock" ] && [ -s ${paths.deployTo.join(LOCK_RUN_FILE)} ] && held 2>/dev/null; then
  sed -n '1,4s/^/lock /p' "$lock"
  group=$(sed -n '5s/^keeper [0-9]* [0-9]* //p' "$lock")
  if [ -n "$group" ]; then
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$group" '{ pid = $1; sub(/^.*[)] /, ""); if ($3 == group && $1 ~ /^[Tt]/) print "halted " pid }'
  fi
fi
`
    .title('examine the host')
    .probe()

/** Asks the git server as a deploy does, but saves no host key. */
export const repositoryFact = (stage: RepoStage, ref: string, mirror: Path): Command => {
  const asked =
    commitFact(stage, ref, mirror) ??
    sh`git ${loginWords(stage)} ls-remote ${stage.repoUrl ?? ''} HEAD`
      .env(onlineEnv(stage))
      .timeout(answerLimit(stage))
      .title(`reach ${stage.repoUrl}`)
      .hint(gitHint({ stage }))
      .probe()
  const { GIT_SSH_COMMAND: given } = gitEnv(stage)
  const ssh = typeof given === 'string' ? given : 'ssh'
  const writes = ssh.includes('accept-new') ? ` ${NOTHING_WRITTEN}` : ''
  return asked.env({ GIT_SSH_COMMAND: `${ssh} -o UpdateHostKeys=no${writes}` })
}

// Known host keys count; new ones are not saved (ssh_config(5)). The shell that git calls expands $HOME.
const NOTHING_WRITTEN =
  '-o UserKnownHostsFile=/dev/null ' +
  '-o "GlobalKnownHostsFile=$HOME/.ssh/known_hosts $HOME/.ssh/known_hosts2 /etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2"'

/** The typed facts in the output of {@link doctorFact}. */
export const parseDoctor = (stdout: string): DoctorFacts => {
  const lines = stdout.split('\n').flatMap((line) => {
    const space = line.indexOf(' ')
    return space < 0 ? [] : [[line.slice(0, space), line.slice(space + 1)] as const]
  })
  const all = (key: string) => lines.flatMap(([name, value]) => (name === key ? [value] : []))
  const [file] = all('file')
  const [, owner, what, since] = all('lock')
  const now = Number(all('now')[0])
  const halted = all('halted').map(Number)
  return {
    now: Number.isFinite(now) && now > 0 ? now : undefined,
    at: { path: file ?? all('at')[0] ?? '', directory: file === undefined },
    place: all('place')[0],
    closed: all('closed')
      .map(split)
      .map(([by, path]) => ({ owner: by, path })),
    unlinked: all('unlinked')
      .map(split)
      .map(([how, path]) => ({ path, what: how in UNLINKED ? (how as Unlinked) : 'missing' })),
    disk: room(all('disk')[0], 1024),
    inodes: room(all('inodes')[0], 1),
    lock: owner === undefined ? undefined : { owner, what: what ?? '', since: Number(since), ...(halted.length > 0 ? { halted } : {}) },
  }
}

const split = (text: string): readonly [string, string] => {
  const space = text.indexOf(' ')
  return [text.slice(0, space), text.slice(space + 1)]
}

/** Parses a line of `df -P`: filesystem, total, used, free, capacity, mount point. The total of a filesystem without inodes is 0. */
const room = (line: string | undefined, unit: number): DoctorFacts['disk'] => {
  const [, total, free, mount] = /\s(\d+)\s+-?\d+\s+(-?\d+)\s+(?:\d+%|-)\s+(\/.*)$/.exec(line ?? '') ?? []
  if (mount === undefined || Number(total) === 0) return undefined
  return { total: Number(total) * unit, free: Math.max(0, Number(free)) * unit, mount }
}
