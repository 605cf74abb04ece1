import { Listr } from 'listr2'
import type { ListrRendererFactory, ListrTaskObject } from 'listr2'
import { closing, frame } from './frame.ts'
import type { HostNode } from './frame.ts'
import type { Paint } from './paint.ts'
import type { Phase, Row } from './phase.ts'
import type { Screen } from './screen.ts'

export interface RunningPhase {
  /** The host is through with this phase; `error` says why it failed. */
  settle(host: string, error?: string): void
  /** Settles what is left, and resolves when the phase's closing lines stand on the screen. */
  close(ok: boolean): Promise<void>
}

interface ViewOptions {
  readonly phase: Phase
  readonly screen: Screen
  readonly paint: Paint
  readonly now: () => number
  readonly ok: () => boolean
}

/**
 * A phase as a listr2 list: the phase over its hosts, each a task that ends when `settle` says so. listr2 only shows: it neither
 * starts nor stops anything, listens to no signal, and its list never fails.
 */
export const runPhase = (options: Omit<ViewOptions, 'ok'>): RunningPhase => {
  const { phase } = options
  const hosts = new Map([...phase.rows.values()].map((row) => [row.host, { row, ...Promise.withResolvers<void>() }]))
  let ok = true
  const list = new Listr<unknown, typeof PhaseView>(
    [
      {
        title: phase.title,
        task: (_, task) =>
          task.newListr(
            [...hosts.values()].map(({ row, promise }) => ({ title: row.host, task: () => promise, rendererOptions: { row } })),
            { concurrent: true, exitOnError: false },
          ),
      },
    ],
    { renderer: PhaseView, rendererOptions: { ...options, ok: () => ok }, registerSignalListeners: false, exitOnError: false },
  )
  const done = list.run()
  const settle = (host: string, error?: string): void => {
    const task = hosts.get(host)
    if (error === undefined) task?.resolve()
    else task?.reject(new Error(error))
  }
  return {
    settle,
    close: async (good) => {
      ok = good
      for (const { row } of hosts.values()) settle(row.host, row.state === 'failed' ? row.doing : undefined)
      await done
    },
  }
}

const SPINNER = Array.from('⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏')
/** Ten frames a second, whatever happens: listr2's own renderer draws one for every line of output. */
const FRAME_MS = 100

/** The renderer that listr2 is given. */
class PhaseView {
  static nonTTY = true
  static rendererOptions: Record<PropertyKey, unknown> = {}
  static rendererTaskOptions: Record<PropertyKey, unknown> = {}
  readonly #tasks: readonly ListrTaskObject<unknown, ListrRendererFactory>[]
  readonly #options: ViewOptions
  #timer: NodeJS.Timeout | undefined
  #tick = 0

  constructor(tasks: readonly ListrTaskObject<unknown, ListrRendererFactory>[], options: Record<PropertyKey, unknown>) {
    this.#tasks = tasks
    // listr2 hands over what `rendererOptions` were given, and knows no type for them.
    this.#options = options as unknown as ViewOptions
  }

  render(): void {
    this.#draw()
    // drawing is nothing that a run waits for: it must hide no promise that never settles
    this.#timer = setInterval(() => this.#draw(), FRAME_MS).unref()
  }

  end(): void {
    clearInterval(this.#timer)
    const { screen, phase, paint, ok } = this.#options
    screen.frame([])
    screen.above(closing(phase, this.#hosts(), ok(), { paint, columns: screen.columns }))
  }

  #draw(): void {
    const { screen, phase, paint, now } = this.#options
    const spin = SPINNER[this.#tick++ % SPINNER.length]!
    screen.frame(frame(phase, this.#hosts(), { columns: screen.columns, rows: screen.rows, now: now(), spin, paint }))
  }

  #hosts(): HostNode[] {
    return (this.#tasks[0]?.subtasks ?? []).map((node) => ({ node, row: (node.rendererTaskOptions as { row: Row }).row }))
  }
}
