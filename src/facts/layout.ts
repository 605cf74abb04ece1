import type { HostFacts, Layout } from './types.ts'

const whole = new WeakMap<Layout, HostFacts>()

/** What tasks see of what was read: nothing whose mere presence would pass for an answer. */
export const layoutFor = (facts: HostFacts): Layout => {
  const { current, repo: _, commit: __, ...rest } = facts
  const link = current.kind === 'link' ? current : undefined
  const layout: Layout = Object.freeze({ ...rest, live: link?.release, currentTarget: link?.target })
  whole.set(layout, facts)
  return layout
}

/** All that was read, for the core's own tasks. */
export const wholeLayout = (layout: Layout): HostFacts => whole.get(layout)!
