import { fail } from '../../src/index.ts'
import type { Command } from '../../src/index.ts'
import { ownName } from '../systemd/service.ts'
import type { Context, Manager } from './manager.ts'

/** Things under our names that belong to another application, each as a sentence. */
export type Foreign = (c: Context) => readonly string[]

/** The rest of the remedy's sentence, after "give this one a name of its own". */
export type More = (c: Context) => string

/**
 * A manager that touches nothing if something under its names belongs to another application: its tasks fail, `check` first. `install` and
 * `uninstall` have their own check.
 */
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
    // nothing was touched
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
  return fail(wrong).title('check whose Sidekiq it is').hint(remedyOf(c, more))
}

const remedyOf = (c: Context, more: More): string =>
  `give this one a name of its own: sidekiq({ serviceUnitName: '${ownName('sidekiq', c)}' })${more(c)}`
