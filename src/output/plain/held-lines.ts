import { FEW, groupLabel, type GroupLabel } from '../host-groups.ts'

/** Lines of several hosts that may become one. */
export interface Held<T> {
  readonly host: string
  /** lines with equal keys are the same but for their host */
  readonly key: readonly unknown[]
  readonly of: T
  /** What a host reports once, such as the end of a step: when every host has, nothing waits for the same any more. */
  readonly once?: string | undefined
  /** Shows them: those of one host, or of more than four. */
  readonly show: (all: readonly [T, ...T[]], label: GroupLabel) => void
}

/** Lines about what has ended, which wait a moment for the same from other hosts. */
export interface HeldLines {
  /** The hosts of the run, or of a phase. With four at most, nothing waits. */
  among(hosts: readonly string[]): void
  add<T>(held: Held<T>): void
  /** The host has reported it, without a line that waits. */
  passed(host: string, once: string): void
  /** Shows all that wait. */
  flush(): void
}

interface Entry {
  readonly key: string
  readonly once: string | undefined
  readonly all: Held<unknown>[]
}

/**
 * Lines wait until no other host can have the same any more, until `wait` milliseconds have passed, or until a line comes that may not wait:
 * it is `flush` that keeps the order. The lines of a host stay in their order: one only joins others that come after all that this host has
 * waiting.
 */
export const createHeldLines = (wait: number): HeldLines => {
  let hosts: readonly string[] = []
  let showing = false
  const entries: Entry[] = []
  const newest = new Map<string, number>()
  const reported = new Map<string, Set<string>>()
  let timer: NodeJS.Timeout | undefined
  const show = (count: number): void => {
    const first = entries.splice(0, count)
    for (const [host, at] of newest) newest.set(host, at - count)
    if (entries.length === 0) {
      clearTimeout(timer)
      timer = undefined
    }
    // what is written flushes what waits, to keep the order
    showing = true
    for (const { all } of first) showEntry(all, hosts)
    showing = false
  }
  const flush = (): void => {
    if (!showing) show(entries.length)
  }
  const isOpen = ({ once }: Entry, i: number): boolean =>
    hosts.some((host) => (newest.get(host) ?? -1) < i && !(once !== undefined && reported.get(once)?.has(host)))
  const report = (host: string, once: string): void => {
    const of = reported.get(once) ?? new Set()
    reported.set(once, of.add(host))
  }
  const showClosed = (): void => {
    const open = entries.findIndex(isOpen)
    if (open !== 0 && entries.length > 0) show(open < 0 ? entries.length : open)
  }
  return {
    flush,
    among: (names) => {
      flush()
      hosts = names
      newest.clear()
      reported.clear()
    },
    passed: (host, once) => {
      report(host, once)
      showClosed()
    },
    add: (held) => {
      const one = held as Held<unknown>
      if (hosts.length <= FEW) return one.show([one.of], groupLabel([one.host], hosts))
      const key = JSON.stringify(one.key)
      const from = (newest.get(one.host) ?? -1) + 1
      const same = entries.findIndex((entry, i) => i >= from && entry.key === key)
      const at = same < 0 ? entries.length : same
      entries[at] ??= { key, once: one.once, all: [] }
      entries[at].all.push(one)
      newest.set(one.host, at)
      if (one.once !== undefined) report(one.host, one.once)
      timer ??= setTimeout(flush, wait).unref()
      showClosed()
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
