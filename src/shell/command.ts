import { usageError } from '../values/errors.ts'
import { milliseconds } from '../values/duration.ts'
import { showable } from '../values/secret.ts'
import type { Duration } from '../values/duration.ts'
import { branded, isCommand } from './brand.ts'
import { nested, checkDir, checkEnv, checkUmask, checkUser } from './check.ts'
import { mergeEnv } from './env.ts'
import { checkSudo } from './sudo.ts'
import type { Command, CommandSpec, EnvMap, Refine } from './types.ts'

/** A command as a value. Every refinement makes a new one, and throws a ShipitError for what cannot work on any host. */
export const command = (spec: CommandSpec): Command => {
  if (spec.says !== undefined) checkSays(spec)
  if (spec.sudo === true) checkSudo(spec)
  const change = (more: Partial<CommandSpec>): Command => command({ ...spec, ...more })
  const guarded = (when: 'unless' | 'onlyIf', guard: Command): Command =>
    change({ guards: [...(spec.guards ?? []), { when, guard: plain(`.${when}()`, guard) }] })
  return branded(
    Object.freeze({
      kind: 'command' as const,
      spec: Object.freeze(spec),
      ...refinements(spec, change),
      unless: (guard: Command) => guarded('unless', guard),
      onlyIf: (guard: Command) => guarded('onlyIf', guard),
      allowFailure: (o: { codes?: readonly number[] } = {}) => change({ allow: o.codes === undefined ? true : [...o.codes] }),
      hint: (hint: CommandSpec['hint'] & {}) => (showable('.hint()', hint), change({ hint })),
      diagnose: (diagnose: Command) => change({ diagnose: plain('.diagnose()', diagnose) }),
      probe: () => change({ probe: true }),
      follow: () => change({ follow: true }),
      daemon: () => change({ daemon: true }),
    }),
  )
}

/** `fail()`, `warn()` and `note()` run nothing: not in a directory, not as another account, not with an environment. */
const checkSays = (spec: CommandSpec): void => {
  const odd = (['as', 'sudo', 'dir', 'env', 'umask', 'diagnose'] as const).find((key) => spec[key] !== undefined)
  if (odd === undefined) return
  throw usageError(`.${odd === 'dir' ? 'in' : odd}() changes nothing of ${SAID_BY[spec.says!.level]}(), which runs no command`, {
    hint: 'leave it out',
  })
}
/** What makes a step that only says something, by its level. */
export const SAID_BY = { error: 'fail', warning: 'warn', note: 'note' } as const

/** The refinements that commands and the tag share. */
export const refinements = <Self>(spec: Partial<CommandSpec>, change: (more: Partial<CommandSpec>) => Self): Refine<Self> => ({
  in: (dir) => change({ dir: nested(spec.dir, checkDir(dir)) }),
  env: (vars: EnvMap) => change({ env: mergeEnv(spec.env, checkEnv(vars))! }),
  as: (user) => change({ as: checkUser(user) }),
  sudo: () => change({ sudo: true }),
  umask: (mask) => change({ umask: checkUmask(mask) }),
  timeout: (t: Duration) => change({ timeout: milliseconds(t) }),
  title: (title) => (showable('.title()', title), change({ title })),
})

/** A guard or a diagnosis is one plain command. Guards of its own and follow() are rejected, not ignored. */
const plain = (where: string, inner: Command): Command => {
  if (!isCommand(inner)) throw usageError(`${where} takes a command: sh\`…\``)
  if (inner.spec.guards !== undefined)
    throw usageError(`the command in ${where} has guards of its own`, { hint: 'join the conditions in one command: sh`a && b`' })
  if (inner.spec.follow) throw usageError(`the command in ${where} follows until Ctrl-C`, { hint: 'make it a step by itself' })
  return inner
}
