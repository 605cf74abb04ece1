import { fact, sh, sudoRefused } from '../../index.ts'
import type { Fact, Host, StepsContext } from '../../index.ts'
import type { Check } from '../checks.ts'
import { asksPassword, GROUPS } from './listing.ts'

type Words = readonly string[]

/** A call through sudo that the tasks of a recipe make. */
export interface SudoCall {
  readonly words: Words
  /** no deploy makes it by itself, or a deploy continues if it fails */
  readonly optional?: boolean
}

/** Whether sudo allows a call. Its answer is yes even if it would ask for a password. */
export interface SudoAnswer extends SudoCall {
  readonly allowed: boolean
  readonly stderr: string
}

/** What {@link sudoFacts} finds. */
export interface SudoFacts {
  /** what sudo allows the login, as it lists it; '' if it lists nothing */
  readonly rights?: string | undefined
  readonly sudo?: readonly SudoAnswer[] | undefined
}
interface Of extends Pick<StepsContext, 'layout'> {
  readonly facts: SudoFacts
  /** with a password, sudo may ask for it */
  readonly host?: Pick<Host, 'sudoPassword'>
}

/**
 * Facts for {@link sudoChecks}: sudo's answer for exactly these words, and the list of what it allows, since its answer is also yes for calls
 * that need a password. With `-n` it answers at once, without asking for one, unless the host has a `sudoPassword`: then sudo gets that. The
 * list has the login's groups, since sudo never asks members of the exempt_group.
 */
export const sudoFacts = (calls: readonly SudoCall[]): { readonly rights: Fact<string>; readonly sudo: readonly Fact<SudoAnswer>[] } => ({
  rights: fact(sh`LC_ALL=C sudo -n -l && echo ${GROUPS}"$(id -Gn)"`, ({ stdout }) => stdout),
  sudo: calls.map((call) => fact(sh`sudo -n -l ${call.words}`, ({ ok: allowed, stderr }): SudoAnswer => ({ ...call, allowed, stderr }))),
})

/**
 * The calls that sudo refuses, and those for which it would ask for a password that the config does not have: one check per reason, since all
 * its calls share a remedy. `wanted`: which calls count (default: all).
 */
export const sudoChecks = (
  c: Of,
  remedy: (calls: readonly SudoCall[]) => string,
  wanted: (words: Words) => boolean = () => true,
): readonly Check[] => {
  const calls = (c.facts.sudo ?? []).filter(({ words }) => wanted(words))
  const denied = calls.filter(({ allowed }) => !allowed)
  const missing = denied.filter(({ stderr }) => /sudo: (command )?not found/.test(stderr))
  const unlisted = denied.filter(({ stderr }) => PASSWORD.test(stderr))
  const refused = denied.filter((call) => !missing.includes(call) && !unlisted.includes(call))
  const asked = calls.filter(({ allowed, words }) => allowed && c.host?.sudoPassword === undefined && asksForPassword(c, words))
  const user = c.layout.user || 'the deploy user'
  const ruleFor = (some: readonly SudoAnswer[]): string =>
    some.map(({ stderr }) => ttyRemedy(user, stderr)).find((one) => one !== undefined) ?? remedy(some)
  const about = (some: readonly SudoAnswer[], message: (words: string) => string, what = ruleFor): readonly Check[] =>
    some.length === 0
      ? []
      : [
          {
            level: some.every(({ optional }) => optional === true) ? 'warning' : 'error',
            message: message(some.map(({ words }) => words.join(' ')).join('; ')),
            remedy: what(some),
          },
        ]
  return [
    ...about(
      missing,
      (words) => `sudo is not installed: ${user} cannot run ${words}`,
      () => 'install sudo on this host',
    ),
    ...about(unlisted, (words) => `${user} may not run through sudo without a password: ${words}`),
    ...about(refused, (words) => `${user} may not run through sudo: ${words}${otherReason(refused)}`),
    ...about(asked, (words) => `sudo asks ${user} for a password before: ${words}`),
  ]
}

/**
 * What sudo and sudo-rs print if every rule of the login needs a password: then even listing the rules needs one (sudoers(5),
 * listpw), whether they allow the command or not.
 */
const PASSWORD = /a password is required|a terminal is required|no tty present|interactive authentication is required/

/** What sudo printed, unless it refused. `sudo -n -l COMMAND` prints nothing when it refuses. */
const otherReason = (some: readonly SudoAnswer[]): string => {
  const message = some.find(({ stderr }) => stderr.trim() !== '' && !sudoRefused(stderr))?.stderr
  return message === undefined ? '' : `. sudo printed: ${message.trim().split('\n')[0]}`
}

/** The remedy if sudo refuses everything without a terminal, whatever its rules allow; undefined if it did not report that. */
const ttyRemedy = (user: string, stderr: string): string | undefined =>
  /must have a tty/.test(stderr)
    ? `sudo runs nothing without a terminal there (requiretty). As root: visudo -f /etc/sudoers.d/zz_${user.replaceAll(/[^\w-]/g, '_')}_tty, and add the line\nDefaults:${user} !requiretty`
    : undefined

/** Whether sudo would ask for a password before it runs this as root. It never asks root, whatever the rules say (sudo(8)). */
const asksForPassword = ({ facts, layout }: Of, words: Words): boolean =>
  layout.user !== 'root' && asksPassword(facts.rights ?? '', words) === true
