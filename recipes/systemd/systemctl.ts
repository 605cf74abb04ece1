import { sh } from '../../src/index.ts'
import type { Command, Sh } from '../../src/index.ts'
import { remedy, SAYS } from './remedies.ts'
import type { Context } from './scope.ts'
import type { Unit } from './state.ts'
import { wordsOf, type Verb } from './verbs.ts'

type Names = readonly string[]
/** What asks and acts: the settings, and what the host said of the session (none yet while facts are made). */
type Asking = Pick<Context, 'settings' | 'facts'>

/** `sudo systemctl VERB UNITS` or `systemctl --user VERB UNITS`, with what to do when it fails and the journal's last lines. */
export const act = (c: Context, verb: Verb, units: Names): Command => {
  const text = shell(c)`${[...systemctl(c), ...wordsOf(verb)]} ${units}`
  const command = c.settings.serviceUnitUser === 'system' ? text.sudo() : text
  return command.hint(remedy(c, units, verb)).diagnose(journal(c, units))
}

/** A systemctl that only reads: it needs no sudo in either scope. */
export const ask = (c: Asking, words: Names, units: Names): Command => shell(c)`${[...systemctl(c), ...words]} ${units}`

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
    ? shell(c)`s=$(${show}) && ! echo "$s" | grep -xE ${bad}`
    : shell(c)`sleep 2; s=$(${show}) && ! echo "$s" | grep -xE ${bad}`
  return command
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} up`)
    .hint(remedy(c, names, 'verify', old))
    .diagnose(journal(c, names))
}

/** Warns when systemd had to kill a unit that it was told to stop: the jobs that ran in it are gone. */
export const verifyStopped = (c: Context, names: Names): Command => {
  const show = [...systemctl(c), 'show', '-p', 'Id,Result', ...names]
  const bad = 'Result=(timeout|signal|core-dump|watchdog|oom-kill)'
  const text = 'it was killed before it had ended: jobs may be lost. TimeoutStopSec must be some 10 s more than the timeout of Sidekiq'
  return shell(c)`s=$(${show}) && if echo "$s" | grep -xE ${bad}; then echo ${text} >&2; exit 1; fi`
    .title(`check that ${names.join(', ')} ended by ${names.length === 1 ? 'itself' : 'themselves'}`)
    .allowFailure()
}

/** What systemd says of the units, and their last lines; {@link remedy} reads both. */
const journal = (c: Context, names: Names): Command => {
  const units = names.flatMap((name) => ['-u', name])
  const scope = c.settings.serviceUnitUser === 'user' ? ['--user'] : []
  const show = [...systemctl(c), 'show', '-p', 'Id,LoadState,ActiveState,Result,ExecMainStatus,ExecStart', ...names]
  return shell(c)`echo ${SAYS}; ${show} || :; journalctl ${scope} --no-pager -q -n 25 -o cat ${units}`
}

const systemctl = ({ settings }: Asking): readonly string[] =>
  settings.serviceUnitUser === 'user' ? [settings.systemctlBin, '--user'] : [settings.systemctlBin]

/**
 * A user's systemd is found through XDG_RUNTIME_DIR, which PAM sets in a session. Where sshd uses no PAM it is missing, and its value
 * is known all the same.
 */
const shell = ({ settings, facts }: Asking): Sh => {
  const [uid, runtimeDir] = facts.session?.ok ? facts.session.stdout.split('\n') : []
  return settings.serviceUnitUser === 'user' && uid && runtimeDir === '' ? sh.env({ XDG_RUNTIME_DIR: `/run/user/${uid}` }) : sh
}
