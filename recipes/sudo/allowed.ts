import { fail, sh } from '../../src/index.ts'
import type { Command, HintOf, StepsContext } from '../../src/index.ts'
import { asksPassword, GROUPS } from './listing.ts'

type Words = readonly string[]
type Of = Pick<StepsContext, 'facts' | 'layout'>

/**
 * The fact `rights`, which {@link maySudo} and {@link asksForPassword} read: what sudo allows the login, and its groups, since sudo may
 * never ask the members of one for a password (exempt_group).
 */
export const rights = (): Command => sh`LC_ALL=C sudo -n -l && echo ${GROUPS}"$(id -Gn)"`.probe()

/**
 * Asks sudo about exactly the words that run later. With `-n` it answers at once, and never asks for a password. It also says yes to what
 * needs one, so the list of rules is read first.
 */
export const maySudo = (c: Of, words: Words, hint: string | HintOf, title: Words = words): Command => {
  const command = asksForPassword(c, words) ? fail(`sudo asks ${c.layout.user} for a password`) : sh`sudo -n -l ${words}`
  const otherwise = typeof hint === 'string' ? () => hint : hint
  return command
    .title(`check that sudo allows ${title.join(' ')}`)
    .hint((failed) => ttyRemedy(c.layout.user, failed.stderr) ?? otherwise(failed))
}

/** The remedy if sudo refuses everything without a terminal, whatever its rules allow; undefined if it did not report that. */
export const ttyRemedy = (user: string, stderr: string): string | undefined =>
  /must have a tty/.test(stderr)
    ? `sudo runs nothing without a terminal there (requiretty). As root: visudo -f /etc/sudoers.d/zz_${user.replaceAll(/[^\w-]/g, '_')}_tty, with the line\nDefaults:${user} !requiretty`
    : undefined

/** Whether sudo would ask for a password before it runs this as root. It never asks root, whatever the rules say (sudo(8)). */
export const asksForPassword = ({ facts, layout }: Of, words: Words): boolean =>
  layout.user !== 'root' && asksPassword(facts.rights?.stdout ?? '', words) === true
