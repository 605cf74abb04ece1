import { FEW, groupLabel, type GroupLabel } from '../host-groups.ts'

/** Lines of several hosts that may become one. */
export interface Held<T> {
  readonly host: string
  /** lines with equal keys are the same but for their host */
  readonly key: readonly unknown[]
  readonly of: T
  /** Shows them: those of one host, or of more than four. */
  readonly show: (all: readonly [T, ...T[]], label: GroupLabel) => void
}

/** Lines about what has ended, which wait a moment for the same from other hosts. */
export interface HeldLines {
  /** The hosts of the run, or of a phase. With four at most, nothing waits. */
  among(hosts: readonly string[]): void
  add<T>(held: Held<T>): void
  /** Shows all that wait. */
  flush(): void
}

interface Entry {
  readonly key: string
  readonly all: Held<unknown>[]
}

/**
 * Lines wait until `wait` milliseconds have passed, or until a line comes that may not wait: it is `flush` that keeps the order. The lines
 * of a host stay in their order: one only joins others that come after all that this host has waiting.
 */
export const createHeldLines = (wait: number): HeldLines => {
  let hosts: readonly string[] = []
  const entries: Entry[] = []
  const newest = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    newest.clear()
    for (const { all } of entries.splice(0)) showEntry(all, hosts)
  }
  return {
    flush,
    among: (names) => {
      flush()
      hosts = names
    },
    add: (held) => {
      const one = held as Held<unknown>
      if (hosts.length <= FEW) return one.show([one.of], groupLabel([one.host], hosts))
      const key = JSON.stringify(one.key)
      const from = (newest.get(one.host) ?? -1) + 1
      const same = entries.findIndex((entry, i) => i >= from && entry.key === key)
      const at = same < 0 ? entries.length : same
      entries[at] ??= { key, all: [] }
      entries[at].all.push(one)
      newest.set(one.host, at)
      timer ??= setTimeout(flush, wait).unref()
    },
  }
}

const showEntry = (all: readonly Held<unknown>[], hosts: readonly string[]): void => {
  const [first, ...more] = all
  if (first === undefined) return
  const names = all.map(({ host }) => host)
  if (all.length > FEW) return first.show([first.of, ...more.map(({ of }) => of)], groupLabel(names, hosts))
  for (const { host, of, show } of all) show([of], groupLabel([host], hosts))
}
