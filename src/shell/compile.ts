import { STRING_FD, STRING_FILE } from '../values/string.ts'
import { toBuffer } from './bytes.ts'
import type { Bin } from './bytes.ts'
import { assignment } from './env.ts'
import { quoteBin } from './quote.ts'
import { parts } from './render.ts'
import type { Rendered } from './render.ts'
import type { Command, ScriptStep } from './types.ts'

export interface CompileOptions {
  /** Marks frames: 16 or more letters and digits that nobody can guess. */
  readonly token: string
  /** the prefix of each step's mark ($SHIPIT_STEP): letters and digits; without it no marks are set */
  readonly key?: string
  /** exported in the script's shell: public values only */
  readonly env?: Readonly<Record<string, string>>
}

/** Sent to a fresh shell as soon as it opens. Its first answer, after whatever the login prints, is its process id. */
export const hello = (token: string): string => `printf '%s hello %s\\n' ${checked(token)} "$$"\n`

/**
 * The steps as one script for stdin of a fresh POSIX shell (dash, bash, busybox sh). Every step runs in a subshell of its own with
 * `set -e` and stdin from /dev/null, so that nothing leaks from one to the next. Its text is quoted and passed to `eval`: a syntax error
 * fails only the step itself (exit 2) and cannot swallow what follows. The script ends at the first failure that is not tolerated,
 * with exit code 1, and otherwise with 0. It prints `done` in both cases.
 */
export const compileScript = (steps: readonly ScriptStep[], { token, key, env = {} }: CompileOptions): Buffer => {
  checked(token)
  const head = [
    'unset CDPATH',
    ...(key === undefined ? [] : [STRING]),
    ...(steps.some(({ goOn }) => goOn !== undefined) ? ['shipit_off='] : []),
    ...Object.entries(env).map(([name, value]) => `export ${assignment(name, value, 'reveal')}`),
  ]
  const body = steps.map((step) => stepBin(step, token, key))
  return toBuffer([...head, ...body, mark(token, 'done'), 'exit 0', ''].join('\n'))
}

/** Whether a failure with this code is only a warning. `guard` is set if a guard could not be run. */
export const tolerates = (command: Command, code: number, guard?: number): boolean => {
  const { allow } = command.spec
  return allow === true || (guard === undefined && allow !== undefined && allow.includes(code))
}

const stepBin = ({ id, command, goOn }: ScriptStep, token: string, key: string | undefined): Bin => {
  const rendered = parts(command, { secrets: 'reveal' })
  const step = { id, command, token, rendered, goOn }
  const lines = [...begin(step, key), guardBin(step, 0)]
  return (goOn === undefined ? lines : [`if [ "$shipit_off" != ${goOn} ]; then`, ...lines, 'fi']).join('\n')
}

/** Everything that a step starts carries its mark, so that it can be ended with the step. `begin` carries the host's uptime. */
const begin = ({ id, token, command }: Step, key: string | undefined): string[] =>
  key === undefined
    ? [mark(token, `begin ${id}`)]
    : [
        `export SHIPIT_STEP=${checked(key)}.${command.spec.daemon === true ? 'stay' : `$$.${id}`}`,
        '{ read -r shipit_at shipit_why </proc/uptime; } 2>/dev/null || shipit_at=0.00',
        mark(token, `begin ${id} %s`, '"${shipit_at%.*}${shipit_at#*.}"'),
      ]

/**
 * Every process that a step starts has this descriptor open, even if it empties its environment. The keeper finds these processes by it
 * (keeper-members.ts): nothing else has a reason to open this file of the script's shell on this descriptor.
 */
const STRING = `if [ -r /proc/$$/${STRING_FILE} ]; then exec ${STRING_FD}</proc/$$/${STRING_FILE}; fi`

interface Step {
  readonly id: number
  readonly command: Command
  readonly token: string
  readonly rendered: Rendered
  readonly goOn: number | undefined
}

const guardBin = (step: Step, n: number): Bin => {
  const guard = step.rendered.guards[n]
  if (guard === undefined) return [subshell(step.rendered.body), endBin(step)].join('\n')
  const skip = mark(step.token, `skip ${step.id} ${n} %s`, '"$shipit_code"')
  const next = guardBin(step, n + 1)
  const [yes, no] = guard.when === 'unless' ? [skip, next] : [next, skip]
  const end = mark(step.token, `end ${step.id} %s ${n}`, '"$shipit_code"')
  const error = step.command.spec.allow === true ? [end] : [...diagnosis(step), end, ...stop(step)]
  const arms = ['0)', yes, ';;', `${NO_ANSWER})`, ...error, ';;', '*)', no, ';;']
  return [subshell(guard.text), ...doubt(guard.account), 'case $shipit_code in', ...arms, 'esac'].join('\n')
}

/** 126 and up: not found, not executable, ended by a signal. */
const NO_ANSWER = '12[6-9]|1[3-9]?|2??'

/** When sudo refuses it exits 1, like a guard that answers no. So a no counts only if sudo lets us in. */
const doubt = (account: Bin | undefined): Bin[] =>
  account === undefined
    ? []
    : [
        `case $shipit_code in 0|${NO_ANSWER}) ;; *)`,
        subshell(account, 'shipit_why'),
        'case $shipit_why in 0) ;; *) shipit_code=126 ;; esac',
        ';; esac',
      ]

const endBin = (step: Step): Bin => {
  const end = mark(step.token, `end ${step.id} %s`, '"$shipit_code"')
  const { allow } = step.command.spec
  if (allow === true) return end
  const fine = [0, ...(allow ?? [])].join('|')
  return [
    `case $shipit_code in ${fine}) ;; *)`,
    ...diagnosis(step),
    `;; esac`,
    end,
    `case $shipit_code in ${fine}) ;; *)`,
    ...stop(step),
    ';; esac',
  ].join('\n')
}

/** Its output belongs to the failure, so all of it goes to the step's stderr. */
const diagnosis = ({ rendered: { diagnose } }: Step): Bin[] => (diagnose === undefined ? [] : [subshell(diagnose, 'shipit_why', '1>&3')])

const stop = ({ token, goOn }: Step): Bin[] => (goOn === undefined ? [mark(token, 'done'), 'exit 1'] : [`shipit_off=${goOn}`])

/**
 * A command of its own, because `set -e` has no effect inside a condition (`( … ) ||`). The shell's message about a subshell that a signal
 * ended ("Killed", in bash with the whole text) is discarded; descriptor 3 keeps stderr for the step. The assignment stays inside the
 * braces: around a subshell alone, dash and busybox drop the redirections of the subshell in favour of those of the braces.
 */
const subshell = (text: Bin, code = 'shipit_code', stdout = ''): Bin =>
  `{ ( set -e\neval ${quoteBin(text, 'always')}\n) </dev/null ${stdout}${stdout && ' '}2>&3 3>&-\n${code}=$?\n} 3>&2 2>/dev/null`

/** The token is written out, because a step could read a variable or a function. */
const mark = (token: string, format: string, argument = ''): Bin => {
  const print = `printf '${token} ${format}\\n'${argument === '' ? '' : ` ${argument}`}`
  return `${print}; ${print} >&2`
}

const checked = (token: string): string => {
  if (!/^[A-Za-z0-9]{8,}$/.test(token)) throw new TypeError('a frame token is eight or more letters and digits')
  return token
}
