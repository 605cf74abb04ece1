import { fact, sh, sudoRefused } from '../../../src/index.ts'
import type { ProbeResult } from '../../../src/index.ts'
import { sudoFacts } from '../../../src/kit/index.ts'
import { linesOf, unitHostFact } from '../../systemd/services.ts'
import { guarded, partedByPresence, refusal, type Asking, type Context, type Manager } from '../manager.ts'
import { sidekiqHost } from '../program.ts'
import { leftOver, stillQuiet } from '../quietness.ts'
import { check, drift, findings } from './check.ts'
import { fileFacts, foreignFindings } from './files.ts'
import { asRoot, isSameProcess, logFiles, quiet, start, stop, verifyUp } from './initctl.ts'
import { boot, install, uninstall } from './install.ts'
import { allCalls, instances, jobFiles, jobsFact, jobsOf, pids } from './jobs.ts'

/** Sidekiq under Upstart: one job per config file, or its instances if there are several processes. */
const manager: Manager = {
  facts: (c) => {
    const writes = WRITES.some((task) => c.runs(task))
    return {
      jobs: jobsFact(c),
      ...fileFacts(c, writes),
      ...((writes || STARTS.some((task) => c.runs(task))) && hostFacts(c)),
      // it is not known which calls your own hooks make
      ...(c.runs('sidekiq:check') && c.settings.defaultHooks && rightFacts(c)),
    }
  },
  check,
  quiet: (c) => {
    const some = jobsOf(c).filter(({ state }) => state === 'running' || state === 'unknown')
    return some.length === 0 ? [] : [quiet(c, some)]
  },
  stop: (c) => stopPresent(c),
  start: (c) => bringUp(c),
  restart: (c) => [...stopPresent(c), ...bringUp(c)],
  recover: (c) => {
    const { left, touched, old } = leftOver(c, jobsOf(c))
    if (left === undefined) return []
    return [
      ...old.map((job) => start(c, [job], true).onlyIf(stillQuiet(c, isSameProcess(c, job), job.label, job.pid, left))),
      // leaves running jobs alone
      ...(left.down ? [start(c, touched, false), verifyUp(c, touched)] : []),
    ]
  },
  pids,
  install,
  uninstall,
  enable: (c) => boot(c, 'enable'),
  disable: (c) => boot(c, 'disable'),
  log: (c) => [
    asRoot(c, sh`tail -n ${linesOf(c)} -F ${logFiles(c, instances(c.settings))}`)
      .follow()
      .hint(({ stderr }) =>
        sudoRefused(stderr) ? `only root may read the logs of Upstart: ${c.shipit('sidekiq:log', '--set', 'ssh.user=root')}` : undefined,
      ),
  ],
  claims: (s) =>
    [...new Set([...jobFiles(s).map(({ name }) => name), ...instances(s).map(({ words }) => words.join(' '))])].map((name) => ({
      what: `the job ${name} of Upstart`,
    })),
  drift,
  doctor: {
    facts: (c) => ({ ...hostFacts(c), ...rightFacts(c) }),
    findings,
  },
}

export const upstart = guarded(manager, (c) => refusal(foreignFindings(c)))

const STARTS = ['sidekiq:start', 'sidekiq:restart']
const WRITES = ['sidekiq:install', 'sidekiq:uninstall', 'sidekiq:enable', 'sidekiq:disable']

/** root makes its calls without sudo. */
const rightFacts = ({ host, settings: s }: Asking) =>
  host.user !== 'root' && sudoFacts(allCalls(s).map((words) => ({ words, optional: !s.defaultHooks })))

/** What the files need to know about their host. The user's home is only in passwd(5). */
const hostFacts = (c: Asking) => {
  const { user } = c.settings
  const entry = user === null ? sh`getent passwd "$(id -un)"` : sh`getent passwd ${user}`
  return { host: unitHostFact(c, ['bundle'], sidekiqHost.more(c), sidekiqHost.parse), home: fact(entry, parseHome) }
}

const parseHome = ({ ok, stdout }: ProbeResult): string | undefined => {
  const home = ok ? stdout.trim().split(':')[5] : undefined
  return home?.startsWith('/') ? home : undefined
}

const stopPresent = (c: Context) => {
  const { present } = partedByPresence(c, jobsOf(c))
  return present.length === 0 ? [] : [stop(c, present)]
}

/** Starts the jobs, then checks that they are up. */
const bringUp = (c: Context) => {
  const { present, absent } = partedByPresence(c, jobsOf(c))
  return [
    ...(present.length === 0 ? [] : [start(c, present, c.deploy.releasing), verifyUp(c, present)]),
    ...(absent.length === 0 ? [] : [start(c, absent, false).allowFailure({ codes: [5] })]),
  ]
}
