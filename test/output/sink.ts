import type { Target } from '../../src/output/writer.ts'

/** A stream that keeps everything written to it. */
export const sink = (options: Partial<Target> = {}): Target & { text: string } => {
  const kept = {
    ...options,
    text: '',
    write: (text: string, done?: () => void) => {
      kept.text += text
      done?.()
    },
  }
  return kept
}
