import { cleanText } from '../redact/clean.ts'
import type { Renderer } from '../events/types.ts'
import { createWriter } from './writer.ts'
import type { Target } from './writer.ts'

/** One event per line, as JSON, for programs. Nothing is left out except colours. */
export const createJsonl = (stdout: Target): Renderer => {
  const out = createWriter(stdout)
  const bare = (_key: string, value: unknown): unknown => (typeof value === 'string' ? cleanText(value) : value)
  return { name: 'jsonl', event: (event) => out.lines([JSON.stringify(event, bare)]), end: () => out.drained() }
}
