import { ShipitError } from '../values/errors.ts'
import { createRedactor } from '../redact/redact.ts'
import type { Redactor } from '../redact/redact.ts'
import type { Draft, Emit, Renderer, RunEvent } from './types.ts'

export interface Bus {
  readonly emit: Emit
  /** Lets every renderer finish, in order. Never rejects. */
  end(): Promise<void>
}

export interface BusOptions {
  readonly renderers: readonly Renderer[]
  readonly now?: () => number
  readonly redactor?: Redactor
}

/**
 * One stream of events for everything that shows or stores a run. Stamps and redacts each event, and passes it to every renderer in order.
 * A renderer that throws is dropped, with one warning to the others: a full disk or a broken screen never breaks a deploy.
 */
export const createBus = ({ renderers, now = Date.now, redactor = createRedactor() }: BusOptions): Bus => {
  const alive = new Set(renderers)
  const drop = (renderer: Renderer, error: unknown): void => {
    if (alive.delete(renderer)) emit({ type: 'log', level: 'warn', message: warning(renderer, error) })
  }
  const emit = (draft: Draft): void => {
    const event: RunEvent = redactor.deep({ at: now(), ...draft })
    for (const renderer of alive) {
      try {
        renderer.event(event)
      } catch (error) {
        drop(renderer, error)
      }
    }
  }
  return {
    emit,
    end: async () => {
      // Last first: if one fails to end, those before it can still show why.
      for (const renderer of renderers.toReversed()) {
        if (!alive.has(renderer)) continue
        try {
          await renderer.end?.()
        } catch (error) {
          drop(renderer, error)
        }
      }
    },
  }
}

const warning = (renderer: Renderer, error: unknown): string => {
  if (error instanceof ShipitError) return error.message
  return `the ${renderer.name ?? 'custom'} output stopped working: ${error instanceof Error ? error.message : String(error)}`
}
