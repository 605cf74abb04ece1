import type { RunContext } from '../../../src/index.ts'
import { escaped } from '../../systemd/remedies.ts'
import { wordsOf } from '../../systemd/verbs.ts'
import type { Settings } from '../settings.ts'
import { callsOf } from '../systemd/calls.ts'

/** What a host says of whom the rules are for. */
export interface SudoersHost {
  /** who logs in when it is deployed to */
  readonly user: string
  /** the full path of systemctl */
  readonly systemctl: string
}

type Of = Pick<RunContext<Settings>, 'settings' | 'application' | 'stage'>

/**
 * The lines for sudoers(5), one a command: each is a whole list of arguments, so that nothing else is allowed by it. None where no sudo
 * is needed. The systemd of another user is reached by a shell of that user, whatever is then said to it.
 */
export const rules = ({ settings: s }: Of, { user, systemctl }: SudoersHost): readonly string[] => {
  if (s.manager !== 'systemd') return []
  if (s.serviceUnitUser === 'system')
    return callsOf(s).map(
      ({ verb, names }) => `${escaped(user)} ALL=(root) NOPASSWD: ${[systemctl, ...wordsOf(verb), ...names].map(escaped).join(' ')}`,
    )
  return s.user === null || s.user === user ? [] : [`${escaped(user)} ALL=(${escaped(s.user)}) NOPASSWD: /bin/sh ""`]
}

/** The file in /etc/sudoers.d; one with a dot in its name is not read. */
export const fileName = ({ application, stage }: Of): string => `${application}_${stage}_sidekiq`.replaceAll(/[^\w-]/g, '_')

export const fileText = (c: Of, lines: readonly string[]): string =>
  `# For ${c.application} (${c.stage}), by shipit: sidekiq:sudoers --install writes it anew\n${lines.join('\n')}\n`
