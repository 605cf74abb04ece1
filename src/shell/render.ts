import { bin, toBuffer } from './bytes.ts'
import type { Bin } from './bytes.ts'
import { transfersFiles } from './command.ts'
import { assignment, mergeEnv, variable } from './env.ts'
import type { Secrets } from './quote.ts'
import { pathBin, quoteBin, secretBin } from './quote.ts'
import { textBin } from './render-template.ts'
import { retryText } from './attempts.ts'
import { path } from '../values/path.ts'
import type { Secret } from '../values/secret.ts'
import { isSecret } from '../values/secret.ts'
import type { Attempt, Command, CommandSpec } from './types.ts'

export { display } from './display.ts'

export interface RenderOptions {
  readonly secrets: Secrets
  /** goes before the text of a shell of the same account: functions of the shell around it are not known there */
  readonly prelude?: Bin | undefined
}
type Around = Pick<RenderOptions, 'prelude'>

/** The parts of a step. The script runs each in a subshell of its own, under `set -e`, with an empty stdin. */
export interface Rendered extends RenderedCommand {
  readonly guards: readonly RenderedGuard[]
  readonly diagnose: Bin | undefined
}

/** A command, and what follows if it fails. */
export interface RenderedCommand {
  readonly body: Bin
  readonly attempts: readonly (Extract<Attempt, { retry: unknown }> | { readonly orElse: RenderedCommand })[]
}

export interface RenderedGuard {
  readonly when: 'unless' | 'onlyIf'
  readonly text: Bin
  /** for a guard that runs as another account: that account's shell with nothing to run, which shows whether sudo allows it at all */
  readonly account: Bin | undefined
  readonly once: object | undefined
}

/**
 * The exact text of a step, for a plan: its guards, then its own lines (`cd`, `umask`, `export`, and the command as typed).
 * A guard is the line `unless COMMAND`, or its lines in `unless (` … `)` if it has several. An alternative is the line `or else COMMAND` in
 * the same way, and `retry every 3s for 3m` is around what is tried again. Each part is byte for byte that of {@link parts}.
 */
export const render = (command: Command, options: RenderOptions): Buffer => {
  const { guards, ...rest } = parts(command, options)
  return toBuffer([...guards.map(({ when, text }) => labelled(when, text)), commandLines(rest)].join('\n'))
}

const labelled = (label: string, text: Bin): Bin => (text.includes('\n') ? `${label} (\n${text}\n)` : `${label} ${text}`)

const commandLines = ({ body, attempts }: RenderedCommand): Bin =>
  attempts.reduce(
    (before, attempt) =>
      'retry' in attempt
        ? labelled(`retry ${retryText(attempt.retry)}`, before)
        : `${before}\n${labelled('or else', commandLines(attempt.orElse))}`,
    body,
  )

/** The parts that the compiler embeds. Guards, alternatives and a diagnosis inherit the command's directory, user, umask and environment. */
export const parts = (command: Command, { secrets, prelude }: RenderOptions): Rendered => {
  const around: Around = { prelude }
  const { spec } = command
  return {
    guards: (spec.guards ?? []).map(({ when, guard, once }) => {
      const whole = once === undefined ? inherit(guard.spec, spec) : guard.spec
      return { when, once, text: bodyBin(whole, secrets, around), account: whole.as === undefined ? undefined : accountBin(whole) }
    }),
    ...renderedCommand(spec, secrets, around),
    diagnose: spec.diagnose === undefined ? undefined : bodyBin(inherit(spec.diagnose.spec, spec), secrets, around),
  }
}

const renderedCommand = (spec: CommandSpec, secrets: Secrets, around: Around): RenderedCommand => ({
  body: bodyBin(spec, secrets, around),
  attempts: (spec.attempts ?? []).map((attempt) =>
    'retry' in attempt ? attempt : { orElse: renderedCommand(alternative(attempt.orElse.spec, spec), secrets, around) },
  ),
})

/** Exactly `sudo COMMAND WORDS` if it says so, which a line of sudoers can name: no environment and no account from outside. */
const alternative = (inner: CommandSpec, outer: CommandSpec): CommandSpec => {
  if (inner.sudo !== true) return inherit(inner, outer)
  const { env: _, as: _as, group: _group, ...rest } = outer
  return inherit(inner, rest as CommandSpec)
}

/** The spec of a guard, an alternative or a diagnosis, with what it inherits from its command. */
const inherit = (inner: CommandSpec, outer: CommandSpec): CommandSpec => {
  const env = mergeEnv(outer.env, inner.env)
  const { dir = outer.dir, umask = outer.umask, login = outer.login } = inner
  const { as, group } = inner.as === undefined ? outer : inner
  return {
    ...inner,
    ...(dir !== undefined && { dir }),
    ...(as !== undefined && { as, group }),
    ...(login !== undefined && { login }),
    ...(umask !== undefined && { umask }),
    ...(env !== undefined && { env }),
  }
}

const bodyBin = (spec: CommandSpec, secrets: Secrets, { prelude }: Around): Bin => {
  const { as, bash, login, tty } = spec
  if (transfersFiles(spec))
    return hereDocument(
      (how) => linesBin(spec, how),
      secrets,
      (end, body) => [`${accountBin(spec)} <<'${end}'`, `set -e\n${body}`],
    )
  // another account has other passwords
  const own = as === undefined ? prelude : undefined
  if (as === undefined && !bash) return loginBin(spec, secrets, own)
  return hereDocument(
    (how) => (login === true ? loginBin(spec, how, own) : withPrelude(own, linesBin(spec, how))),
    secrets,
    (end, body) => [
      `${accountBin(login === true ? { ...spec, bash: undefined } : spec)} <<'${end}'`,
      blockBin(body, tty === true, tty === true ? '</dev/tty' : '</dev/null'),
    ],
  )
}

/** On a terminal the block is no subshell, because that would not catch Ctrl-C; the text comes on stdin, so `stdin` opens the terminal. */
const blockBin = (body: Bin, tty: boolean, stdin: string): Bin =>
  tty ? `{ ${TERMINAL_HEAD}\n${body}\n} ${stdin}` : `( set -e\n${body}\n) ${stdin}`

/**
 * The profile may read stdin, and would eat the text, so that comes on a descriptor of its own, which sudo would close: it is inside of what
 * sudo runs.
 */
const loginBin = (spec: CommandSpec, secrets: Secrets, prelude?: Bin): Bin =>
  spec.login === true
    ? hereDocument(
        (how) => withPrelude(prelude, linesBin(spec, how)),
        secrets,
        (end, body) => [`bash -lc 'eval "$(cat <&9)"' 9<<'${end}'`, blockBin(body, spec.tty === true, '9<&-')],
      )
    : linesBin(spec, secrets)

const withPrelude = (prelude: Bin | undefined, text: Bin): Bin => (prelude === undefined ? text : `${prelude}\n${text}`)

/** A text as a here-document. Its end is the same for the masked text and the real one. */
const hereDocument = (text: (secrets: Secrets) => Bin, secrets: Secrets, around: (end: string, body: Bin) => readonly [Bin, Bin]): Bin => {
  const body = text(secrets)
  const end = delimiter(secrets === 'reveal' ? body : text('reveal'))
  return [...around(end, body), end].join('\n')
}

/** The first lines of a shell on a terminal: Ctrl-C is for what it runs, not for the shell itself. */
export const TERMINAL_HEAD = 'trap : INT QUIT\nset -e'

/**
 * A step that takes or gives files, as it runs: the shell of its account, and the program that this shell then reads from its stdin. The files follow
 * there. As one compound command the program is read whole before it runs, so that the shell takes none of what follows.
 */
export const transferParts = ({ spec }: Command, { sudo = 'program' }: { readonly sudo?: 'program' | 'function' } = {}): TransferParts => ({
  // no function can take the place of the shell
  shell: sudo === 'program' ? accountBin(spec) : accountBin(spec).replace('exec sudo ', 'sudo '),
  program: toBuffer(`{ set -e\n${linesBin(spec, 'reveal')}\nexit 0; }\n`),
})

interface TransferParts {
  readonly shell: Bin
  readonly program: Buffer
}

type Account = Pick<CommandSpec, 'as' | 'group' | 'upload' | 'download'> & { readonly bash?: true | undefined }

/** The shell that reads the text on stdin: run as the account that the text is for; bash for bash text. */
const accountBin = ({ as, group, bash, upload, download }: Account): Bin => {
  const shell = bash ? 'bash' : '/bin/sh'
  if (upload?.sudo || download?.sudo) return `{ if [ "$(id -u)" = 0 ]; then exec ${shell}; else exec sudo -H -u root -- ${shell}; fi; }`
  if (as === undefined) return shell
  return `sudo -H -u ${quoteBin(bin(as))}${group === undefined ? '' : ` -g ${quoteBin(bin(group))}`} -- ${shell}`
}

/** The end of the here-document must not be a line of its text. It is the same for the masked text and the real one. */
const delimiter = (body: Bin): string => {
  const lines = new Set(body.split('\n'))
  for (let n = 0; ; n++) {
    const name = n === 0 ? 'SHIPIT' : `SHIPIT_${n}`
    if (!lines.has(name)) return name
  }
}

const linesBin = (spec: CommandSpec, secrets: Secrets): Bin => {
  const lines: Bin[] = []
  if (spec.dir !== undefined) lines.push(`cd ${dirBin(spec.dir.toString())}`)
  if (spec.umask !== undefined) lines.push(`umask ${spec.umask}`)
  const given: Bin[] = []
  for (const [name, value] of Object.entries(spec.env ?? {})) {
    if (value === null) lines.push(`unset ${variable(name)}`)
    else if (spec.sudo === true) given.push(assignment(name, value, secrets))
    else lines.push(`export ${assignment(name, value, secrets)}`)
  }
  const text = [...(spec.sudo === true ? ['sudo', ...given] : []), textBin(spec.parts, secrets)].join(' ')
  lines.push(spec.stdin === undefined ? text : `${inputBin(spec.stdin, secrets)} | {\n${text}\n}`)
  return lines.join('\n')
}

/** printf is part of the shell, so the text is no argument of a process. It does not complain of a command that reads only the beginning. */
const inputBin = (text: string | Secret, secrets: Secrets): Bin =>
  `printf '%s' ${isSecret(text) ? secretBin(text, secrets, 'always') : quoteBin(bin(text), 'always')} 2>/dev/null`

/** Keeps `cd` from reading a directory such as `-` as an option. */
const dirBin = (dir: string): Bin => pathBin(path(dir.startsWith('-') ? `./${dir}` : dir))
