import { createStepLines } from '../events/line-splitter.ts'
import type { RunEvent } from '../events/types.ts'
import { claimPlace, fetchedTo } from '../plan/check-downloads.ts'
import { masked } from '../redact/mask.ts'
import { display } from '../shell/display.ts'
import { render } from '../shell/render.ts'
import type { Command, Frame, Message } from '../shell/types.ts'
import type { ChunkRun, TaskSteps } from './chunk-run.ts'
import { markTask } from './state.ts'
import { createOutputTail, type OutputTail } from './output-tail.ts'
import type { TransferReport } from './transfer-types.ts'
import { reportProgress } from './transfer.ts'
import { reportWaiting } from './wait-notice.ts'

type EndStatus = Extract<RunEvent, { type: 'step:end' }>['status']

/** A step of a script, in the order of its frames. */
export interface ChunkStep {
  readonly task: string
  /** the place of its task in the script */
  readonly group: number
  readonly command: Command
  /** the last one of its task */
  readonly last: boolean
}

export const stepsOf = (tasks: readonly TaskSteps[]): readonly ChunkStep[] =>
  tasks.flatMap((task, group) =>
    task.steps.map((command, i) => ({ task: task.name, group, command, last: i === task.steps.length - 1 && !task.more })),
  )

type ReportedRun = Pick<ChunkRun, 'state' | 'host' | 'wave' | 'captured' | 'unseen' | 'downloads'>

/** Turns the frames and the output of a script into events. Each step ends once, at the first report of its end. */
export class ChunkReporter {
  readonly steps: readonly ChunkStep[]
  /** the end of what each step printed */
  readonly tails: readonly OutputTail[]
  readonly #run: ReportedRun
  readonly #first: number
  readonly #lines: ReturnType<typeof createStepLines>
  readonly #started = new Map<string, number>()
  readonly #begun: number[] = []
  readonly #waits: (() => void)[] = []
  readonly #ended = new Set<number>()

  constructor(steps: readonly ChunkStep[], run: ReportedRun) {
    this.steps = steps
    this.tails = steps.map(createOutputTail)
    this.#run = run
    this.#first = run.state.steps
    run.state.steps += steps.length
    this.#lines = createStepLines((step, stream, line) => this.#line(Number(step), stream, line))
  }

  frame(frame: Frame): void {
    if (frame.type === 'begin') this.#begin(frame.id)
    else if (frame.type === 'skip') this.end(frame.id, 'skipped', frame.code)
    else if (frame.type === 'end' && frame.code === 0) this.end(frame.id, 'ok', 0)
    else if (frame.type === 'end' && frame.guard === undefined && tolerates(this.steps[frame.id]!.command, frame.code)) {
      // the exit code of a message is how it is sent, not a failure
      if (this.steps[frame.id]!.command.spec.message === undefined) this.end(frame.id, 'tolerated', frame.code)
      else this.end(frame.id, 'warned', undefined)
    }
  }

  output(id: number, stream: 'stdout' | 'stderr', chunk: Buffer): void {
    this.#lines.write(`${id}`, stream, chunk)
  }

  /** A step tries again. What it has printed was shown, and says nothing about how it ends. */
  again(id: number, stream: 'stdout' | 'stderr'): void {
    this.#lines.endLine(`${id}`, stream)
    this.tails[id]!.drop(stream)
  }

  /** What a step that transfers files tells of it. */
  transfer(id: number): TransferReport {
    const { state, host, downloads = state.downloads } = this.#run
    return {
      claim: (command) => {
        const fetched = fetchedTo(command)
        if (fetched !== undefined) claimPlace(downloads, this.steps[id]!.task, fetched, host.name)
      },
      stderr: (chunk) => this.output(id, 'stderr', chunk),
      done: (text) => this.output(id, 'stdout', Buffer.from(`${text}\n`)),
      notice: (message) => state.emit({ type: 'log', level: 'info', host: host.name, task: this.steps[id]!.task, message }),
      progress: reportProgress((done, total) =>
        this.#run.state.emit({ type: 'step:progress', ...this.#ref(id), done, ...(total !== undefined && { total }) }),
      ),
    }
  }

  /** Ends a step that may not have begun. */
  fail(id: number, status: 'failed' | 'cancelled', code: number | undefined, reason: string | undefined): void {
    if (this.#begun[id] === undefined) this.#begin(id)
    this.end(id, status, code, reason)
  }

  end(id: number, status: EndStatus, code: number | undefined, note?: string): void {
    if (this.#ended.has(id)) return
    this.#ended.add(id)
    this.#waits[id]?.()
    this.#lines.end(`${id}`)
    const { state, host, wave } = this.#run
    const { task, last, command } = this.steps[id]!
    const began = this.#begun[id]
    if (command.spec.follow && began !== undefined) state.follow?.(false)
    const ms = Date.now() - (began ?? Date.now())
    state.emit({ type: 'step:end', ...this.#ref(id), status, code, ms, ...(note === undefined ? {} : { note }) })
    const ok = status !== 'failed' && status !== 'cancelled'
    if (ok && last) markTask(state, host.name, task, 'done')
    if (!ok || last)
      state.emit({ type: 'task:end', host: host.name, task, wave, ok, ms: Date.now() - (this.#started.get(task) ?? Date.now()) })
  }

  /** The script has ended: no step is waited for any more. */
  stop(): void {
    for (const stop of this.#waits) stop?.()
  }

  #begin(id: number): void {
    const { state, host, wave, captured } = this.#run
    const { task, command } = this.steps[id]!
    if (!this.#started.has(task)) {
      this.#started.set(task, Date.now())
      markTask(state, host.name, task, 'started')
      state.emit({ type: 'task:start', host: host.name, task, wave })
    }
    this.#begun[id] = Date.now()
    this.#waits[id] = reportWaiting(state, host.name, task, command)
    if (command.spec.follow) state.follow?.(true)
    const { message } = command.spec
    const text = message === undefined ? display(command) : messageTitle(message)
    const script = render(command, { secrets: 'mask' }).toString()
    state.emit({
      type: 'step:start',
      ...this.#ref(id),
      title: command.spec.title ?? text,
      command: text,
      ...(script === text || message !== undefined ? {} : { script }),
      ...(captured ? { captured: true } : {}),
      ...(message === undefined ? {} : { message: true }),
    })
  }

  #line(id: number, stream: 'stdout' | 'stderr', line: string): void {
    if (this.#run.unseen && stream === 'stdout') return
    this.tails[id]!.add(stream, line)
    // the failure or the warning has this text
    const { message } = this.steps[id]!.command.spec
    if (message !== undefined && message.level !== 'note') return
    this.#run.state.emit({ type: 'step:output', ...this.#ref(id), stream, line })
  }

  #ref(id: number) {
    return { host: this.#run.host.name, task: this.steps[id]!.task, step: `${this.#first + id + 1}` }
  }
}

/** The title of a step that only prints a message: for a failure or a warning, its first line. */
const messageTitle = ({ level, text }: Message): string => (level === 'note' ? 'note' : masked(text).split('\n', 1)[0]!)

const tolerates = ({ spec }: Command, code: number): boolean =>
  spec.allow === true || (Array.isArray(spec.allow) && spec.allow.includes(code))
