import type { Renderer } from '../../events/types.ts'
import { oneLine } from '../../redact/clean.ts'
import { createPlain, type PlainOptions } from '../plain/plain.ts'

/** Plain output for a job of GitLab CI: a section for each phase, which a job's page can fold and times. */
export const createGitlab = (options: Omit<PlainOptions, 'group'>, now: () => number = Date.now): Renderer => {
  const group = createSections((text) => void options.stdout.write(text), now)
  const plain = createPlain({ ...options, group })
  return {
    name: 'gitlab',
    event: (event) => {
      if (event.type === 'run:end') group.end()
      plain.event(event)
    },
    end: () => {
      group.end()
      return plain.end?.()
    },
  }
}

/** "Custom collapsible sections" in GitLab's documentation: a name that is unique in the job, a time in seconds, and CR and EL around them. */
const createSections = (write: (text: string) => void, now: () => number) => {
  let open: string | undefined
  let count = 0
  const seconds = (): number => Math.floor(now() / 1000)
  const end = (): void => {
    if (open !== undefined) write(`\u001b[0Ksection_end:${seconds()}:${open}\r\u001b[0K\n`)
    open = undefined
  }
  return {
    start: (title: string): void => {
      end()
      open = `shipit_${process.pid}_${++count}`
      write(`\u001b[0Ksection_start:${seconds()}:${open}\r\u001b[0K${oneLine(title)}\n`)
    },
    end,
  }
}
