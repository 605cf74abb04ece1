import { relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** One failed test: where it is, its title with its parents' titles, and the error. */
interface Failure {
  /** the file that was run; the test may be in a file that it imports */
  readonly ran: string
  readonly file: string
  readonly line: number | undefined
  readonly title: string
  readonly error: string
  readonly output: string
}

/** How much of a file's other output is kept for the report of a failure, in characters. */
const OUTPUT_KEPT = 4000

/**
 * Counts the events of any number of `node:test` runs and renders them as one: a line for each file as it ends, and at the end each failure
 * again with its file, line, title and error, what was skipped and why, and one closing line of numbers.
 */
export class Results {
  passed = 0
  failed = 0
  readonly skipped = new Map<string, string[]>()
  readonly #root: string
  readonly #write: (text: string) => void
  #failures: Failure[] = []
  readonly #files = new Map<string, FileState>()
  readonly #firstTries: Failure[] = []
  #times: { readonly file: string; readonly seconds: number; readonly tests: number; readonly failed: number }[] = []

  constructor(root: string, write: (text: string) => void) {
    this.#root = root
    this.#write = write
  }

  /** Records that something did not run, and why. */
  skip(reason: string, name: string): void {
    this.skipped.set(reason, [...(this.skipped.get(reason) ?? []), name])
  }

  /** The files with failures, as they were run. */
  get failedFiles(): readonly string[] {
    return [...new Set(this.#failures.map(({ ran }) => ran))]
  }

  /** Forgets what a file counted, because it runs again. Its failures stay in the report, apart from those that count. */
  runsAgain(file: string): void {
    for (const { tests, failed } of this.#times.filter((each) => each.file === file)) {
      this.passed -= tests - failed
      this.failed -= failed
    }
    this.#times = this.#times.filter((each) => each.file !== file)
    for (const [reason, names] of this.skipped) {
      const others = names.filter((name) => !name.startsWith(`${file}: `))
      if (others.length > 0) this.skipped.set(reason, others)
      else this.skipped.delete(reason)
    }
    this.#firstTries.push(...this.#failures.filter(({ ran }) => ran === file))
    this.#failures = this.#failures.filter(({ ran }) => ran !== file)
    this.#write(`↻ ${file}: runs again, alone\n`)
  }

  /** `ran`: the file that was run; the test may be in a file that it imports. */
  event(event: TestEvent, ran: string): void {
    if (event.type === 'test:start') this.#file(ran).titles.splice(event.data.nesting, Infinity, event.data.name)
    else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      const file = this.#file(ran)
      file.output = (file.output + event.data.message).slice(-OUTPUT_KEPT)
    } else if (event.type === 'test:pass') this.#pass(event.data, ran)
    else if (event.type === 'test:fail') this.#fail(event.data, ran)
    else if (event.type === 'test:summary' && event.data.file !== undefined) this.#ended(ran, event.data.duration_ms / 1000)
  }

  /** Prints the end of a run. The last line is for programs. */
  report(seconds: number): void {
    const slowest = this.#times.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5)
    if (this.#times.length > slowest.length)
      this.#write(`\nThe slowest files:\n${slowest.map((each) => `  ${each.seconds.toFixed(0)} s  ${each.file}\n`).join('')}`)
    if (this.skipped.size > 0) {
      const list = [...this.skipped].flatMap(([reason, names]) => [`  ${reason}`, ...names.map((name) => `    ${name}`)])
      this.#write(`\nSkipped:\n${list.join('\n')}\n`)
    }
    if (this.#firstTries.length > 0) {
      const title = 'Failed beside other tests. What counts is how the file ended when it ran again, alone; mend these too'
      this.#write(`\n${title}:\n${this.#firstTries.map(failureText).join('')}`)
    }
    if (this.#failures.length > 0) this.#write(`\nFailed:\n${this.#failures.map(failureText).join('')}`)
    const skipped = [...this.skipped.values()].reduce((sum, names) => sum + names.length, 0)
    const time = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
    this.#write(`\nRan ${this.#times.length} files in ${time}.\n${this.passed} passed, ${this.failed} failed, ${skipped} skipped\n`)
  }

  #pass({ name, file, skip, todo, details }: Extract<TestEvent, { type: 'test:pass' }>['data'], ran: string): void {
    if (skip !== undefined || todo !== undefined) {
      const reason = skip ?? todo
      this.skip(typeof reason === 'string' && reason !== '' ? reason : 'no reason given', `${this.#name(file)}: ${name}`)
    } else if (details.type !== 'suite') {
      this.passed++
      this.#file(ran).tests++
    }
  }

  #fail({ name, file, line, nesting, todo, details }: Extract<TestEvent, { type: 'test:fail' }>['data'], ran: string): void {
    if (todo !== undefined) return this.skip('to do', `${this.#name(file)}: ${name}`)
    // a test inside it failed, and that one is counted
    if ('failureType' in details.error && details.error.failureType === 'subtestsFailed') return
    const state = this.#file(ran)
    this.failed++
    state.tests++
    state.failed++
    const isFile = nesting === 0 && this.#name(file) === name
    this.#failures.push({
      ran: this.#name(ran),
      file: this.#name(file),
      line: isFile ? undefined : line,
      title: isFile ? 'the file as a whole' : [...state.titles.slice(0, nesting), name].join(' › '),
      error: errorText(details.error),
      output: state.output,
    })
    // a file that ended before its tests did has no summary
    if (isFile) this.#ended(ran, details.duration_ms / 1000)
  }

  #ended(file: string, seconds: number): void {
    const { tests, failed } = this.#file(file)
    this.#times.push({ file: this.#name(file), seconds, tests, failed })
    const counts = failed === 0 ? `${tests} passed` : `${failed} of ${tests} failed`
    this.#write(`${failed === 0 ? '✔' : '✖'} ${this.#name(file)}: ${counts} (${seconds.toFixed(1)} s)\n`)
    this.#files.delete(this.#name(file))
  }

  #name(file: string | undefined): string {
    return relative(this.#root, resolve(this.#root, file ?? ''))
  }

  #file(file: string): FileState {
    const name = this.#name(file)
    const known = this.#files.get(name) ?? { titles: [], output: '', tests: 0, failed: 0 }
    this.#files.set(name, known)
    return known
  }
}

interface FileState {
  /** The titles of the running test and its parents, outermost first. */
  readonly titles: string[]
  output: string
  tests: number
  failed: number
}

/** The error that a test threw, without the runner's frames; for a file that exited badly, how it exited. */
const errorText = (error: Error): string => {
  if ('exitCode' in error && error.exitCode !== null) return `ended with exit code ${String(error.exitCode)}`
  if ('signal' in error && error.signal !== null) return `was ended by ${String(error.signal)}`
  return inspect(error.cause ?? error, { depth: 5 }).replace(/\n +at .*\(?node:internal\/.*/g, '')
}

const failureText = ({ file, line, title, error, output }: Failure): string => {
  const said = output.trim() === '' ? '' : `printed:\n${output.trimEnd()}\n`
  return `\n${file}${line === undefined ? '' : `:${line}`}: ${title}\n${`${error}\n${said}`.replace(/^(?=.)/gm, '    ')}`
}
