import { Listr, Spinner } from 'listr2'
import type { ListrRendererFactory, ListrTaskObject } from 'listr2'
import { closing, frame } from './frame.ts'
import type { HostNode } from './frame.ts'
import type { Paint } from '../colours.ts'
import type { Phase, Row } from './phase.ts'
import type { Screen } from './screen.ts'

export interface RunningPhase {
  /** The host has finished this phase; `error` is the reason if it failed. */
  settle(host: string, error?: string): void
  /** Settles the remaining hosts, and resolves when the closing lines of the phase are on the screen. */
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
 * A phase as a listr2 list: the phase above its hosts, each a task that ends when `settle` is called. The list starts and stops nothing of
 * the run, listens to no signal, and never fails.
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

/** Ten frames a second, whatever happens. */
const FRAME_MS = 100

/**
 * The renderer for listr2, which draws its tasks on our screen. listr2's own renderer takes over stdout and stderr, where the redactor already
 * is, draws a frame per line of output, and shows every host, even where the terminal has fewer rows.
 */
class PhaseView {
  static nonTTY = true
  static rendererOptions: Record<PropertyKey, unknown> = {}
  static rendererTaskOptions: Record<PropertyKey, unknown> = {}
  readonly #tasks: readonly ListrTaskObject<unknown, ListrRendererFactory>[]
  readonly #options: ViewOptions
  readonly #spinner = new Spinner()
  #timer: NodeJS.Timeout | undefined

  constructor(tasks: readonly ListrTaskObject<unknown, ListrRendererFactory>[], options: Record<PropertyKey, unknown>) {
    this.#tasks = tasks
    // listr2 passes `rendererOptions` on, but has no type for them.
    this.#options = options as unknown as ViewOptions
  }

  render(): void {
    this.#draw()
    // the run does not wait for drawing: the timer must not hide a promise that never settles
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
    const spin = this.#spinner.fetch()
    this.#spinner.spin()
    screen.frame(frame(phase, this.#hosts(), { columns: screen.columns, rows: screen.rows, now: now(), spin, paint }))
  }

  #hosts(): HostNode[] {
    return (this.#tasks[0]?.subtasks ?? []).map((node) => ({ node, row: (node.rendererTaskOptions as { row: Row }).row }))
  }
}
