import { sh } from '../../src/index.ts'
import type { Command, Sh } from '../../src/index.ts'
import { remedy, SAYS } from './remedies.ts'
import { accountOf, otherUser, type Asking, type Context } from './scope.ts'
import { wordsOf, type Verb } from './verbs.ts'
import { notOurs } from './whose/refuse.ts'

type Names = readonly string[]

/**
 * `sudo systemctl VERB UNITS`, or `systemctl --user VERB UNITS` as their owner, with a remedy and the last journal lines if it fails. For
 * units of another application, a step that fails and reports whose they are. Every verb goes through here.
 */
export const act = (c: Context, verb: Verb, units: Names): Command => {
  const refused = notOurs(c, units)
  if (refused !== undefined) return refused
  const text = scoped(c)`${[...systemctl(c), ...wordsOf(verb)]} ${units}`
  const command = c.settings.serviceUnitUser === 'system' ? text.sudo() : text
  return command.hint(remedy(c, units, verb)).diagnose(journal(c, units))
}

/** A systemctl that only reads, and so needs no sudo in either scope. */
export const ask = (c: Asking, words: Names, units: Names): Command => scoped(c)`${[...systemctl(c), ...words]} ${units}`

/** Fails if a socket, a timer or another unit without a process of its own is not active. */
export const verifyActive = (c: Context, names: Names): Command =>
  scoped(
    c,
  )`s=$(${[...systemctl(c), 'show', '-p', 'Id,ActiveState', ...names]}) && ! echo "$s" | grep -xE ${'ActiveState=(inactive|deactivating|failed)'}`
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} active`)
    .hint(remedy(c, names, 'verify'))
    .diagnose(journal(c, names))

/** What systemd reports about the units, and their last journal lines; {@link remedy} reads both. */
export const journal = (c: Context, names: Names): Command => scoped(c)`${journalText(c, names)}`

/** The same as text, for another command of the same scope. */
export const journalText = (c: Context, names: Names): Command => {
  const units = names.flatMap((name) => ['-u', name])
  const scope = c.settings.serviceUnitUser === 'user' ? ['--user'] : []
  const show = [...systemctl(c), 'show', '-p', 'Id,LoadState,ActiveState,Result,ExecMainStatus,ExecStart', ...names]
  return sh`echo ${SAYS}; ${show} || :; journalctl ${scope} --no-pager -q -n 25 -o cat ${units}
${VALUE}
for one in ${names}; do
  said=$(${[...systemctl(c), 'show', '-p', 'LoadState,ActiveState,SubState,MainPID']} "$one") || break
  case $(value LoadState)/$(value ActiveState)/$(value SubState) in
    (not-found/*) echo "$one is not installed" ;;
    (*/active/running) echo "$one runs (PID $(value MainPID))" ;;
    (*) echo "$one does not run: it is $(value ActiveState) ($(value SubState))" ;;
  esac
done`
}

/** The words that run systemctl in this scope. */
export const systemctl = ({ settings }: Asking): readonly string[] =>
  settings.serviceUnitUser === 'user' ? [settings.systemctlBin, '--user'] : [settings.systemctlBin]

/**
 * The tag for commands in the scope of the units, as their owner. A user's systemd is found through XDG_RUNTIME_DIR, which PAM sets in a
 * session. If sshd uses no PAM, or through sudo, it is missing, but its value is known.
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

/** A shell function: prints the value of a property from the output of `systemctl show` in `$said`. */
export const VALUE: Command = sh`value() { printf '%s\n' "$said" | sed -n "s/^$1=//p"; }`
