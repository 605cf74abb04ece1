import { relative, resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

/** One failed test: where it is, its title with its parents' titles, and the error. */
interface Failure {
  readonly file: string
  readonly line: number | undefined
  readonly title: string
  readonly error: string
  readonly output: string
}

/** Of what a file prints beside its tests, this much is kept for the report of a failure, in characters. */
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
  readonly #failures: Failure[] = []
  readonly #files = new Map<string, FileState>()
  readonly #times: { readonly file: string; readonly seconds: number }[] = []

  constructor(root: string, write: (text: string) => void) {
    this.#root = root
    this.#write = write
  }

  /** Notes that something did not run, and why. */
  skip(reason: string, name: string): void {
    this.skipped.set(reason, [...(this.skipped.get(reason) ?? []), name])
  }

  event(event: TestEvent): void {
    if (event.type === 'test:start') this.#file(event.data.file).titles.splice(event.data.nesting, Infinity, event.data.name)
    else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      const file = this.#file(event.data.file)
      file.output = (file.output + event.data.message).slice(-OUTPUT_KEPT)
    } else if (event.type === 'test:pass') this.#pass(event.data)
    else if (event.type === 'test:fail') this.#fail(event.data)
    else if (event.type === 'test:summary' && event.data.file !== undefined) this.#ended(event.data.file, event.data.duration_ms / 1000)
  }

  /** What stands at the end of a run. The last line is for machines. */
  report(seconds: number): void {
    const slowest = this.#times.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5)
    if (this.#times.length > slowest.length)
      this.#write(`\nThe slowest files:\n${slowest.map((each) => `  ${each.seconds.toFixed(0)} s  ${each.file}\n`).join('')}`)
    if (this.skipped.size > 0) {
      const list = [...this.skipped].flatMap(([reason, names]) => [`  ${reason}`, ...names.map((name) => `    ${name}`)])
      this.#write(`\nSkipped:\n${list.join('\n')}\n`)
    }
    if (this.#failures.length > 0) this.#write(`\nFailed:\n${this.#failures.map(failureText).join('')}`)
    const skipped = [...this.skipped.values()].reduce((sum, names) => sum + names.length, 0)
    const time = `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
    this.#write(`\nRan ${this.#times.length} files in ${time}.\n${this.passed} passed, ${this.failed} failed, ${skipped} skipped\n`)
  }

  #pass({ name, file, skip, todo, details }: Extract<TestEvent, { type: 'test:pass' }>['data']): void {
    if (skip !== undefined || todo !== undefined) {
      const reason = skip ?? todo
      this.skip(typeof reason === 'string' && reason !== '' ? reason : 'no reason given', `${this.#name(file)}: ${name}`)
    } else if (details.type !== 'suite') {
      this.passed++
      this.#file(file).tests++
    }
  }

  #fail({ name, file, line, nesting, todo, details }: Extract<TestEvent, { type: 'test:fail' }>['data']): void {
    if (todo !== undefined) return this.skip('to do', `${this.#name(file)}: ${name}`)
    // it is a test in it that failed, and that one is counted
    if ('failureType' in details.error && details.error.failureType === 'subtestsFailed') return
    const state = this.#file(file)
    this.failed++
    state.tests++
    state.failed++
    const isFile = nesting === 0 && this.#name(file) === name
    this.#failures.push({
      file: this.#name(file),
      line: isFile ? undefined : line,
      title: isFile ? 'the file as a whole' : [...state.titles.slice(0, nesting), name].join(' › '),
      error: errorText(details.error),
      output: state.output,
    })
    // a file that ended before its tests did has no summary of its own
    if (isFile && file !== undefined) this.#ended(file, details.duration_ms / 1000)
  }

  #ended(file: string, seconds: number): void {
    const { tests, failed } = this.#file(file)
    this.#times.push({ file: this.#name(file), seconds })
    const counts = failed === 0 ? `${tests} passed` : `${failed} of ${tests} failed`
    this.#write(`${failed === 0 ? '✔' : '✖'} ${this.#name(file)}: ${counts} (${seconds.toFixed(1)} s)\n`)
    this.#files.delete(this.#name(file))
  }

  #name(file: string | undefined): string {
    return relative(this.#root, resolve(this.#root, file ?? ''))
  }

  #file(file?: string): FileState {
    const name = this.#name(file)
    const known = this.#files.get(name) ?? { titles: [], output: '', tests: 0, failed: 0 }
    this.#files.set(name, known)
    return known
  }
}

interface FileState {
  /** The titles of the test that runs and of its parents, outermost first. */
  readonly titles: string[]
  output: string
  tests: number
  failed: number
}

/** The error that a test threw, without the frames of the runner; of a file that ended badly, how it ended. */
const errorText = (error: Error): string => {
  if ('exitCode' in error && error.exitCode !== null) return `ended with exit code ${String(error.exitCode)}`
  if ('signal' in error && error.signal !== null) return `was ended by ${String(error.signal)}`
  return inspect(error.cause ?? error, { depth: 5 }).replace(/\n +at .*\(?node:internal\/.*/g, '')
}

const failureText = ({ file, line, title, error, output }: Failure): string => {
  const said = output.trim() === '' ? '' : `printed:\n${output.trimEnd()}\n`
  return `\n${file}${line === undefined ? '' : `:${line}`}: ${title}\n${`${error}\n${said}`.replace(/^(?=.)/gm, '    ')}`
}
