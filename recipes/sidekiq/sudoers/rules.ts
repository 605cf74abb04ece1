import type { RunContext } from '../../../src/index.ts'
import { escaped } from '../../systemd/remedies.ts'
import { wordsOf } from '../../systemd/verbs.ts'
import type { Settings } from '../settings.ts'
import { callsOf } from '../systemd/calls.ts'
import { callsOf as upstartCalls } from '../upstart/calls.ts'

/** What the rules take from a host. */
export interface SudoersHost {
  /** the account that deploys to it */
  readonly user: string
  /** the full path of systemctl or initctl */
  readonly bin: string
}

/** A call through sudo: the target user, and the words, the first of which is a path. */
export interface SudoCall {
  readonly as: string
  readonly words: readonly string[]
}

type Of = Pick<RunContext<Settings>, 'settings' | 'application' | 'stage' | 'usedAs'>

/** The command that the tasks run through sudo, as configured. */
export const binOf = ({ settings: s }: Of): string => (s.manager === 'upstart' ? s.upstart.initctlBin : s.systemctlBin)

/**
 * Every sudo call that the tasks make, except for writing units, which only root may do. Empty if none needs sudo. Another user's commands
 * run through `/bin/sh` as that user, so the rule allows any of them.
 */
export const sudoCalls = ({ settings: s }: Of, { user, bin }: SudoersHost): readonly SudoCall[] => {
  if (s.manager === 'upstart') return upstartCalls(s).map(([, ...words]) => ({ as: 'root', words: [bin, ...words] }))
  if (s.manager === 'systemd' && s.serviceUnitUser === 'system')
    return callsOf(s).map(({ verb, names }) => ({ as: 'root', words: [bin, ...wordsOf(verb), ...names] }))
  return s.user === null || s.user === user ? [] : [{ as: s.user, words: ['/bin/sh'] }]
}

/** The lines for sudoers(5), one per call. Each lists all arguments, so that it allows nothing else. */
export const rules = (c: Of, host: SudoersHost): readonly string[] =>
  sudoCalls(c, host).map(({ as, words }) => {
    // without `""`, a bare command would allow any arguments
    const command = words.length === 1 ? `${escaped(words[0]!)} ""` : words.map(escaped).join(' ')
    return `${escaped(host.user)} ALL=(${escaped(as)}) NOPASSWD: ${command}`
  })

/** How the file begins: who it belongs to. */
export const markOf = (c: Of): string => `# For ${c.application} (${c.stage}), by shipit: ${c.usedAs}:sudoers `

export const fileText = (c: Of, lines: readonly string[]): string => `${markOf(c)}--install writes it anew\n${lines.join('\n')}\n`
