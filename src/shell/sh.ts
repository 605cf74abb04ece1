import { command, refinements } from './command.ts'
import { templateParts } from './check-template.ts'
export { append, prepend } from './env.ts'
export { raw } from './raw.ts'
export { words } from './split-words.ts'
import type { Command, CommandSpec, Sh, ShValue } from './types.ts'

const tag = (spec: Omit<CommandSpec, 'parts'>): Sh => {
  const make = (template: TemplateStringsArray, ...values: ShValue[]): Command =>
    command({ ...spec, parts: templateParts(template.raw, values, spec.bash) })
  const whole = Object.assign(
    make,
    refinements(spec, (more) => tag({ ...spec, ...more })),
  )
  return Object.freeze(Object.defineProperty(whole, 'bash', { get: () => tag({ ...spec, bash: true }) })) as Sh
}

/**
 * One command as a value: `` sh`ln -s ${release} ${current}` ``. Every interpolation arrives as one argument, byte for byte; a list
 * arrives as several. The literal text is shell, exactly as typed: `\n` and `\$` reach the shell with their backslash. Only the escapes
 * that JavaScript requires are undone: `` \` `` is a backtick and `\${` is `${`. `` sh.bash`…` `` is for what only bash understands.
 */
export const sh: Sh = tag({})
