import { sh } from '../../src/index.ts'
import type { Command, Sh } from '../../src/index.ts'
import { remedy, SAYS } from './remedies.ts'
import { accountOf, otherUser, type Asking, type Context } from './scope.ts'
import { SIDEKIQ } from './service.ts'
import type { Unit } from './state.ts'
import { wordsOf, type Verb } from './verbs.ts'
import { notOurs } from './whose/refuse.ts'

type Names = readonly string[]

/**
 * `sudo systemctl VERB UNITS` or `systemctl --user VERB UNITS` as their owner, with what to do when it fails and the journal's last lines.
 * For somebody else's units it is a step that fails and says whose they are: every verb comes through here.
 */
export const act = (c: Context, verb: Verb, units: Names): Command => {
  const refused = notOurs(c, units)
  if (refused !== undefined) return refused
  const text = scoped(c)`${[...systemctl(c), ...wordsOf(verb)]} ${units}`
  const command = c.settings.serviceUnitUser === 'system' ? text.sudo() : text
  return command.hint(remedy(c, units, verb)).diagnose(journal(c, units))
}

/** A systemctl that only reads: it needs no sudo in either scope. */
export const ask = (c: Asking, words: Names, units: Names): Command => scoped(c)`${[...systemctl(c), ...words]} ${units}`

/**
 * Fails when a unit does not run, did not stay up, or (`fresh`) is still the process that it was before. Units of Type=notify are up
 * when `start` returns; of the others systemd knows no more than that they were begun: two seconds more.
 */
export const verifyUp = (c: Context, units: readonly Unit[], fresh: boolean): Command => {
  const names = units.map((unit) => unit.name)
  const old = fresh ? units.flatMap(({ pid }) => (pid > 0 ? [pid] : [])) : []
  // restarts of a process that was left alone say nothing of today
  const restarts = fresh || units.every(({ state }) => state !== 'running') ? '|NRestarts=[1-9][0-9]*' : ''
  const bad = `MainPID=(${[0, ...old].join('|')})${restarts}`
  const show = [...systemctl(c), 'show', '-p', 'MainPID,NRestarts', ...names]
  const command = units.every((unit) => unit.notifies)
    ? scoped(c)`s=$(${show}) && ! echo "$s" | grep -xE ${bad}`
    : scoped(c)`sleep 2; s=$(${show}) && ! echo "$s" | grep -xE ${bad}`
  return command
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, names, 'verify', old))
    .diagnose(journal(c, names))
}

/** Fails when a socket, a timer or what else has no process of its own is not active. */
export const verifyActive = (c: Context, names: Names): Command =>
  scoped(
    c,
  )`s=$(${[...systemctl(c), 'show', '-p', 'Id,ActiveState', ...names]}) && ! echo "$s" | grep -xE ${'ActiveState=(inactive|deactivating|failed)'}`
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} active`)
    .hint(remedy(c, names, 'verify'))
    .diagnose(journal(c, names))

/** Warns when systemd had to kill a unit that it was told to stop: the jobs that ran in it are gone. */
export const verifyStopped = (c: Context, names: Names): Command => {
  const show = [...systemctl(c), 'show', '-p', 'Id,Result', ...names]
  const bad = 'Result=(timeout|signal|core-dump|watchdog|oom-kill)'
  const { lost, timeout } = (c.service ?? SIDEKIQ).killed
  const text = `it was killed before it had ended: ${lost}. ${timeout}`
  return scoped(c)`s=$(${show}) && if echo "$s" | grep -xE ${bad}; then echo ${text} >&2; exit 1; fi`
    .title(`check that ${names.join(', ')} ended by ${names.length === 1 ? 'itself' : 'themselves'}`)
    .allowFailure()
}

/** What systemd says of the units, and their last lines; {@link remedy} reads both. */
export const journal = (c: Context, names: Names): Command => {
  const units = names.flatMap((name) => ['-u', name])
  const scope = c.settings.serviceUnitUser === 'user' ? ['--user'] : []
  const show = [...systemctl(c), 'show', '-p', 'Id,LoadState,ActiveState,Result,ExecMainStatus,ExecStart', ...names]
  return scoped(c)`echo ${SAYS}; ${show} || :; journalctl ${scope} --no-pager -q -n 25 -o cat ${units}`
}

/** How systemctl is called in this scope. */
export const systemctl = ({ settings }: Asking): readonly string[] =>
  settings.serviceUnitUser === 'user' ? [settings.systemctlBin, '--user'] : [settings.systemctlBin]

/**
 * The tag for commands in the scope of the units, as their owner. A user's systemd is found through XDG_RUNTIME_DIR, which PAM sets in
 * a session. Where sshd uses no PAM it is missing, and so it is behind sudo; its value is known all the same.
 */
export const scoped = (c: Asking): Sh => {
  const { settings, facts } = c
  if (settings.serviceUnitUser === 'system') return sh
  const other = otherUser(c)
  if (other !== undefined) {
    const account = accountOf(facts)
    return account === undefined ? sh.as(other) : sh.as(other).env({ XDG_RUNTIME_DIR: `/run/user/${account.uid}` })
  }
  const [uid, runtimeDir] = facts.session?.ok ? facts.session.stdout.split('\n') : []
  return uid && runtimeDir === '' ? sh.env({ XDG_RUNTIME_DIR: `/run/user/${uid}` }) : sh
}
