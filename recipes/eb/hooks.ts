import type { EbPlan } from './plan.ts'
import { words } from './ebextensions.ts'

/** The head of an exported script. `purpose`: what it does, as a comment. */
export const script = (plan: EbPlan, purpose: string): string => `#!/bin/bash
# ${plan.header}
#
# ${purpose}
`

/** How the hook that quiets Sidekiq works under one manager. */
interface Quiet {
  /** the shell variable with the name of each process */
  readonly kind: 'unit' | 'job'
  readonly names: readonly string[]
  /** shell commands before the rest, which define `pid_of` */
  readonly setup: string
  readonly signal: string
  /** starts a process of its own that restarts Sidekiq after `recoverAfter` seconds, unless the deployment has done so */
  readonly recover: string
}

/** Runs before the new version is put in place. No hook runs when a deployment fails, hence `recover`. */
export const quietHook = (plan: EbPlan, { kind, names, setup, signal, recover }: Quiet): string => `${script(
  plan,
  'Quiets Sidekiq: it takes no new jobs.',
)}${setup}

for ${kind} in ${words(names)}; do
  pid=$(pid_of "$${kind}")
  if [ "\${pid:-0}" = 0 ]; then
    echo "$${kind} does not run: nothing to quiet"
    continue
  fi
  if ! ${signal}; then
    # it may have ended by itself since
    if [ "$(pid_of "$${kind}")" = "$pid" ]; then exit 1; fi
  fi
  echo "$${kind}: quiet, process $pid"
${plan.settings.recoverAfter === 0 ? '' : `  # if the deployment fails from here on, nothing else restarts it\n${recover}`}done
`

export const RESTART = `Puts Sidekiq on the new version. If Sidekiq does not come up, this fails, and so does the deployment.`
