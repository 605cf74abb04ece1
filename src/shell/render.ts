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

/** What a step consists of: the script runs each in a subshell of its own, under `set -e`, with nothing on stdin. */
export interface Rendered {
  readonly guards: readonly RenderedGuard[]
  readonly body: Bin
  readonly diagnose: Bin | undefined
}

export interface RenderedGuard {
  readonly when: 'unless' | 'onlyIf'
  readonly text: Bin
  /** the shell that runs the guard of another account, doing nothing: tells whether sudo allows it at all */
  readonly account: Bin | undefined
}

/**
 * The exact text of a step, for a plan: its guards, then its own lines (`cd`, `umask`, `export`, and the command as typed).
 * A guard is a line `unless COMMAND`, or its lines in `unless (` … `)` where it has several; each part is what {@link parts} says,
 * byte for byte.
 */
export const render = (command: Command, options: RenderOptions): Buffer => {
  const { guards, body } = parts(command, options)
  const lines = guards.map(({ when, text }) => (text.includes('\n') ? `${when} (\n${text}\n)` : `${when} ${text}`))
  return toBuffer([...lines, body].join('\n'))
}

/** The parts that the compiler embeds. A guard and a diagnosis run where, as whom and with what environment the command does, unless they say otherwise. */
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

/** A guard's spec with what it takes over from its command. */
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

/** The shell that reads the text on stdin: of the account that it is for, and bash where the text is bash's. */
const accountBin = ({ as, bash }: CommandSpec): Bin => {
  const shell = bash ? 'bash' : '/bin/sh'
  return as === undefined ? shell : `sudo -H -u ${quoteBin(bin(as))} -- ${shell}`
}

/** Where it ends must not be a line of the text itself; the same for the masked text and the real one. */
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

/** `cd -` and options are no directories. */
const dirBin = (dir: string): Bin => pathBin(path(dir.startsWith('-') ? `./${dir}` : dir))
