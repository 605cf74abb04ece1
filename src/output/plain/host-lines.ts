import { oneLine } from '../../redact/clean.ts'
import { pad, width } from '../../values/width.ts'
import { FEW } from '../host-groups.ts'
import { createWriter, type Target } from '../writer.ts'

/** Lines that begin with their host, in a column of their own. */
export interface HostLines {
  /** The hosts of the run, whose longest name makes the column. */
  hosts(names: readonly string[]): void
  lines(lines: readonly string[]): void
  ofHost(host: string, ...texts: readonly string[]): void
  /** how many columns the host takes, and the space after it */
  indent(): number
  /** What a step prints. It is dropped, and counted, while the reader does not keep up. Returns whether it was written. */
  output(host: string, text: string): boolean
  /** how many lines have been written */
  length(): number
  /** Calls this before anything is written. */
  before(write: () => void): void
  drained(): Promise<void>
}

export const createHostLines = (stdout: Target): HostLines => {
  const writer = createWriter(stdout)
  let column = 0
  let count = 0
  let before = (): void => {}
  const lines = (all: readonly string[], optional = false): boolean => {
    before()
    count += all.length
    return writer.lines(all, optional)
  }
  const line = (host: string, text: string): string => `${pad(oneLine(host), column)}  ${text}`
  return {
    hosts: (names) => {
      const counted = names.length > FEW ? [`${names.length} hosts`] : []
      column = Math.max(0, ...[...names, ...counted].map((name) => width(oneLine(name))))
    },
    lines: (all) => void lines(all),
    ofHost: (host, ...texts) => void lines(texts.map((text) => line(host, text))),
    indent: () => column + 2,
    output: (host, text) => lines([line(host, text)], true),
    length: () => count,
    before: (write) => void (before = write),
    drained: () => writer.drained(),
  }
}
