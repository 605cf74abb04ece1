import { command as make } from '../shell/command.ts'
import type { Command, EnvMap, ShValue } from '../shell/types.ts'
import type { RepoLogin } from '../values/repo-url.ts'

/** The setting `git` of a stage, resolved. */
export interface GitSettings {
  readonly hostKeys: 'accept-new' | 'yes'
  readonly limit: number
  /** milliseconds */
  readonly timeout: number
  /** milliseconds */
  readonly transferTimeout: number
  readonly submodules: boolean
  readonly lfs: boolean
}
/** The part of a stage that git commands need. */
export interface GitStage {
  readonly git: GitSettings
  /** set if repoUrl had a user or a password */
  readonly repoLogin?: RepoLogin | undefined
}
/** The same, with the repository. */
export interface RepoStage extends GitStage {
  /** without user and password */
  readonly repoUrl: string | undefined
}

/** How long the git server may stay silent, in whole seconds. */
export const silenceSeconds = ({ git }: GitStage): number => Math.max(1, Math.round(git.timeout / 1000))

/**
 * The environment of every git command: no prompts, English messages, the stage's policy for the host key of the git server, and a limit
 * for a server that does not answer (git-config(1): http.lowSpeedTime; ssh_config(5)). The watch covers what these limits miss.
 */
export const gitEnv = (stage: GitStage): EnvMap => {
  const seconds = silenceSeconds(stage)
  return {
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '/bin/true',
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: seconds,
    GIT_SSH_COMMAND:
      `ssh -o BatchMode=yes -o StrictHostKeyChecking=${stage.git.hostKeys} -o ConnectTimeout=${seconds} ` +
      `-o ServerAliveInterval=${Math.ceil(seconds / 3)} -o ServerAliveCountMax=3`,
  }
}

/** Longer than git's own limit for a silent server, so that git reports it first. */
export const answerLimit = ({ git }: GitStage): number => git.timeout + Math.min(10_000, git.timeout)

/**
 * The command with a notice of what it waits for, in case the git server takes long. It may start a daemon (git's cache of logins, ssh's
 * shared connection).
 */
export const withWaitNotice = (stage: RepoStage, command: Command): Command =>
  make({
    ...command.spec,
    contained: false,
    waiting: { what: `the git server of ${stage.repoUrl}`, after: Math.min(10_000, stage.git.timeout / 2) },
  })

/**
 * Options of `git` for a fetch. Background work runs in the foreground, so that nothing outlives the step and holds its lock. The objects
 * are kept as a pack, which exists only once it is complete: otherwise git unpacks small fetches as they arrive, and one that is cut off
 * leaves a commit without its files, which the next deploy would take for fetched (git-config(1)).
 */
export const FETCH_OPTIONS = ['-c', 'gc.autoDetach=false', '-c', 'maintenance.autoDetach=false', '-c', 'fetch.unpackLimit=1']

/** Answers git's request for a login from its own environment (gitcredentials(7)), so the login is never in a process list or on disk. */
const HELPER = '!f() { [ "$1" = get ] || return 0; printf "username=%s\\npassword=%s\\n" "$SHIPIT_GIT_USER" "$SHIPIT_GIT_PASSWORD"; }; f'

/** Options of `git` for a command that talks to the git server. No helper on the host can store the login, and no other server gets it. */
export const loginOptions = ({ repoLogin: login }: GitStage): ShValue =>
  login === undefined ? [] : ['-c', `credential.${login.scope}.helper=`, '-c', `credential.${login.scope}.helper=${HELPER}`]

/** The environment of a command that talks to the git server, with the login. */
export const onlineEnv = (stage: GitStage): EnvMap => {
  const { repoLogin: login } = stage
  return login === undefined ? gitEnv(stage) : { ...gitEnv(stage), SHIPIT_GIT_USER: login.user, SHIPIT_GIT_PASSWORD: login.password ?? '' }
}

/**
 * Without these, `git archive` passes each file to the filter that Debian's git-lfs package sets for the whole system, with
 * the address of the wrong commit. A step of its own fetches the files of git-lfs. An empty command disables a filter (git's convert.c).
 */
const NO_FILTER_OPTIONS = ['-c', 'filter.lfs.process=', '-c', 'filter.lfs.smudge=', '-c', 'filter.lfs.required=false']

/** Options for `git archive`. `tar` that runs as root gives files the modes of the archive, whatever the umask is, so that has to know it. */
export const archiveOptions = (umask: string | undefined): ShValue => [
  ...NO_FILTER_OPTIONS,
  ...(umask === undefined ? [] : ['-c', 'tar.umask=user']),
]
