import { sh } from '../../src/index.ts'
import type { Command, Sh } from '../../src/index.ts'
import { refuseForeign } from './ownership/refuse.ts'
import { DIAGNOSIS, remedy } from './remedies.ts'
import { isSystem, otherUser, systemctl, userOption, withSudo, type Context, type ScopeContext } from './scope.ts'
import { verbWords, type Verb } from './verbs.ts'

type Names = readonly string[]

/**
 * `sudo systemctl VERB UNITS`, or `systemctl --user VERB UNITS` as their owner, with a remedy and the last journal lines if it fails. For
 * units of another application, makes a step that fails and names their owner. Every verb goes through here.
 */
export const runVerb = (c: Context, verb: Verb, units: Names): Command => {
  const refused = refuseForeign(c, units)
  if (refused !== undefined) return refused
  const text = inScope(c)`${[...systemctl(c), ...verbWords(verb)]} ${units}`
  return withSudo(c, text)
    .hint(remedy(c, units, verb))
    .diagnose(diagnosis(c, units))
}

/** A systemctl that only reads, and so needs no sudo in either scope. */
export const query = (c: ScopeContext, words: Names, units: Names): Command => inScope(c)`${[...systemctl(c), ...words]} ${units}`

/** Fails if a socket, a timer or another unit without a process of its own is not active. */
export const verifyActive = (c: Context, names: Names): Command =>
  inScope(
    c,
  )`s=$(${[...systemctl(c), 'show', '-p', 'Id,ActiveState', ...names]}) && ! echo "$s" | grep -xE ${'ActiveState=(inactive|deactivating|failed)'}`
    .title(`check that ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} active`)
    .hint(remedy(c, names, 'verify'))
    .diagnose(diagnosis(c, names))

/** What systemd reports about the units, and their last journal lines; {@link remedy} reads both. */
export const diagnosis = (c: Context, names: Names): Command => inScope(c)`${diagnosisText(c, names)}`

/** The same as text, for another command of the same scope. */
export const diagnosisText = (c: Context, names: Names): Command => {
  const units = names.flatMap((name) => ['-u', name])
  const show = [...systemctl(c), 'show', '-p', 'Id,LoadState,ActiveState,Result,ExecMainStatus,ExecStart', ...names]
  return sh`echo ${DIAGNOSIS}; ${show} || :; journalctl ${userOption(c)} --no-pager -q -n 25 -o cat ${units}
${VALUE_FUNCTION}
for one in ${names}; do
  output=$(${[...systemctl(c), 'show', '-p', 'LoadState,ActiveState,SubState,MainPID']} "$one") || break
  case $(value LoadState)/$(value ActiveState)/$(value SubState) in
    (not-found/*) echo "$one is not installed" ;;
    (*/active/running) echo "$one runs (PID $(value MainPID))" ;;
    (*) echo "$one does not run: it is $(value ActiveState) ($(value SubState))" ;;
  esac
done`
}

/**
 * The tag for commands in the scope of the units, as their owner. A user's systemd is found through XDG_RUNTIME_DIR, which PAM sets in a
 * session. If sshd uses no PAM, or through sudo, it is missing, but its value is known.
 */
export const inScope = (c: ScopeContext): Sh => {
  const { facts } = c
  if (isSystem(c)) return sh
  const other = otherUser(c)
  if (other !== undefined) {
    const { account } = facts
    return account === undefined ? sh.as(other) : sh.as(other).env({ XDG_RUNTIME_DIR: `/run/user/${account.uid}` })
  }
  const { session } = facts
  return session?.runtimeDir === '' ? sh.env({ XDG_RUNTIME_DIR: `/run/user/${session.uid}` }) : sh
}

/** A shell function: prints the value of a property from the output of `systemctl show` in `$output`. */
export const VALUE_FUNCTION: Command = sh`value() { printf '%s\n' "$output" | sed -n "s/^$1=//p"; }`

/**
 * Makes systemd forget earlier starts of units: a crash loop of the old release would count against the new one (`start-limit-hit`). Runs
 * only if there was one; if sudo refuses it, that is a warning.
 */
export const forgetFailures = (c: Context, names: readonly string[]): Command => {
  const show = [...systemctl(c), 'show', '-p', 'ActiveState,NRestarts', ...names]
  return runVerb(c, 'reset-failed', names)
    .onlyIf(inScope(c)`${show} | grep -qxE 'ActiveState=failed|NRestarts=[1-9][0-9]*'`)
    .title(`forget that ${names.join(', ')} failed before`)
    .allowFailure()
}
