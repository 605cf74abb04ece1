import { fail, sh } from '../../../src/index.ts'
import type { Command, Finding, StepList } from '../../../src/index.ts'
import { checkSteps } from '../../../src/kit/index.ts'
import { linesOf } from '../../systemd/services.ts'
import { errorOf, guarded, refusal, warningOf } from '../manager.ts'
import type { Context, Manager } from '../manager.ts'
import { inShared } from '../program.ts'
import { leftOver, stillQuiet } from '../quietness.ts'
import {
  accountHint,
  asOwner,
  daemonsFact,
  daemonsOf,
  foreignFindings,
  FUNCTIONS,
  isSameProcess,
  knownDaemons,
  pidfiles,
} from './daemons.ts'
import { quiet, start, stop, verifyCanDaemonize } from './lifecycle.ts'

/** Sidekiq 5 and older without a service manager: a daemon with a pidfile, controlled by signals, as capistrano-sidekiq 1.x did it. */
const manager: Manager = {
  facts: (c) => ({ processes: daemonsFact(c) }),
  check: (c) => {
    const { why } = knownDaemons(c)
    return [
      ...checkSteps("check Sidekiq's processes", problems(c)),
      why === undefined && c.layout.currentTarget !== undefined && verifyCanDaemonize(c, c.paths.current),
    ]
  },
  quiet: (c) => [quiet(c, daemonsOf(c))],
  stop: (c) => [c.deploy.releasing && verifyCanDaemonize(c, c.paths.release), ...stop(c, daemonsOf(c))],
  start: (c) => start(c, daemonsOf(c), c.deploy.releasing),
  restart: (c) => [...stop(c, daemonsOf(c)), ...start(c, daemonsOf(c), true)],
  recover: (c) => recover(c),
  verifiesRelease: true,
  pids: (c) =>
    sh`
${FUNCTIONS(c)}
for file in ${daemonsOf(c).map(({ file }) => file)}; do
  name=\${file##*/}
  if in_file "$file"; then echo "\${name%.pid} $pid"; else echo "\${name%.pid} 0"; fi
done
`.probe(),
  asOwner: () => sh`:`,
  install: () => noUnits('install'),
  uninstall: () => noUnits('uninstall'),
  enable: () => noUnits('enable'),
  disable: () => noUnits('disable'),
  log: (c) => [log(c)],
  claims: (s) => pidfiles(s).map((file) => ({ what: `the pidfile ${file}` })),
  doctor: { facts: () => ({}), findings: (c) => findings(c) },
}

export const signals = guarded(manager, (c) => refusal(foreignFindings(c)))

/**
 * Puts back to work what this run quieted or stopped, but not what was down before or what it has already started again. Nothing else
 * restarts a daemon that is gone.
 */
const recover = (c: Context): Command[] => {
  const { left, touched, old } = leftOver(c, knownDaemons(c).daemons)
  if (left === undefined) return []
  const ends = old.flatMap((daemon) => {
    // its pidfile without suffix is also the name of its note
    const name = String(daemon.file).replace(/^.*\/|\.pid$/g, '')
    const guard = stillQuiet(c, isSameProcess(c, daemon, daemon.pid), name, daemon.pid, left)
    return stop(c, [daemon]).map((end) => end.onlyIf(guard))
  })
  // a start that itself failed is not retried
  const again = left.down ? touched : old
  return again.length === 0 ? [] : [...ends, ...start(c, again, true)]
}

const noUnits = (verb: string): StepList => [
  fail(`there is nothing to ${verb}: with manager: 'signals' Sidekiq is a daemon, started by sidekiq:start`)
    .title(`${verb} Sidekiq`)
    .hint("to start it at boot and after a crash, use crontab's @reboot or Monit; with Sidekiq 6 and later, manager: 'systemd'"),
]

const log = (c: Context): Command => {
  const { log: file } = c.settings.signals
  if (file === null)
    return fail('shipit does not know the log file, because sidekiq.yml sets it').hint("set it: signals: { log: 'log/sidekiq.log' }")
  return asOwner(c)`tail -n ${linesOf(c)} -F ${inShared(c, file)}`.follow()
}

/** What keeps a deploy from starting. The doctor reports it too. */
const problems = (c: Context): readonly Finding[] => {
  const { withoutPidfile, unwritable, why } = knownDaemons(c)
  if (why !== undefined) {
    const remedy = accountHint(c, why) ?? (why.trim().split('\n').at(-1) || 'is there a /proc on this host?')
    return [errorOf("cannot read Sidekiq's processes", remedy)]
  }
  return [
    ...foreignFindings(c),
    ...withoutPidfile.map((pid) =>
      errorOf(
        `a Sidekiq of this application, PID ${pid}, has no pidfile: nothing would stop it, and it would keep running its old release`,
        `look at it: ps -fp ${pid}. If it is not needed: kill -s TERM ${pid}`,
      ),
    ),
    ...unwritable.map((dir) =>
      errorOf(`${dir} is not writable for the user that runs Sidekiq`, `sudo chown ${c.settings.user ?? c.layout.user} ${dir}`),
    ),
  ]
}

const findings = (c: Context): readonly Finding[] => {
  const { daemons, version, why } = knownDaemons(c)
  if (why !== undefined) return problems(c)
  const isNew = version !== undefined && Number.parseInt(version, 10) >= 6
  return [
    ...(isNew
      ? [errorOf(`Sidekiq ${version} cannot run as a daemon: 5.2 was the last that could`, "sidekiq({ manager: 'systemd' })")]
      : []),
    ...problems(c),
    ...daemons
      .filter(({ state }) => state === 'stale')
      .map(({ file, pid }) =>
        warningOf(
          `${file} is stale: ${pid} is not a Sidekiq of this application`,
          `Sidekiq ended without shipit: see its log. To start it: ${c.shipit('sidekiq:start')}`,
        ),
      ),
  ]
}
