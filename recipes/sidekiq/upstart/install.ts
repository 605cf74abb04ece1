import { fail, note, sh, write } from '../../../src/index.ts'
import type { Command, HintOf, StepList } from '../../../src/index.ts'
import {
  deniedHint,
  describeWriter,
  failIfChanged,
  joinLines,
  noteLeft,
  otherHome,
  parseHeader,
  rootRemedy,
} from '../../../src/kit/index.ts'
import { refusal, type Context } from '../manager.ts'
import { files, foreignFindings, nowOf, ownershipOf, pathOf, unreadFiles, type JobFile } from './files.ts'
import { asRoot, remedy, stop } from './initctl.ts'
import { bootJobs, instances, isRoot, jobsOf } from './jobs.ts'
import { userOf, wantedKillTimeout } from './job-text.ts'

type Task = 'install' | 'uninstall' | 'enable' | 'disable'

/** A file to change, and its text when the host was read. */
interface Change {
  readonly path: string
  readonly now: string
}

/** Writes only the files that differ. Sidekiq keeps running as it is. */
export const install = (c: Context): StepList => {
  const refused = blocked(c, 'install', ['conf']) ?? refuse(problems(c))
  if (refused !== undefined) return [refused]
  // a fact may have lost its final newline
  const changed = files(c).filter(({ text, now }) => text.trimEnd() !== now.trimEnd())
  if (changed.length === 0) return []
  const runs = jobsOf(c).some(({ state }) => state === 'running' || state === 'starting')
  return [
    ...changed.map(validate),
    failIfAnyChanged(c, changed, 'install'),
    ...changed.filter(({ foreign }) => foreign).map((file) => backUp(c, file)),
    ...changed.map(({ path, text }) => put(c, path, text, 'install')),
    reload(c, 'install'),
    runs && note(`Sidekiq keeps running as it is until you restart it: ${c.shipit('sidekiq:restart')}`).title('next step'),
  ]
}

/** Stops Sidekiq and removes what `install` wrote. Leaves alone files that shipit did not write. */
export const uninstall = (c: Context): StepList => {
  const refused = blocked(c, 'uninstall', ['conf', 'override'])
  if (refused !== undefined) return [refused]
  const present = files(c).filter(({ now }) => now !== '')
  const ours = present.filter(({ foreign }) => !foreign)
  const foreign = present.filter((file) => file.foreign)
  // has our first line, but is for another folder
  const moved = foreign.filter(({ name, now }) => parseHeader(now)?.of?.name === name && parseHeader(now)?.use === c.usedAs)
  if ([...ours, ...moved].some((file) => hasMoved(c, file))) return [refusal(foreignFindings(c))]
  const jobs = ours.map(({ job }) => job)
  const running = instances(c.settings).filter(({ job }) => jobs.includes(job))
  const workers = c.settings.processes === 1 ? [] : bootJobs(c.settings).filter((job) => jobs.includes(job))
  const gone = jobs.flatMap((job) => [pathOf(c, job), ...(onlySetsManual(nowOf(c, job, 'override')) ? [pathOf(c, job, 'override')] : [])])
  return [
    noteLeft(foreign.map(({ name, now }) => ({ name, why: describeWriter(name, now) }))),
    running.length > 0 && stop(c, running),
    workers.length > 0 &&
      stop(
        c,
        workers.map((job) => ({ job, words: [job], label: job })),
      ),
    gone.length > 0 && [asRoot(c, sh`rm -f ${gone}`).hint(needsRoot(c, 'uninstall')), reload(c, 'uninstall')],
  ]
}

/** Writes NAME.override with or without `manual`, which decides whether the jobs start at boot. Keeps its other stanzas. */
export const boot = (c: Context, verb: 'enable' | 'disable'): StepList => {
  const jobs = bootJobs(c.settings)
  const refused = refuseUnread(c, unreadFiles(c, ['override'], jobs), verb)
  if (refused !== undefined) return [refused]
  const changes = jobs.flatMap((job) => {
    const now = nowOf(c, job, 'override')
    const lines = now.split('\n').filter((line) => line !== '')
    const others = lines.filter((line) => line.trim() !== 'manual')
    const wanted = verb === 'disable' ? [...others, 'manual'] : others
    return lines.includes('manual') === (verb === 'disable') ? [] : [{ path: pathOf(c, job, 'override'), now, wanted }]
  })
  if (changes.length === 0) return []
  return [
    failIfAnyChanged(c, changes, verb),
    ...changes.map(({ path, wanted }) =>
      wanted.length === 0 ? asRoot(c, sh`rm -f ${path}`).hint(needsRoot(c, verb)) : put(c, path, `${wanted.join('\n')}\n`, verb),
    ),
    reload(c, verb),
  ]
}

/** The task as root: no sudo rule can allow writing into the job folder and nothing else. */
const rootCall = (c: Context, task: Task): string => {
  const user = c.settings.user === null ? ['--set', `sidekiq.user=${c.layout.user || 'deploy'}`] : []
  return c.shipit(`sidekiq:${task}`, '--set', 'ssh.user=root', ...user)
}

const needsRoot = (c: Context, task: Task): HintOf => deniedHint(c.settings.upstart.initDir, rootCall(c, task))

const hasMoved = (c: Context, { now }: JobFile): boolean => {
  const owner = ownershipOf(c, now)
  return owner.kind === 'foreign' && owner.moved
}

const refuse = (problems: readonly string[]): Command | undefined =>
  problems.length === 0 ? undefined : fail(problems).title('check the job files').hint('nothing was changed on this host')

/** A step that fails if these files cannot be written for this login, or be read. */
const blocked = (c: Context, task: Task, kinds: Parameters<typeof unreadFiles>[1]): Command | undefined => {
  const home = otherHome(c)
  return home === undefined ? refuseUnread(c, unreadFiles(c, kinds), task) : refuse([home])
}

/** A file that cannot be read may not be ours: it is neither overwritten nor treated as missing. */
const refuseUnread = (c: Context, unread: readonly string[], task: Task): Command | undefined => {
  const denied = !isRoot(c) && unread.every((why) => why.includes('Permission denied'))
  const { initDir } = c.settings.upstart
  return refuse(unread)?.hint(
    denied
      ? rootRemedy(initDir, rootCall(c, task))
      : `shipit did not write these files. List them: ls -l ${initDir}. Move them away, then run: ${c.shipit(`sidekiq:${task}`)}`,
  )
}

const problems = (c: Context): readonly string[] => {
  const { settings: s, facts } = c
  const found: (string | false)[] = [
    facts.host?.why !== undefined && `could not read the host as ${userOf(c)}: ${facts.host.why}`,
    s.user === null &&
      c.layout.user === 'root' &&
      `Sidekiq would run as root, because you logged in as root. Set its user in the config, or here: --set ${c.usedAs}.user=deploy`,
    wantedKillTimeout(c) < s.timeout &&
      `upstart.killTimeout, ${wantedKillTimeout(c)} s, is less than the timeout of Sidekiq, ${s.timeout} s: Upstart would kill it while its jobs run`,
    s.upstart.stanzas.some((line) => /^expect\b/.test(line)) &&
      'remove expect from upstart.stanzas: Sidekiq stays in the foreground, and Upstart would wait for a fork that never happens',
    // never replace what belongs to another application, not even with --force
    ...foreignFindings(c).map(({ message, remedy: rename }) => `${message}: ${rename}`),
    ...files(c)
      .filter(({ foreign, now }) => foreign && c.args.force !== true && ownershipOf(c, now).kind !== 'foreign')
      .map(
        ({ job, name, now }) =>
          `${name} exists and ${describeWriter(name, now)}. To replace it: sidekiq:install --force keeps it as ${job}.before-shipit`,
      ),
  ]
  return found.filter((one) => one !== false)
}

/** Upstart's own checker starts its own init and may fail for reasons other than the file, above all as root. Only an "invalid" counts. */
const validate = ({ name, text }: JobFile): Command =>
  sh`
command -v init-checkconf >/dev/null || exit 0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
printf '%s' ${text} > "$work"/${name}
output=$(init-checkconf "$work"/${name} 2>&1) || case $output in (*invalid*) printf '%s\n' "$output" >&2; exit 65 ;; esac
`
    .title(`check ${name}`)
    .hint('Upstart rejects this file, so nothing was written: check upstart.stanzas')

/** Fails if one of these files has changed since they were read, before any is written. */
const failIfAnyChanged = (c: Context, changes: readonly Change[], task: Task): Command => {
  const names = changes.map(({ path }) => path.slice(path.lastIndexOf('/') + 1))
  return joinLines(changes.map(({ path, now }) => failIfChanged(path, now)))
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} not changed since this run began`)
    .hint(`nothing was written. Find out who changed it, then try again: ${c.shipit(`sidekiq:${task}`)}`)
}

/** Upstart does not read files with another suffix. */
const backUp = (c: Context, { path }: JobFile): Command =>
  asRoot(c, sh`cp -p --backup=numbered ${path} ${path.replace(/\.conf$/, '.before-shipit')}`).hint(needsRoot(c, 'install'))

const put = (c: Context, path: string, text: string, task: Task): Command =>
  write(path, text, { sudo: !isRoot(c) }).hint(needsRoot(c, task))

/** Upstart notices changes in its folder by itself, but not if the folder is a link to another place. */
const reload = (c: Context, task: Task): Command =>
  asRoot(c, sh`${c.settings.upstart.initctlBin} reload-configuration`).hint((failed) => needsRoot(c, task)(failed) ?? remedy(c, [])(failed))

const onlySetsManual = (override: string): boolean => override.split('\n').every((line) => line.trim() === '' || line.trim() === 'manual')
