import { command as make } from '../shell/command.ts'
import type { Command, EnvMap, ShValue } from '../shell/types.ts'
import type { RepoLogin } from '../values/repourl.ts'

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
/** What of a stage git is called with. */
export interface GitStage {
  readonly git: GitSettings
  /** where repoUrl had a user or a password */
  readonly repoLogin?: RepoLogin | undefined
}
/** The same, with the repository. */
export interface RepoStage extends GitStage {
  /** without user and password */
  readonly repoUrl: string | undefined
}

/** How long the git server may be silent, in whole seconds. */
export const patience = ({ git }: GitStage): number => Math.max(1, Math.round(git.timeout / 1000))

/**
 * How every git command of ours runs: never asking anything, in English, with the stage's policy for the git server's host key, and with
 * a limit for a server that does not answer (git-config(1): http.lowSpeedTime; ssh_config(5)). What these do not see is for the watch.
 */
export const gitEnv = (stage: GitStage): EnvMap => {
  const seconds = patience(stage)
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

/** git's own limit for a silent server comes first, with its own words. */
export const answerLimit = ({ git }: GitStage): number => git.timeout + Math.min(10_000, git.timeout)

/** With a word of what it waits for, when the git server takes long. */
export const patiently = (stage: RepoStage, command: Command): Command =>
  make({ ...command.spec, waiting: { what: `the git server of ${stage.repoUrl}`, after: Math.min(10_000, stage.git.timeout / 2) } })

/**
 * Words behind `git` for a fetch. What git does in the background after it is done in the foreground: nothing outlives the step, and holds
 * its lock. And what comes is kept as a pack, which is there once all of it is: small fetches are else unpacked as they come, and one that
 * is cut off leaves a commit without its files, which the next deploy would take for fetched (git-config(1)).
 */
export const FETCHING = ['-c', 'gc.autoDetach=false', '-c', 'maintenance.autoDetach=false', '-c', 'fetch.unpackLimit=1']

/** Answers git's question for a login out of its own environment (gitcredentials(7)): nothing of it stands in a process list or on a disk. */
const HELPER = '!f() { [ "$1" = get ] || return 0; printf "username=%s\\npassword=%s\\n" "$SHIPIT_GIT_USER" "$SHIPIT_GIT_PASSWORD"; }; f'

/** Words behind `git` for a command that talks to the git server: no helper of the host's gets to store the login, and no other server gets it. */
export const loginWords = ({ repoLogin: login }: GitStage): ShValue =>
  login === undefined ? [] : ['-c', `credential.${login.scope}.helper=`, '-c', `credential.${login.scope}.helper=${HELPER}`]

/** The environment of a command that talks to the git server: with the login in it. */
export const onlineEnv = (stage: GitStage): EnvMap => {
  const { repoLogin: login } = stage
  return login === undefined ? gitEnv(stage) : { ...gitEnv(stage), SHIPIT_GIT_USER: login.user, SHIPIT_GIT_PASSWORD: login.password ?? '' }
}

/**
 * Words for `git archive`: it would hand each file to the filter that Debian's package of git-lfs sets for the whole system, with the address
 * of the wrong commit. What git-lfs keeps is fetched in a step of its own. An empty command is no filter (git's convert.c).
 */
export const UNFILTERED: ShValue = ['-c', 'filter.lfs.process=', '-c', 'filter.lfs.smudge=', '-c', 'filter.lfs.required=false']
