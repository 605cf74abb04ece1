import type { Finding, StepList } from '../../../src/index.ts'
import { atLeast, checkSteps, driftFindings, sameBody, sudoChecks, sudoersHint } from '../../../src/kit/index.ts'
import type { Check } from '../../../src/kit/index.ts'
import type { Job } from '../known.ts'
import { errorOf, partedByPresence, warningOf } from '../manager.ts'
import type { Context } from '../manager.ts'
import { sudoersRules } from '../sudoers.ts'
import { files, foreignFindings, killTimeoutIn, withoutComments, type JobFile } from './files.ts'
import { remedy } from './initctl.ts'
import { isRoot, jobFiles, jobsOf } from './jobs.ts'
import { quietSignalOf, wantedKillTimeout } from './job-text.ts'

/** Runs before anything is changed: initctl must be there and answer, Upstart must know the jobs, and sudo must allow the later calls. */
export const check = (c: Context): StepList => {
  const labels = jobsOf(c).map(({ label }) => label)
  return checkSteps(`check ${labels.join(', ')}`, [
    ...foreignFindings(c),
    ...jobChecks(c),
    // it is not known which calls your own hooks make
    ...(c.settings.defaultHooks ? rightChecks(c) : []),
  ])
}

/** Jobs whose state cannot be read, and missing ones. */
const jobChecks = (c: Context): readonly Check[] => {
  const jobs = jobsOf(c)
  const remedyOf = (job: Job, stderr: string): string => remedy(c, [job])({ code: 1, stdout: '', stderr })
  const unknown = jobs.find(({ state }) => state === 'unknown')
  if (unknown !== undefined) {
    const answer = unknown.answer || 'no answer from Upstart'
    return [errorOf(`${unknown.label}: ${answer}`, remedyOf(unknown, answer))]
  }
  const { absent } = partedByPresence(c, jobs)
  return jobs
    .filter(({ state }) => state === 'missing')
    .map((job) => (absent.includes(job) ? warningOf : errorOf)(`there is no job ${job.label}`, remedyOf(job, job.answer)))
}

/** Calls that sudo refuses; root needs no sudo. */
const rightChecks = (c: Context): readonly Check[] => (isRoot(c) || hasUnknown(c) ? [] : sudoChecks(c, () => sudoersHint(sudoersRules, c)))

const hasUnknown = (c: Context): boolean => jobsOf(c).some(({ state }) => state === 'unknown')

export const findings = (c: Context): readonly Finding[] => {
  if (hasUnknown(c)) return [...foreignFindings(c), ...jobChecks(c)]
  const names = jobFiles(c.settings).map(({ name }) => name)
  return [
    ...foreignFindings(c),
    ...jobChecks(c),
    ...files(c).flatMap((file) => (names.includes(file.job) && file.now !== '' ? fileFindings(c, file) : [])),
    ...jobsOf(c)
      .filter(({ state }) => state === 'starting')
      .map(({ label, answer }) => warningOf(`${label} is neither up nor down: ${answer}`, `see ${c.settings.upstart.logDir}/${label}.log`)),
    ...rightChecks(c),
  ]
}

/** Our files that differ from the config. Empty if the host was not read, or if the run writes the files. */
export const drift = (c: Context): readonly Finding[] => {
  if (c.facts.host?.known === undefined || c.facts.overrides !== undefined) return []
  const differing = files(c).filter((file) => file.now !== '' && !file.foreign && !sameBody(file.text, file.now))
  return driftFindings({
    differing: differing.map(({ name }) => name),
    remedy: `${c.shipit('sidekiq:install', ...(isRoot(c) ? [] : ['--set', 'ssh.user=root']))}; ${c.shipit('sidekiq:restart')}`,
  })
}

/** Problems in an installed file, even if shipit did not write it. */
const fileFindings = (c: Context, { name, text: wanted, now, foreign }: JobFile): readonly Finding[] => {
  const text = withoutComments(now)
  const reinstall = `${c.shipit('sidekiq:install', ...(foreign ? ['--force'] : []))}, then ${c.shipit('sidekiq:restart')}`
  const killTimeout = killTimeoutIn(text)
  const needed = c.settings.timeout + 10
  const signal = /^\s*reload\s+signal\s+(?:SIG)?(\S+)/m.exec(text)?.[1]
  const deadly = signal === 'USR1' && atLeast(c.facts.host?.known?.sidekiq ?? [0], [6, 0, 0])
  const found: (Finding | false)[] = [
    killTimeout < needed &&
      errorOf(
        `${name}: Upstart kills Sidekiq ${killTimeout} s after TERM${/kill\s+timeout/.test(text) ? '' : ', its default'}, but Sidekiq needs up to ${needed} s: running jobs are lost`,
        `kill timeout ${Math.max(needed, wantedKillTimeout(c))}: ${reinstall}`,
      ),
    /^\s*expect\b/m.test(text) &&
      errorOf(`${name} has expect, but Sidekiq does not fork: Upstart waits forever, or tracks the wrong process`, reinstall),
    /(^|[\s;&|(])(su|sudo|runuser)\s+(-|\w)/m.test(text) &&
      errorOf(
        `${name} starts Sidekiq through su: Upstart knows only su, which kills Sidekiq 2 s after TERM`,
        `use setuid, as the job of shipit does: ${reinstall}`,
      ),
    signal === undefined && errorOf(`${name} has no reload signal: initctl reload would send HUP, which ends Sidekiq`, reinstall),
    deadly && errorOf(`${name} quiets by USR1, which ends Sidekiq 6 and newer`, `reload signal TSTP: ${reinstall}`),
    signal !== undefined &&
      !deadly &&
      signal !== quietSignalOf(c) &&
      warningOf(`${name} quiets by ${signal}, not by ${quietSignalOf(c)}`, reinstall),
    !/^\s*respawn\s*$/m.test(text) && errorOf(`${name} has no respawn: a Sidekiq that crashes stays down`, reinstall),
    !foreign &&
      killTimeout >= needed &&
      signal !== undefined &&
      !sameBody(wanted, now) &&
      warningOf(`${name} is not as the config says now`, reinstall),
  ]
  return found.filter((one) => one !== false)
}
