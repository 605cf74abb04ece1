import type { HostFacts, Layout } from './types.ts'

const whole = new WeakMap<Layout, HostFacts>()

/** The facts that tasks see, without `current`: that object is always there and would pass for a live release. */
export const layoutFor = (facts: HostFacts): Layout => {
  const { current, enclosing: _, repo: __, commit: ___, hold: ____, linked: _____, ...rest } = facts
  const link = current.kind === 'link' ? current : undefined
  const layout: Layout = Object.freeze({ ...rest, live: link?.release, currentTarget: link?.target })
  whole.set(layout, facts)
  return layout
}

/** All the facts, for the core's own tasks. */
export const wholeLayout = (layout: Layout): HostFacts => whole.get(layout)!
