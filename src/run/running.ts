import type { RollbackTarget } from '../plan/rollback-target.ts'
import type { Plan } from '../plan/types.ts'
import type { DeployInfo } from '../tasks/types.ts'
import type { ChosenRelease } from './chosen-release.ts'
import { deployInfo, type InputsRead } from './deploy-info.ts'
import type { Intent } from './intent.ts'
import { invokeTask } from './invoke.ts'
import { localHost } from './local-host.ts'
import type { CurrentLinks } from './read-current.ts'
import type { RunRequest } from './request.ts'
import type { RunState } from './state.ts'
import type { NewCommits } from './deploy-notes.ts'
import type { RunBase } from './waves-input.ts'

/** A run under way: what was asked for, and what it has worked out so far. Wherever it stops, its outcome is decided from this. */
export interface Running {
  readonly state: RunState
  readonly request: RunRequest
  readonly intent: Intent
  readonly inputsRead: InputsRead
  /** without a release until the hosts have been read */
  deploy: DeployInfo
  /** for a rollback, if somebody was asked where it goes */
  chosen: ChosenRelease | undefined
  /** what a deploy brings, if that is known */
  commits: readonly NewCommits[]
  /** for a rollback */
  target: RollbackTarget | undefined
  plan: Plan | undefined
  /** no lock has been asked for, so nothing can have been changed on any host */
  untouched: boolean
  /** how many of its waves have begun */
  begun: number
  /** only checks were asked for, and all hosts pass them */
  passed: boolean
  /** what `current` led to after a failure */
  currentLinks: CurrentLinks | undefined
}

export const createRunning = (state: RunState, request: RunRequest, intent: Intent): Running => {
  const inputsRead: InputsRead = { branch: false }
  const deploy = deployInfo({ ...request, inputsRead }, { making: intent.making, rollback: intent.rollback })
  return {
    state,
    request,
    intent,
    inputsRead,
    deploy,
    chosen: undefined,
    commits: [],
    target: undefined,
    plan: undefined,
    untouched: true,
    begun: 0,
    passed: false,
    currentLinks: undefined,
  }
}

/** The words that make this run again, with the release that was chosen. */
export const typedWords = ({ request: { tasks, release, typed = [] }, chosen }: Running): readonly string[] => {
  const named = release ?? chosen?.release
  return [...tasks, ...(named === undefined ? [] : ['--release', named]), ...typed.flatMap(({ words }) => words)]
}

/** Whether releases change: a deploy or a rollback that is not only planned. */
export const changesReleases = ({ intent, request }: Running): boolean => (intent.making || intent.rollback) && !request.planOnly

/** The input of a plan, besides its tasks, and of what runs it. */
export const planBase = ({ state, request, intent, deploy }: Running) =>
  ({
    stage: request.stage,
    hosts: intent.hosts,
    deploy,
    args: request.args,
    rest: request.rest,
    reads: state.reads,
    local: localHost,
    registry: intent.registry,
    invoke: invokeTask,
  }) satisfies RunBase
