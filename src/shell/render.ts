import { bin, toBuffer } from './bytes.ts'
import type { Bin } from './bytes.ts'
import { assignment, mergeEnv, variable } from './env.ts'
import type { Secrets } from './quote.ts'
import { pathBin, quoteBin } from './quote.ts'
import { textBin } from './template.ts'
import { path } from '../values/path.ts'
import type { Command, CommandSpec } from './types.ts'

export { display } from './display.ts'

export interface RenderOptions {
  readonly secrets: Secrets
}

/** The parts of a step. The script runs each in a subshell of its own, under `set -e`, with an empty stdin. */
export interface Rendered {
  readonly guards: readonly RenderedGuard[]
  readonly body: Bin
  readonly diagnose: Bin | undefined
}

export interface RenderedGuard {
  readonly when: 'unless' | 'onlyIf'
  readonly text: Bin
  /** for a guard that runs as another account: that account's shell with nothing to run, which shows whether sudo allows it at all */
  readonly account: Bin | undefined
}

/**
 * The exact text of a step, for a plan: its guards, then its own lines (`cd`, `umask`, `export`, and the command as typed).
 * A guard is the line `unless COMMAND`, or its lines in `unless (` … `)` if it has several. Each part is byte for byte that of
 * {@link parts}.
 */
export const render = (command: Command, options: RenderOptions): Buffer => {
  const { guards, body } = parts(command, options)
  const lines = guards.map(({ when, text }) => (text.includes('\n') ? `${when} (\n${text}\n)` : `${when} ${text}`))
  return toBuffer([...lines, body].join('\n'))
}

/** The parts that the compiler embeds. A guard and a diagnosis inherit the command's directory, user, umask and environment. */
export const parts = (command: Command, { secrets }: RenderOptions): Rendered => {
  const { spec } = command
  return {
    guards: (spec.guards ?? []).map(({ when, guard }) => {
      const whole = inherit(guard.spec, spec)
      return { when, text: bodyBin(whole, secrets), account: whole.as === undefined ? undefined : accountBin(whole) }
    }),
    body: bodyBin(spec, secrets),
    diagnose: spec.diagnose === undefined ? undefined : bodyBin(inherit(spec.diagnose.spec, spec), secrets),
  }
}

/** The spec of a guard or a diagnosis, with what it inherits from its command. */
const inherit = (inner: CommandSpec, outer: CommandSpec): CommandSpec => {
  const env = mergeEnv(outer.env, inner.env)
  const { dir = outer.dir, as = outer.as, umask = outer.umask } = inner
  return {
    ...inner,
    ...(dir !== undefined && { dir }),
    ...(as !== undefined && { as }),
    ...(umask !== undefined && { umask }),
    ...(env !== undefined && { env }),
  }
}

const bodyBin = (spec: CommandSpec, secrets: Secrets): Bin => {
  const body = linesBin(spec, secrets)
  if (spec.as === undefined && !spec.bash) return body
  const end = delimiter(secrets === 'reveal' ? body : linesBin(spec, 'reveal'))
  return `${accountBin(spec)} <<'${end}'\n( set -e\n${body}\n) </dev/null\n${end}`
}

/** The shell that reads the text on stdin: run as the account that the text is for; bash for bash text. */
const accountBin = ({ as, bash }: CommandSpec): Bin => {
  const shell = bash ? 'bash' : '/bin/sh'
  return as === undefined ? shell : `sudo -H -u ${quoteBin(bin(as))} -- ${shell}`
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
  lines.push([...(spec.sudo === true ? ['sudo', ...given] : []), textBin(spec.parts, secrets)].join(' '))
  return lines.join('\n')
}

/** Keeps `cd` from reading a directory such as `-` as an option. */
const dirBin = (dir: string): Bin => pathBin(path(dir.startsWith('-') ? `./${dir}` : dir))
