import { STEP_FD, STEP_FD_FILE } from '../values/step-descriptor.ts'
import { toBuffer } from './bytes.ts'
import type { Bin } from './bytes.ts'
import { transfersFiles } from './command.ts'
import { assignment } from './env.ts'
import { quoteBin } from './quote.ts'
import { parts, transferParts } from './render.ts'
import { passwordFor, sudoFunction, type PasswordHolder } from './sudo-password.ts'
import type { Rendered, RenderedCommand } from './render.ts'
import type { Command, ScriptStep } from './types.ts'

export interface CompileOptions {
  /** starts each marker: 16 or more letters and digits that nobody can guess */
  readonly token: string
  /** the prefix of each step's mark ($SHIPIT_STEP): letters and digits; without it no marks are set */
  readonly key?: string
  /** exported in the script's shell: public values only */
  readonly env?: Readonly<Record<string, string>>
  /** whether the shell takes another script after this one, if this one ends well; if not, it exits */
  readonly reusesShell?: boolean
  /** how guards that are asked once (`Guard.once`) have exited in a script before this one */
  readonly answered?: ReadonlyMap<object, number>
  /** where it runs, for the password that sudo may ask there */
  readonly host?: PasswordHolder
}

/** Sent to a fresh shell as soon as it opens. Its first answer, after whatever the login prints, is its process id. */
export const hello = (token: string): string => `printf '%s hello %s\\n' ${checked(token)} "$$"\n`

/**
 * The steps as one script for stdin of a fresh POSIX shell (dash, bash, busybox sh). Every step runs in a subshell of its own with
 * `set -e` and stdin from /dev/null, so that nothing leaks from one to the next. A syntax error fails only the step itself (exit 2) and
 * cannot swallow what follows. The script ends at the first failure that is not tolerated,
 * with exit code 1, and otherwise with 0, or, with `reusesShell`, not at all. It prints `done` in all cases.
 */
export const compileScript = (
  steps: readonly ScriptStep[],
  { token, key, env = {}, reusesShell = false, answered, host = {} }: CompileOptions,
): Buffer => {
  checked(token)
  const answers = answersOf(steps)
  const head = [
    'unset CDPATH',
    ...[...answers].map(([once, name]) => `${name}=${answered?.get(once) ?? ''}`),
    'shipit_last=',
    ...(key === undefined ? [] : [OPEN_STEP_DESCRIPTOR]),
    ...(steps.some(({ checkGroup }) => checkGroup !== undefined) ? ['shipit_off='] : []),
    ...Object.entries(env).map(([name, value]) => `export ${assignment(name, value, 'reveal')}`),
  ]
  const body = steps.map((step) => stepBin(step, token, key, answers, host))
  const lines = [...head, ...body, frame(token, 'done'), ...(reusesShell ? [] : ['exit 0'])]
  // read whole before it runs, so that what a step reads from the same stdin is not the rest of the script
  return toBuffer([...(steps.some(readsInput) ? ['{', ...lines, '}'] : lines), ''].join('\n'))
}

const readsInput = ({ command }: Pick<ScriptStep, 'command'>): boolean => transfersFiles(command.spec)

/** Whether a failure with this code is only a warning. `guard` is set if a guard could not be run. */
export const tolerates = (command: Command, code: number, guard?: number): boolean => {
  const { allow } = command.spec
  return allow === true || (guard === undefined && allow !== undefined && allow.includes(code))
}

type Answers = ReadonlyMap<object, string>

/** The variables that keep the answers of guards that are asked once. */
const answersOf = (steps: readonly ScriptStep[]): Answers => {
  const once = new Set(steps.flatMap(({ command }) => (command.spec.guards ?? []).flatMap((guard) => guard.once ?? [])))
  return new Map([...once].map((guard, i) => [guard, `shipit_answer_${i}`]))
}

const stepBin = (
  { id, command, checkGroup }: ScriptStep,
  token: string,
  key: string | undefined,
  answers: Answers,
  host: PasswordHolder,
): Bin => {
  const password = passwordFor(command, host)
  const sudo = password === undefined ? undefined : sudoFunction(password)
  const rendered = parts(command, { secrets: 'reveal', prelude: sudo })
  const step = { id, command, token, rendered, checkGroup, answers, sudo: sudo === undefined ? 'program' : 'function' } as const
  const own = [...begin(step, key), guardBin(step, 0)]
  const lines = sudo === undefined ? own : [sudo, ...own, 'unset -f sudo']
  return (checkGroup === undefined ? lines : [`if [ "$shipit_off" != ${checkGroup} ]; then`, ...lines, 'fi']).join('\n')
}

/** Everything that a step starts carries its mark, so that it can be ended with the step. `begin` carries the host's uptime. */
const begin = ({ id, token, command }: Step, key: string | undefined): string[] =>
  key === undefined
    ? [frame(token, `begin ${id}`)]
    : [
        `export SHIPIT_STEP=${checked(key)}.${command.spec.daemon === true ? 'stay' : `$$.${id}`}`,
        '{ read -r shipit_at shipit_why </proc/uptime; } 2>/dev/null || shipit_at=0.00',
        frame(token, `begin ${id} \${shipit_at%.*}\${shipit_at#*.}`),
      ]

/**
 * Every process that a step starts has this descriptor open, even if it empties its environment. The keeper finds these processes by it
 * (transport/keeper/script/members.ts): nothing else has a reason to open this file of the script's shell on this descriptor.
 */
const OPEN_STEP_DESCRIPTOR = `if [ -r /proc/$$/${STEP_FD_FILE} ]; then exec ${STEP_FD}</proc/$$/${STEP_FD_FILE}; fi`

interface Step {
  readonly id: number
  readonly command: Command
  readonly token: string
  readonly rendered: Rendered
  readonly checkGroup: number | undefined
  readonly answers: Answers
  readonly sudo: 'program' | 'function'
}

const guardBin = (step: Step, n: number): Bin => {
  const guard = step.rendered.guards[n]
  const text = (of: Bin): Bin => (step.command.spec.contained === true ? of : evaluated(of))
  if (guard === undefined) {
    const body = readsInput(step)
      ? subshell(transferParts(step.command, { sudo: step.sudo }).shell, { input: '' })
      : attemptsBin(step, step.rendered, text)
    return [body, endBin(step)].join('\n')
  }
  const skip = ended(`skip ${step.id} ${n} $shipit_code`)
  const next = guardBin(step, n + 1)
  const [yes, no] = guard.when === 'unless' ? [skip, next] : [next, skip]
  const end = ended(`end ${step.id} $shipit_code ${n}`)
  const error = step.command.spec.allow === true ? [end] : [...diagnosis(step), end, ...stop(step)]
  const arms = ['0)', yes, ';;', `${NO_ANSWER})`, ...error, ';;', '*)', no, ';;']
  const ask = [subshell(text(guard.text)), ...checkAccount(guard.account)]
  const answer = guard.once && step.answers.get(guard.once)
  return [...(answer === undefined ? ask : askOnce(ask, answer)), 'case $shipit_code in', ...arms, 'esac'].join('\n')
}

const askOnce = (ask: readonly Bin[], answer: string): readonly Bin[] => [
  `case $${answer} in '')`,
  ...ask,
  `${answer}=$shipit_code`,
  `;; *) shipit_code=$${answer} ;; esac`,
]

/** Sets shipit_code to how the command ended, or the last of what followed its failure. `at` names the loops that are inside each other. */
const attemptsBin = (step: Step, { body, attempts }: RenderedCommand, text: (of: Bin) => Bin, at = ''): Bin => {
  const again = frameOnly(step.token, `again ${step.id}`)
  return attempts.reduce(
    (before, attempt, i) =>
      'retry' in attempt
        ? loopBin(before, attempt.retry, `shipit_until${at}_${i}`, again)
        : [before, 'case $shipit_code in 0) ;; *)', again, attemptsBin(step, attempt.orElse, text, `${at}_${i}`), ';; esac'].join('\n'),
    subshell(text(body)),
  )
}

/** No try begins after the time is up, so none is waited for either. */
const loopBin = (attempt: Bin, retry: { readonly every: number; readonly for: number }, until: string, again: Bin): Bin =>
  [
    CLOCK,
    `${until}=$((shipit_now + ${retry.for}))`,
    'while :; do',
    attempt,
    'case $shipit_code in 0) break ;; esac',
    CLOCK,
    `if [ $((shipit_now + ${retry.every})) -ge "$${until}" ]; then break; fi`,
    again,
    // not in the way of what a login or a trap of the step may have done: the sleep belongs to the script
    `sleep ${retry.every} </dev/null`,
    'done',
  ].join('\n')

/** Seconds since the host booted, which nobody sets back, or else since 1970. */
const CLOCK = '{ read -r shipit_now shipit_why </proc/uptime; } 2>/dev/null || shipit_now=$(date +%s); shipit_now=${shipit_now%.*}'

/** 126 and up: not found, not executable, ended by a signal. */
const NO_ANSWER = '12[6-9]|1[3-9]?|2??'

/** sudo exits with 1 when it refuses, like a guard that answers no. So a no counts only if sudo allows the account at all. */
const checkAccount = (account: Bin | undefined): Bin[] =>
  account === undefined
    ? []
    : [
        `case $shipit_code in 0|${NO_ANSWER}) ;; *)`,
        subshell(evaluated(account), { code: 'shipit_why' }),
        'case $shipit_why in 0) ;; *) shipit_code=126 ;; esac',
        ';; esac',
      ]

const endBin = (step: Step): Bin => {
  const end = ended(`end ${step.id} $shipit_code`)
  const { allow } = step.command.spec
  if (allow === true) return end
  return [end, `case $shipit_code in ${[0, ...(allow ?? [])].join('|')}) ;; *)`, ...diagnosis(step), ...stop(step), ';; esac'].join('\n')
}

/** Runs `.diagnose()`. Its output belongs to the failure, so all of it goes to the step's stderr. */
const diagnosis = ({ rendered: { diagnose } }: Step): Bin[] =>
  diagnose === undefined ? [] : [subshell(evaluated(diagnose), { code: 'shipit_why', stdout: '1>&3 ' })]

const stop = ({ token, checkGroup }: Step): Bin[] =>
  checkGroup === undefined ? [frame(token, 'done'), 'exit 1'] : [`shipit_off=${checkGroup}`]

/**
 * Text that may have a mistake in its syntax: as one quoted word it cannot reach beyond its step. The text of the core's own steps
 * (`contained`) has none, and stands in the subshell as it is: then a program that it ends with takes the place of the subshell (dash,
 * bash and busybox do that), which saves a process.
 */
const evaluated = (text: Bin): Bin => `eval ${quoteBin(text, 'always')}`

/**
 * A command of its own, because `set -e` has no effect inside a condition (`( … ) ||`). The shell's message about a subshell that a signal
 * ended ("Killed", in bash with the whole text) is discarded; descriptor 3 keeps stderr for the step. The assignment stays inside the
 * braces: around a subshell alone, dash and busybox drop the redirections of the subshell in favour of those of the braces.
 */
const subshell = (text: Bin, { code = 'shipit_code', input = '</dev/null ', stdout = '' } = {}): Bin =>
  `{ ( set -e\n${text}\n) ${input}${stdout}2>&3 3>&-\n${code}=$?\n} 3>&2 2>/dev/null`

/**
 * Prints a frame on both streams, after the one that {@link ended} has kept: one packet instead of two. The token is written out, because
 * a step could read a variable or a function.
 */
const frame = (token: string, words: string): Bin => {
  const print = `printf '${token} %s\\n' \${shipit_last:+"$shipit_last"} "${words}"`
  return `${print}; ${print} >&2`
}

/** Prints a frame without the one that {@link ended} has kept: the step goes on. */
const frameOnly = (token: string, words: string): Bin => `printf '${token} ${words}\\n'; printf '${token} ${words}\\n' >&2`

/** How a step ended, for the next frame. */
const ended = (words: string): Bin => `shipit_last="${words}"`

const checked = (token: string): string => {
  if (!/^[A-Za-z0-9]{8,}$/.test(token)) throw new TypeError('a frame token is eight or more letters and digits')
  return token
}
