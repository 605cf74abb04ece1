import { sh } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { ownName } from '../systemd/service.ts'
import type { Context, Manager } from './manager.ts'

/** What has one of our names and belongs to another application, each in a sentence. */
export type Foreign = (c: Context) => readonly string[]

/** What to do besides giving it a name of its own: the rest of that sentence. */
export type More = (c: Context) => string

/** A manager that does nothing at all where something under its names is another application's: every task, and the check first of all. */
export const guarded = (m: Manager, foreign: Foreign, more: More): Manager => {
  const guard =
    (of: (c: Context) => ReturnType<Manager['stop']>) =>
    (c: Context): ReturnType<Manager['stop']> => {
      const refused = refusal(c, foreign(c), more)
      return refused === undefined ? of(c) : [refused]
    }
  return {
    ...m,
    check: guard(m.check),
    quiet: guard(m.quiet),
    stop: guard(m.stop),
    start: guard(m.start),
    restart: guard(m.restart),
    enable: guard(m.enable),
    disable: guard(m.disable),
    // nothing of it was touched
    recover: (c) => (foreign(c).length > 0 ? [] : m.recover(c)),
    doctor: {
      facts: (c) => m.doctor.facts(c),
      findings: (c) => [
        ...foreign(c).map((message) => ({ level: 'error' as const, message, remedy: remedyOf(c, more) })),
        ...m.doctor.findings(c),
      ],
    },
  }
}

const refusal = (c: Context, wrong: readonly string[], more: More): Command | undefined => {
  if (wrong.length === 0) return undefined
  return sh`printf '%s\n' ${wrong} >&2; exit 1`.title('check whose Sidekiq it is').hint(remedyOf(c, more))
}

const remedyOf = (c: Context, more: More): string =>
  `give this one a name of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' })${more(c)}`
