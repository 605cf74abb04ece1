import { fail } from '../../../src/index.ts'
import type { Command, Finding } from '../../../src/index.ts'
import { asksForPassword, maySudo } from '../../sudo/allowed.ts'
import type { Context } from '../manager.ts'
import { callsOf, sudoRule } from './calls.ts'
import { files, quietSignalOf, same, wantedKillTimeout } from './files.ts'
import { hostOf } from '../systemd/host.ts'
import { atLeast } from '../systemd/version.ts'
import { remedy } from './initctl.ts'
import { jobFiles } from './jobs.ts'
import { everDeployed } from '../../systemd/state.ts'
import { jobsOf, root } from './state.ts'

/** Runs before anything is changed: initctl must be there and answer, Upstart must know the jobs, and sudo must allow the later calls. */
export const checkSteps = (c: Context): (Command | false)[] => {
  const jobs = jobsOf(c)
  const odd = jobs.find(({ state }) => state === 'unknown') ?? (everDeployed(c) ? jobs.find(({ state }) => state === 'missing') : undefined)
  if (odd !== undefined)
    return [
      fail(odd.said || 'Upstart could not be asked')
        .title(`look for the job ${odd.label}`)
        .hint(remedy(c, [odd])),
    ]
  // it is not known which calls your own hooks make
  return root(c) || !c.settings.defaultHooks ? [] : callsOf(c.settings).map((words) => maySudo(c, words, sudoRule(c)))
}

export const findings = (c: Context): readonly Finding[] => {
  const jobs = jobsOf(c)
  const odd = jobs.find(({ state }) => state === 'unknown')
  if (odd !== undefined) {
    const said = odd.said || 'Upstart could not be asked'
    return [error(`${odd.label}: ${said}`, remedy(c, [odd])({ code: 1, stdout: '', stderr: said }))]
  }
  return [
    ...jobs.filter(({ state }) => state === 'missing').map(({ label }) => error(`there is no job ${label}`, c.shipit('sidekiq:install'))),
    ...jobFiles(c.settings).flatMap(({ name }) => ofFile(c, name)),
    ...jobs
      .filter(({ state }) => state === 'starting')
      .map(({ label, said }) => warning(`${label} is neither up nor down: ${said}`, `see ${c.settings.upstart.logDir}/${label}.log`)),
    ...(root(c)
      ? []
      : callsOf(c.settings).flatMap((words, i) =>
          c.facts[`sudo${i}`]?.ok === false ? [refused(c, words)] : asksForPassword(c, words) ? [asks(c, words)] : [],
        )),
  ]
}

/** Our files that differ from the config. Empty if the host was not read, or if the run writes the files. */
export const drift = (c: Context): readonly Finding[] =>
  hostOf(c.facts) === undefined || c.facts.override0 !== undefined
    ? []
    : files(c)
        .filter((file) => file.now !== '' && !file.foreign && !same(file))
        .map(({ name }) =>
          warning(
            `${name}.conf is not what the config says`,
            `${c.shipit('sidekiq:install', ...(root(c) ? [] : ['--set', 'ssh.user=root']))}; ${c.shipit('sidekiq:restart')}`,
          ),
        )

/** Problems in the installed file, whoever wrote it. */
const ofFile = (c: Context, name: string): readonly Finding[] => {
  const file = files(c).find((one) => one.name === name)
  if (file === undefined || file.now === '') return []
  const text = file.now.replaceAll(/^\s*#.*$/gm, '')
  const again = `${c.shipit('sidekiq:install', ...(file.foreign ? ['--force'] : []))}, then ${c.shipit('sidekiq:restart')}`
  const kill = Number(/^\s*kill\s+timeout\s+(\d+)/m.exec(text)?.[1] ?? 5)
  const signal = /^\s*reload\s+signal\s+(?:SIG)?(\S+)/m.exec(text)?.[1]
  const six = atLeast(hostOf(c.facts)?.sidekiq ?? [0], [6, 0, 0])
  const conf = `${name}.conf`
  const least = c.settings.timeout + 10
  const found: (Finding | false)[] = [
    kill < least &&
      error(
        `${conf}: Upstart kills Sidekiq ${kill} s after TERM${/kill\s+timeout/.test(text) ? '' : ', its default'}, and its jobs may take ${c.settings.timeout} s and 10 more: they would be lost`,
        `kill timeout ${Math.max(least, wantedKillTimeout(c))}: ${again}`,
      ),
    /^\s*expect\b/m.test(text) &&
      error(`${conf} has expect: Sidekiq does not fork, so that Upstart waits for ever, or knows a wrong process`, again),
    /(^|[\s;&|(])(su|sudo|runuser)\s+(-|\w)/m.test(text) &&
      error(
        `${conf} starts Sidekiq through su: Upstart knows su alone, and su kills Sidekiq 2 s after TERM`,
        `setuid, which the job of shipit has: ${again}`,
      ),
    signal === undefined && error(`${conf} has no reload signal: initctl reload would send HUP, which ends Sidekiq`, again),
    signal === 'USR1' && six && error(`${conf} quiets by USR1, which ends Sidekiq 6 and newer`, `reload signal TSTP: ${again}`),
    signal !== undefined &&
      !(signal === 'USR1' && six) &&
      signal !== quietSignalOf(c) &&
      warning(`${conf} quiets by ${signal}, not by ${quietSignalOf(c)}`, again),
    !/^\s*respawn\s*$/m.test(text) && error(`${conf} has no respawn: a Sidekiq that crashed stays down`, again),
    !file.foreign && kill >= least && signal !== undefined && !same(file) && warning(`${conf} is not what the config says`, again),
  ]
  return found.filter((one) => one !== false)
}

const refused = (c: Context, words: readonly string[]): Finding => error(`sudo does not allow ${words.join(' ')}`, sudoRule(c))
const asks = (c: Context, words: readonly string[]): Finding =>
  error(`sudo asks ${c.layout.user} for a password before ${words.join(' ')}`, sudoRule(c))
const error = (message: string, remedyOf: string): Finding => ({ level: 'error', message, remedy: remedyOf })
const warning = (message: string, remedyOf: string): Finding => ({ level: 'warning', message, remedy: remedyOf })
