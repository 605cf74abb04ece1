import { fail, note, sh, sudoRefused, write } from '../../../src/index.ts'
import type { Command, StepList } from '../../../src/index.ts'
import { ownName } from '../../systemd/service.ts'
import { foreignJobs, jobOf } from './whose.ts'
import type { Context } from '../manager.ts'
import { whoseElse } from '../mark.ts'
import { asRoot } from './calls.ts'
import { files, same, unreadFiles, userOf, wantedKillTimeout, type File } from './files.ts'
import { remedy, stop as end } from './initctl.ts'
import { bootJobs, instances } from './jobs.ts'
import { jobsOf, root } from './state.ts'

/** Writes only the files that differ. Sidekiq keeps running as it is. */
export const install = (c: Context): StepList => {
  const unread = unreadFiles(c, ['file'])
  if (unread.length > 0) return [notRead(c, unread, 'install')]
  const wrong = problems(c)
  if (wrong.length > 0) return [fail(wrong).title('look at the job files').hint('nothing was changed on this host')]
  const changed = files(c).filter((file) => !same(file))
  const runs = jobsOf(c).some(({ state }) => state === 'running' || state === 'starting')
  return [
    ...changed.map((file) => checked(file)),
    ...changed.filter(({ foreign }) => foreign).map((file) => keep(c, file)),
    ...changed.map((file) => put(c, `${file.name}.conf`, file.text, 'install')),
    changed.length > 0 && reload(c, 'install'),
    changed.length > 0 &&
      runs &&
      note(`Sidekiq runs as before until it is restarted: ${c.shipit('sidekiq:restart')}`).title('what to know'),
  ]
}

/** Stops Sidekiq and removes what `install` wrote. Leaves alone what somebody else wrote. */
export const uninstall = (c: Context): StepList => {
  const unread = unreadFiles(c, ['file', 'override'])
  if (unread.length > 0) return [notRead(c, unread, 'uninstall')]
  const there = files(c).map((file, i) => ({ ...file, override: c.facts[`override${i}`]?.stdout ?? '' }))
  const ours = there.filter(({ now, foreign }) => now !== '' && !foreign)
  const foreign = there.filter((file) => file.foreign)
  if (ours.some(({ now }) => jobOf(c, now).kind === 'foreign'))
    return [
      fail(foreignJobs(c))
        .title('check whose the jobs are')
        .hint(`give this one a name of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' })`),
    ]
  const workers = ours.filter(({ name }) => bootJobs(c.settings).includes(name) && c.settings.processes > 1)
  const running = instances(c.settings).filter(({ job }) => ours.some(({ name }) => name === job))
  const gone = ours.flatMap(({ name, override }) => [`${name}.conf`, ...(only(override) ? [`${name}.override`] : [])])
  const paths = gone.map((name) => `${c.settings.upstart.initDir}/${name}`)
  return [
    foreign.length > 0 &&
      note(foreign.map(({ name, now }) => `${name}.conf ${whoseElse(now)}, and so is left as it is`)).title('what stays'),
    running.length > 0 && end(c, running),
    workers.length > 0 &&
      end(
        c,
        workers.map(({ name }) => ({ job: name, index: null, words: [name], label: name })),
      ),
    paths.length > 0 && rooted(c, sh`rm -f ${paths}`).hint(asRoot(c, 'uninstall')),
    paths.length > 0 && reload(c, 'uninstall'),
  ]
}

/** A file that cannot be read may be somebody else's: it is neither overwritten nor treated as missing. */
const notRead = (c: Context, unread: readonly string[], task: Parameters<typeof asRoot>[1]): Command =>
  fail(unread).title('look at the job files').hint(asRoot(c, task))

/** Writes NAME.override with or without `manual`, which decides whether the jobs start at boot. Keeps its other stanzas. */
export const boot = (c: Context, verb: 'enable' | 'disable'): StepList => {
  const unread = unreadFiles(c, ['override'], bootJobs(c.settings))
  if (unread.length > 0) return [notRead(c, unread, verb)]
  const names = files(c).map(({ name }) => name)
  const changes = bootJobs(c.settings).flatMap((name) => {
    const now = (c.facts[`override${names.indexOf(name)}`]?.stdout ?? '').split('\n').filter((line) => line !== '')
    const others = now.filter((line) => line.trim() !== 'manual')
    const wanted = verb === 'disable' ? [...others, 'manual'] : others
    return now.includes('manual') === (verb === 'disable') ? [] : [{ name: `${name}.override`, wanted }]
  })
  return [
    ...changes.map(({ name, wanted }) =>
      wanted.length === 0
        ? rooted(c, sh`rm -f ${`${c.settings.upstart.initDir}/${name}`}`).hint(asRoot(c, verb))
        : put(c, name, `${wanted.join('\n')}\n`, verb),
    ),
    changes.length > 0 && reload(c, verb),
  ]
}

const problems = (c: Context): readonly string[] => {
  const { settings: s, facts } = c
  const found: (string | false)[] = [
    facts.host?.ok === false && `the host could not be asked as ${userOf(c)}: ${facts.host.stderr.trim()}`,
    s.user === null &&
      c.layout.user === 'root' &&
      `Sidekiq would run as root, who logged in. Say who it runs as: sidekiq({ user: 'deploy' }), or --set sidekiq.user=deploy`,
    wantedKillTimeout(c) < s.timeout &&
      `upstart.killTimeout, ${wantedKillTimeout(c)} s, is less than the timeout of Sidekiq, ${s.timeout} s: Upstart would kill it while its jobs run`,
    s.upstart.stanzas.some((line) => /^expect\b/.test(line)) &&
      'expect, in upstart.stanzas: Sidekiq stays in the foreground, and Upstart would wait for a fork that never comes',
    // never replace what belongs to another application, not even with --force
    ...foreignJobs(c).map((text) => `${text}. Give this one a name of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' })`),
    ...files(c)
      .filter(({ foreign, now }) => foreign && c.args.force !== true && jobOf(c, now).kind !== 'foreign')
      .map(
        ({ name, now }) =>
          `${name}.conf is there and ${whoseElse(now)}. To replace it: sidekiq:install --force keeps it as ${name}.before-shipit`,
      ),
  ]
  return found.filter((one) => one !== false)
}

/** Upstart's own checker starts its own init and may fail for reasons other than the file, above all as root. Only an "invalid" counts. */
const checked = ({ name, text }: File): Command => {
  const file = `${name}.conf`
  return sh`
command -v init-checkconf >/dev/null || exit 0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
printf '%s' ${text} > "$work"/${file}
said=$(init-checkconf "$work"/${file} 2>&1) || case $said in (*invalid*) printf '%s\n' "$said" >&2; exit 65 ;; esac
`
    .title(`check ${file}`)
    .hint('Upstart would not take this file, and so nothing was written: look at upstart.stanzas')
}

/** Upstart does not read files with another suffix. */
const keep = (c: Context, { name }: File): Command => {
  const file = `${c.settings.upstart.initDir}/${name}`
  return rooted(c, sh`cp -p --backup=numbered ${`${file}.conf`} ${`${file}.before-shipit`}`).hint(asRoot(c, 'install'))
}

const put = (c: Context, name: string, text: string, task: Parameters<typeof asRoot>[1]): Command =>
  write(`${c.settings.upstart.initDir}/${name}`, text, { sudo: !root(c) }).hint(({ stderr }) =>
    sudoRefused(stderr) || /denied/.test(stderr) ? asRoot(c, task) : undefined,
  )

/** Upstart notices changes in its folder by itself, but not if the folder is a link to another place. */
const reload = (c: Context, task: Parameters<typeof asRoot>[1]): Command =>
  rooted(c, sh`${c.settings.upstart.initctlBin} reload-configuration`).hint((failed) =>
    sudoRefused(failed.stderr) ? asRoot(c, task) : remedy(c, [])(failed),
  )

const rooted = (c: Context, command: Command): Command => (root(c) ? command : command.sudo())
const only = (override: string): boolean => override.split('\n').every((line) => line.trim() === '' || line.trim() === 'manual')
