import { sh, sudoRefused } from '../../../src/index.ts'
import type { Command } from '../../../src/index.ts'
import { linesOf } from '../../systemd/tasks.ts'
import { rights } from '../../sudo/allowed.ts'
import { guarded } from '../guarded.ts'
import { foreignJobs } from './whose.ts'
import type { Asking, Context, Manager } from '../manager.ts'
import { readHost } from '../systemd/host.ts'
import { callsOf } from './calls.ts'
import { checkSteps, drift, findings } from './check.ts'
import { fileFacts } from './files.ts'
import { logFiles } from './initctl.ts'
import { boot, install, uninstall } from './install.ts'
import { instances } from './jobs.ts'
import { bringUp, quiet, recover, restart, stop } from './lifecycle.ts'
import { askJobs, pids, root } from './state.ts'

type Facts = Readonly<Record<string, Command>>

/** Sidekiq under Upstart: one job per config file, or its instances if there are several processes. */
const manager: Manager = {
  facts: (c) => {
    const writes = WRITES.some((task) => c.runs(task))
    return {
      jobs: askJobs(c),
      ...fileFacts(c, writes),
      ...(writes || STARTS.some((task) => c.runs(task)) ? hostFacts(c) : {}),
      ...(c.runs('sidekiq:check') && { rights: rights() }),
    }
  },
  check: checkSteps,
  quiet,
  stop,
  start: bringUp,
  restart,
  recover,
  pids,
  install,
  uninstall,
  enable: (c) => boot(c, 'enable'),
  disable: (c) => boot(c, 'disable'),
  log: (c) => [log(c)],
  drift,
  doctor: {
    facts: (c) => ({ ...hostFacts(c), ...sudoFacts(c) }),
    findings,
  },
}

/** The same, but it refuses to run if a job belongs to another application. */
export const upstart = guarded(manager, foreignJobs, (c) => `, then ${c.shipit('sidekiq:install')}`)

const STARTS = ['sidekiq:start', 'sidekiq:restart']
const WRITES = ['sidekiq:install', 'sidekiq:uninstall', 'sidekiq:enable', 'sidekiq:disable']

/** What the files need to know about their host. The user's home is only in passwd(5). */
const hostFacts = (c: Asking): Facts => {
  const { user } = c.settings
  const home = user === null ? sh`getent passwd "$(id -un)"` : sh`getent passwd ${user}`
  return { host: readHost(c), home: home.probe() }
}

const sudoFacts = (c: Asking): Facts => ({
  rights: rights(),
  ...Object.fromEntries(callsOf(c.settings).map((words, i) => [`sudo${i}`, sh`sudo -n -l ${words}`.probe()])),
})

const log = (c: Context): Command => {
  const command = sh`tail -n ${linesOf(c)} -F ${logFiles(c, instances(c.settings))}`
  return (root(c) ? command : command.sudo())
    .follow()
    .hint(({ stderr }) =>
      sudoRefused(stderr) ? `root alone may read the logs of Upstart: ${c.shipit('sidekiq:log', '--set', 'ssh.user=root')}` : undefined,
    )
}
