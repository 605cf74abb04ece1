import type { Finding } from '../../../src/index.ts'
import { sudoWords } from '../../systemd/facts.ts'
import type { Context } from '../manager.ts'
import { callsOf } from './calls.ts'
import { asksForPassword } from '../../sudo/allowed.ts'
import { inExcess, rulesOf } from '../../sudo/listing.ts'

/** Calls that sudo would refuse or ask a password for, and rights beyond those needed; from the facts `sudo0` … and `rights`. */
export const sudoFindings = (c: Context): readonly Finding[] => {
  if (c.settings.serviceUnitUser !== 'system') return []
  const user = c.layout.user || 'the deploy user'
  const rules = rulesOf(c.facts.rights?.stdout ?? '')
  const all = callsOf(c.settings).map((call, i) => ({ call, refused: c.facts[`sudo${i}`]?.ok === false }))
  const text = (some: typeof all) => some.map(({ call }) => sudoWords(c.settings, call).join(' ')).join('; ')
  const refused = all.filter((one) => one.refused)
  // `sudo -n -l COMMAND` also succeeds for commands that need a password
  const asked = all.filter((one) => !one.refused && asksForPassword(c, sudoWords(c.settings, one.call)))
  const level = (some: typeof all): Finding['level'] => (some.every(({ call }) => call.optional === true) ? 'warning' : 'error')
  const remedy = `see the rules: ${c.shipit('sidekiq:sudoers')}; put them in place: ${c.shipit('sidekiq:sudoers', '--install', '--set', 'ssh.user=root')}`
  const excess = user === 'root' ? [] : inExcess(rules)
  return [
    ...(refused.length > 0 ? [{ level: level(refused), message: `${user} may not run through sudo: ${text(refused)}`, remedy }] : []),
    ...(asked.length > 0 ? [{ level: level(asked), message: `sudo asks ${user} for a password before: ${text(asked)}`, remedy }] : []),
    ...(excess.length > 0
      ? [
          {
            level: 'warning' as const,
            message: `${user} may run through sudo without a password: ${excess.join(', ')}; that is as much as root`,
            remedy: `allow no more than is needed, in /etc/sudoers and /etc/sudoers.d; see what that is: ${c.shipit('sidekiq:sudoers')}`,
          },
        ]
      : []),
  ]
}
