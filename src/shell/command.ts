import { usageError } from '../values/errors.ts'
import { milliseconds } from '../values/duration.ts'
import { refuseSecret } from '../values/secret.ts'
import type { Duration } from '../values/duration.ts'
import { branded, isCommand } from './brand.ts'
import { checkAlternative, checkRetry } from './attempts.ts'
import { nested, checkDir, checkEnv, checkGroup, checkPassword, checkStdin, checkUmask, checkUser } from './check-refinements.ts'
import { mergeEnv } from './env.ts'
import { checkOptions } from './known-options.ts'
import { MAKER, asOwnStep } from './message-makers.ts'
import { checkSudo } from './sudo.ts'
import { checkTerminal } from './check-terminal.ts'
import { checkTransfer, transferName } from './check-transfer.ts'
import type { Attempt, Command, CommandSpec, EnvMap, Refine } from './types.ts'

/** A command as a value. Every refinement makes a new one, and throws a ShipitError for what cannot work on any host. */
export const command = (spec: CommandSpec): Command => {
  if (spec.message !== undefined) checkMessage(spec)
  if (transfersFiles(spec)) checkTransfer(spec)
  if (spec.sudo === true) checkSudo(spec)
  if (spec.tty) checkTerminal(spec)
  if (spec.follow === true && spec.attempts !== undefined)
    throw usageError('.follow() is for a command that runs until Ctrl-C: .retry() and .orElse() have no effect on it', {
      hint: 'leave them out',
    })
  return branded(Object.freeze(Object.assign(Object.create(METHODS), { kind: 'command' as const, spec: Object.freeze(spec) })))
}

/** The refinements of a command with this spec. */
const methods = (spec: CommandSpec): Omit<Command, 'kind' | 'spec'> => {
  const change = (more: Partial<CommandSpec>): Command => command({ ...spec, ...more })
  const guarded = (when: 'unless' | 'onlyIf', guard: Command): Command =>
    change({ guards: [...(spec.guards ?? []), { when, guard: plain(`.${when}()`, guard) }] })
  const attempt = (one: Attempt): Command => change({ attempts: [...(spec.attempts ?? []), one] })
  return {
    ...refinements(spec, change),
    retry: (o: { every: Duration; for: Duration }) => attempt({ retry: checkRetry(o) }),
    orElse: (other: Command) => attempt({ orElse: checkAlternative(plain('.orElse()', other)) }),
    stdin: (text: CommandSpec['stdin'] & {}) => change({ stdin: checkStdin(text) }),
    unless: (guard: Command) => guarded('unless', guard),
    onlyIf: (guard: Command) => guarded('onlyIf', guard),
    allowFailure: (o: { codes?: readonly number[] } = {}) => {
      checkOptions('.allowFailure()', o, ['codes'])
      return change({ allow: o.codes === undefined ? true : [...o.codes] })
    },
    hint: (hint: CommandSpec['hint'] & {}) => (refuseSecret('.hint()', hint), change({ hint })),
    diagnose: (diagnose: Command) => change({ diagnose: plain('.diagnose()', diagnose) }),
    probe: () => change({ probe: true }),
    follow: () => change({ follow: true }),
    tty: () => change({ tty: true }),
    daemon: () => change({ daemon: true }),
  }
}

/** Marks a command of shipit's own as one that leaves no process behind, unless it is marked otherwise already. */
export const contained = (one: Command): Command => (one.spec.contained === undefined ? command({ ...one.spec, contained: true }) : one)

/** Whether the command is a program that talks with this machine on its stdin and stdout, about files. */
export const transfersFiles = ({ upload, download, rsync }: CommandSpec): boolean =>
  upload !== undefined || download !== undefined || rsync !== undefined

/** Whether the shell may be reused after it: it leaves no process behind, or its guard may skip the step that could. */
export const mayBeContained = ({ spec }: Command): boolean =>
  spec.contained === true || (spec.contained === false && (spec.guards ?? []).length > 0)

/** `fail()`, `warn()` and `note()` run nothing: not in a directory, not as another account, not with an environment. */
const checkMessage = (spec: CommandSpec): void => {
  const odd = MEANINGLESS.find(([key]) => spec[key] !== undefined)
  if (odd === undefined) return
  throw usageError(`.${odd[1]}() has no effect on ${MAKER[spec.message!.level]}(), which runs no command`, {
    hint: 'leave it out',
  })
}

/** What a message cannot have, and the refinement that sets it. */
const MEANINGLESS = [
  ['as', 'as'],
  ['sudo', 'sudo'],
  ['login', 'login'],
  ['dir', 'in'],
  ['env', 'env'],
  ['umask', 'umask'],
  ['stdin', 'stdin'],
  ['attempts', 'retry'],
  ['diagnose', 'diagnose'],
] as const

/** The refinements that commands and the tag share. */
export const refinements = <Self>(spec: Partial<CommandSpec>, change: (more: Partial<CommandSpec>) => Self): Refine<Self> => ({
  in: (dir) => change({ dir: nested(spec.dir, checkDir(dir)) }),
  env: (vars: EnvMap) => change({ env: mergeEnv(spec.env, checkEnv(vars))! }),
  as: (user, o = {}) => {
    checkOptions('.as()', o, ['group'])
    return change({ as: checkUser(user), group: o.group === undefined ? undefined : checkGroup(o.group) })
  },
  sudo: (o = {}) => {
    checkOptions('.sudo()', o, ['password'])
    return change({ sudo: true, ...(o.password !== undefined && { sudoPassword: checkPassword(o.password) }) })
  },
  login: () => change({ login: true }),
  umask: (mask) => change({ umask: checkUmask(mask) }),
  timeout: (t: Duration) => change({ timeout: milliseconds(t) }),
  title: (title) => (refuseSecret('.title()', title), change({ title })),
})

/** Throws a ShipitError unless the command can be a guard. */
export const checkGuard = (where: string, guard: Command): void => void plain(where, guard)

/** A guard, a diagnosis or an alternative is one plain command. Guards of its own, follow() and messages are rejected, not ignored. */
const plain = (where: string, inner: Command): Command => {
  if (!isCommand(inner)) throw usageError(`${where} takes a command: sh\`…\``)
  const wanted = where === '.orElse()' ? 'a command' : 'a command that looks at the host'
  if (inner.spec.message !== undefined) {
    const { maker, remedy } = asOwnStep(inner.spec.message)
    throw usageError(`${where} takes ${wanted}, but ${maker} only prints a message`, { hint: remedy })
  }
  if (transfersFiles(inner.spec))
    throw usageError(`${where} takes ${wanted}, but ${transferName(inner.spec)} transfers files`, { hint: ALONE })
  if (inner.spec.sudoPassword !== undefined)
    throw usageError(`the command in ${where} has a password for sudo of its own`, {
      hint: 'sudoPassword, of the host or the stage, is for all commands',
    })
  if (inner.spec.guards !== undefined)
    throw usageError(`the command in ${where} has guards of its own`, { hint: 'join the conditions in one command: sh`a && b`' })
  if (inner.spec.follow) throw usageError(`the command in ${where} follows until Ctrl-C`, { hint: ALONE })
  if (inner.spec.tty) throw usageError(`the command in ${where} takes the terminal`, { hint: ALONE })
  return inner
}

const ALONE = 'make it a step by itself'

/** What all commands inherit. A plan for a hundred hosts has ten thousand commands, and each would have eighteen functions of its own. */
const METHODS: object = Object.freeze(
  Object.fromEntries(
    (Object.keys(methods({ parts: [] })) as (keyof ReturnType<typeof methods>)[]).map((name) => [
      name,
      function (this: Command, ...given: readonly unknown[]): Command {
        return (methods(this.spec)[name] as (...all: readonly unknown[]) => Command)(...given)
      },
    ]),
  ),
)
