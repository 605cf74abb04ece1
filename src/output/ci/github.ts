import { appendFileSync, statSync } from 'node:fs'
import type { Renderer, RunEvent } from '../../events/types.ts'
import { knownSecrets } from '../../values/secret.ts'
import { createPlain, type PlainOptions } from '../plain/plain.ts'
import { SYMBOL } from '../format.ts'
import type { Target } from '../writer.ts'
import { annotationsOf, createProblems } from './annotations.ts'
import { annotationLine, END_GROUP, groupLine, maskLines, notACommand, placeIn } from './commands.ts'
import { createStepSummary } from './step-summary.ts'

export interface GithubOptions extends Omit<PlainOptions, 'group'> {
  readonly env: Readonly<Record<string, string | undefined>>
  /** where masks go; undefined: nobody reads them who would hide them again */
  readonly masks?: Target | undefined
  /** the secrets to mask; default: all of this process */
  readonly secrets?: () => ReadonlySet<string>
}

/**
 * Plain output for a job of GitHub Actions: a group for each phase, annotations for what went wrong, a summary of the step, and masks for
 * secrets that the job does not know. What servers print is never taken for a command.
 */
export const createGithub = ({ env, masks, secrets = knownSecrets, ...options }: GithubOptions): Renderer => {
  const { stdout } = options
  const write = (line: string): void => void stdout.write(`${line}\n`)
  const group = createGroup(write)
  const plain = createPlain({ ...options, stdout: harmless(stdout), group })
  const hide = createMasks(masks, secrets)
  const problems = createProblems()
  const summary = createStepSummary()
  const place = placeIn(env.GITHUB_WORKSPACE ?? process.cwd())
  const atEnd = (): void => {
    for (const one of annotationsOf(problems.all())) write(annotationLine(one, place))
    const text = summary.markdown()
    const file = env.GITHUB_STEP_SUMMARY
    if (text !== undefined && file) appendSummary(file, text, (reason) => write(`${SYMBOL.warn} ${reason}`))
  }
  return {
    name: 'github',
    event: (event: RunEvent) => {
      hide()
      problems.event(event)
      summary.event(event)
      if (event.type === 'run:end') group.end()
      plain.event(event)
      if (event.type === 'run:end') atEnd()
    },
    end: () => {
      group.end()
      return plain.end?.()
    },
  }
}

/** Groups do not nest: the next one ends the last. */
const createGroup = (write: (line: string) => void) => {
  let open = false
  const end = (): void => {
    if (open) write(END_GROUP)
    open = false
  }
  return {
    start: (title: string): void => {
      end()
      open = true
      write(groupLine(title))
    },
    end,
  }
}

/** The same stream for text that must not be a command. */
const harmless = (stdout: Target): Target =>
  new Proxy(stdout, {
    get: (real, key) => {
      if (key === 'write') return (text: string, done?: () => void) => real.write(text.split('\n').map(notACommand).join('\n'), done)
      const value: unknown = Reflect.get(real, key)
      return typeof value === 'function' ? value.bind(real) : value
    },
  })

/** Masks every secret as soon as there is one: also those that a config makes later. */
const createMasks = (target: Target | undefined, secrets: () => ReadonlySet<string>): (() => void) => {
  const masked = new Set<string>()
  return () => {
    if (target === undefined || secrets().size === masked.size) return
    for (const value of secrets()) {
      if (masked.has(value)) continue
      masked.add(value)
      for (const line of maskLines(value)) target.write(`${line}\n`)
    }
  }
}

/** GitHub drops the whole summary of a step that is larger than 1 MiB. */
const LARGEST_SUMMARY = 1_048_576

const appendSummary = (file: string, text: string, warn: (reason: string) => void): void => {
  try {
    const before = statSync(file, { throwIfNoEntry: false })?.size ?? 0
    if (before + Buffer.byteLength(text) > LARGEST_SUMMARY) return warn('the summary of this step is full, so this run is not in it')
    appendFileSync(file, text)
  } catch (error) {
    warn(`the step summary could not be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}
