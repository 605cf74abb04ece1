import { sh } from '../../src/index.ts'
import type { Command, HintOf, StepsContext } from '../../src/index.ts'
import { asksPassword, GROUPS } from './listing.ts'

type Words = readonly string[]
type Of = Pick<StepsContext, 'facts' | 'layout'>

/** What sudo allows the login, and its groups, of which one may never be asked for a password (exempt_group): the fact `rights`, which {@link maySudo} and {@link asksForPassword} read. */
export const rights = (): Command => sh`LC_ALL=C sudo -n -l && echo ${GROUPS}"$(id -Gn)"`.probe()

/**
 * sudo is asked for exactly the words that come later. `-n`: it answers at once, and never for a password. It says
 * yes also to what needs one, so the list of rules is read first.
 */
export const maySudo = (c: Of, words: Words, hint: string | HintOf, title: Words = words): Command => {
  const command = asksForPassword(c, words) ? sh`echo ${`sudo asks ${c.layout.user} for a password`} >&2; exit 1` : sh`sudo -n -l ${words}`
  const otherwise = typeof hint === 'string' ? () => hint : hint
  return command
    .title(`check that sudo allows ${title.join(' ')}`)
    .hint((failed) => ttyRemedy(c.layout.user, failed.stderr) ?? otherwise(failed))
}

/** What to do where sudo refuses everything without a terminal, whatever its rules allow; undefined where it said nothing of that. */
export const ttyRemedy = (user: string, stderr: string): string | undefined =>
  /must have a tty/.test(stderr)
    ? `sudo runs nothing without a terminal there (requiretty). As root: visudo -f /etc/sudoers.d/zz_${user.replaceAll(/[^\w-]/g, '_')}_tty, with the line\nDefaults:${user} !requiretty`
    : undefined

/** Whether sudo would ask for a password before it runs this as root. It asks root for none, whatever the rules say (sudo(8)). */
export const asksForPassword = ({ facts, layout }: Of, words: Words): boolean =>
  layout.user !== 'root' && asksPassword(facts.rights?.stdout ?? '', words) === true
