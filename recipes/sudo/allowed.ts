import { sh } from '../../src/index.ts'
import type { Command, HintOf, StepsContext } from '../../src/index.ts'
import { asksPassword, rulesOf } from './listing.ts'

type Words = readonly string[]
type Of = Pick<StepsContext, 'facts' | 'layout'>

/** What sudo allows whoever logs in: the fact `rights`, which {@link maySudo} and {@link askedFor} read. */
export const rights = (): Command => sh`LC_ALL=C sudo -n -l`.probe()

/**
 * sudo is asked for exactly the words that come later. `-n`: it answers at once, and asks nobody for a password. That is "yes" also for
 * what needs one, so that the list of rules has its say first.
 */
export const maySudo = (c: Of, words: Words, hint: string | HintOf, title: Words = words): Command => {
  const command = askedFor(c, words) ? sh`echo ${`sudo asks ${c.layout.user} for a password`} >&2; exit 1` : sh`sudo -n -l ${words}`
  return command.title(`check that sudo allows ${title.join(' ')}`).hint(hint)
}

/** Whether sudo would ask for a password before it runs this as root. */
export const askedFor = ({ facts }: Pick<Of, 'facts'>, words: Words): boolean =>
  asksPassword(rulesOf(facts.rights?.stdout ?? ''), words) === true
