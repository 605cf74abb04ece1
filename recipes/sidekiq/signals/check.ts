import { fail } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import type { Context } from '../manager.ts'
import { look, seen } from './processes.ts'
import { daemonic } from './start.ts'
import { mayNot } from './stop.ts'

/** Runs before anything is changed. */
export const checkSteps = (c: Context): (Command | false)[] => {
  const wrong = mistakes(c)
  if (!seen(c).known) return [look(c).hint(({ stderr }) => mayNot(c, stderr))]
  return [
    c.layout.currentTarget !== undefined && daemonic(c, c.paths.current),
    wrong.length > 0 &&
      fail(wrong.map(({ message }) => message))
        .title('look at the processes of Sidekiq')
        .hint(wrong.map(({ remedy }) => remedy).join('; ')),
  ]
}

export const findings = (c: Context): readonly Finding[] => {
  const { known, processes, version } = seen(c)
  if (!known) return [error('the processes of Sidekiq cannot be seen', unseen(c))]
  const old = version === undefined || Number.parseInt(version, 10) < 6
  return [
    ...(old ? [] : [error(`Sidekiq ${version} cannot be a daemon: that ended with 5.2`, "sidekiq({ manager: 'systemd' })")]),
    ...mistakes(c),
    ...processes
      .filter(({ state }) => state === 'stale')
      .map(({ file, pid }): Finding => ({
        level: 'warning',
        message: `${file} is stale: ${pid} is not a Sidekiq of this application`,
        remedy: `Sidekiq ended without shipit: see its log. To start it: ${c.shipit('sidekiq:start')}`,
      })),
  ]
}

/** What is wrong now. The doctor reports it, and a deploy does not start. */
const mistakes = (c: Context): readonly Finding[] => {
  const { strays, unwritable } = seen(c)
  return [
    ...strays.map((pid) =>
      error(
        `a Sidekiq of this application, PID ${pid}, has no pidfile: nothing would stop it, and it would go on with its old release`,
        `look at it (ps -fp ${pid}); when it is a leftover: kill -s TERM ${pid}`,
      ),
    ),
    ...unwritable.map((dir) =>
      error(`${dir} cannot be written by the user who runs Sidekiq`, `sudo chown ${c.settings.user ?? c.layout.user} ${dir}`),
    ),
  ]
}

const error = (message: string, remedy: string): Finding => ({ level: 'error', message, remedy })

const unseen = (c: Context): string => {
  const said = c.facts['processes']?.stderr ?? ''
  return mayNot(c, said) ?? (said.trim().split('\n').at(-1) || 'is there a /proc on this host?')
}
