import { fail } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { linesOf } from '../../systemd/tasks.ts'
import { guarded } from '../guarded.ts'
import type { Context, Manager } from '../manager.ts'
import { leftOver, stillQuiet } from '../recovery.ts'
import { checkSteps, findings } from './check.ts'
import { foreignProcesses, asOwner, FUNCTIONS, inShared, look, processesOf, seen, type Process } from './processes.ts'
import { daemonic, start } from './start.ts'
import { quiet, still, stop } from './stop.ts'

/** Sidekiq 5 and older without a service manager: a daemon with a pidfile, controlled by signals, as capistrano-sidekiq 1.x did it. */
const manager: Manager = {
  facts: (c) => ({ processes: look(c) }),
  check: checkSteps,
  quiet: (c) => [quiet(c, processesOf(c))],
  stop: (c) => [c.deploy.releasing && daemonic(c, c.paths.release), ...stop(c, processesOf(c))],
  start: (c) => start(c, processesOf(c), c.deploy.releasing),
  restart: (c) => [...stop(c, processesOf(c)), ...start(c, processesOf(c), true)],
  recover: (c) => recover(c),
  pids: (c) =>
    asOwner(c)`
${FUNCTIONS(c)}
for file in ${processesOf(c).map(({ file }) => file)}; do
  name=\${file##*/}
  if in_file "$file"; then echo "\${name%.pid} $pid"; else echo "\${name%.pid} 0"; fi
done
`.probe(),
  install: () => nothing('install'),
  uninstall: () => nothing('uninstall'),
  enable: () => nothing('enable'),
  disable: () => nothing('disable'),
  log: (c) => [log(c)],
  doctor: { facts: () => ({}), findings },
}

/** The same, but it refuses to run if a pidfile names another application's process. */
export const signals = guarded(
  manager,
  (c) => foreignProcesses(c),
  () => "; or let it have pidfiles in shared: signals: { pids: 'tmp/pids' }",
)

/**
 * Puts back to work what this run quieted or stopped, but not what was down before or what it has already started again. Nothing else
 * restarts a daemon that is gone.
 */
const recover = (c: Context): Command[] => {
  const left = leftOver(c)
  const touched = seen(c).processes.filter(({ state }) => state === 'running')
  if (left === undefined || touched.length === 0) return []
  const old = left.quieted === 'none' ? [] : touched
  const ends = old.flatMap((one) =>
    stop(c, [one]).map((end) => end.onlyIf(stillQuiet(c, still(c, one, one.pid), nameOf(one), one.pid, left))),
  )
  // a start that itself failed is not retried
  const again = left.down ? touched : old
  return again.length === 0 ? [] : [...ends, ...start(c, again, true)]
}

/** The name of its pidfile without suffix, and of the note that it is quiet. */
const nameOf = ({ file }: Process): string => String(file).replace(/^.*\/|\.pid$/g, '')

const nothing = (verb: string): StepList => [
  fail(`there is nothing to ${verb}: with manager: 'signals' Sidekiq is a daemon, started by sidekiq:start`)
    .title(`${verb} Sidekiq`)
    .hint(
      "nothing starts it at boot or when it crashed. Let crontab's @reboot or Monit do that; with Sidekiq 6 and later, manager: 'systemd'",
    ),
]

const log = (c: Context): Command => {
  const { log: file } = c.settings.signals
  if (file === null)
    return fail('sidekiq.yml names the log file, and shipit does not know it').hint("set it: signals: { log: 'log/sidekiq.log' }")
  return asOwner(c)`tail -n ${linesOf(c)} -F ${inShared(c, file)}`.follow()
}
