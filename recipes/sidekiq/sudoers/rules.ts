import type { RunContext } from '../../../src/index.ts'
import { escaped } from '../../systemd/remedies.ts'
import { wordsOf } from '../../systemd/verbs.ts'
import type { Settings } from '../settings.ts'
import { callsOf } from '../systemd/calls.ts'
import { callsOf as upstartCalls } from '../upstart/calls.ts'

/** What a host says of whom the rules are for. */
export interface SudoersHost {
  /** who logs in when it is deployed to */
  readonly user: string
  /** the full path of what is called: systemctl, or initctl */
  readonly bin: string
}

/** What sudo is asked for: as whom, and the words, of which the first is a path. */
export interface SudoCall {
  readonly as: string
  readonly words: readonly string[]
}

type Of = Pick<RunContext<Settings>, 'settings' | 'application' | 'stage' | 'usedAs'>

/** The command that tasks give to sudo, as set. */
export const binOf = ({ settings: s }: Of): string => (s.manager === 'upstart' ? s.upstart.initctlBin : s.systemctlBin)

/**
 * Every call of sudo that the tasks make, but those that write units: that is root's. None where no sudo is needed. Another user is
 * reached by a shell of that user, whatever is then said to it.
 */
export const sudoCalls = ({ settings: s }: Of, { user, bin }: SudoersHost): readonly SudoCall[] => {
  if (s.manager === 'upstart') return upstartCalls(s).map(([, ...words]) => ({ as: 'root', words: [bin, ...words] }))
  if (s.manager === 'systemd' && s.serviceUnitUser === 'system')
    return callsOf(s).map(({ verb, names }) => ({ as: 'root', words: [bin, ...wordsOf(verb), ...names] }))
  return s.user === null || s.user === user ? [] : [{ as: s.user, words: ['/bin/sh'] }]
}

/** The lines for sudoers(5), one a call: each is a whole list of arguments, so that nothing else is allowed by it. */
export const rules = (c: Of, host: SudoersHost): readonly string[] =>
  sudoCalls(c, host).map(({ as, words }) => {
    // without `""` a command alone would allow any arguments
    const command = words.length === 1 ? `${escaped(words[0]!)} ""` : words.map(escaped).join(' ')
    return `${escaped(host.user)} ALL=(${escaped(as)}) NOPASSWD: ${command}`
  })

/** How the file begins: whose it is. */
export const markOf = (c: Of): string => `# For ${c.application} (${c.stage}), by shipit: ${c.usedAs}:sudoers `

export const fileText = (c: Of, lines: readonly string[]): string => `${markOf(c)}--install writes it anew\n${lines.join('\n')}\n`
