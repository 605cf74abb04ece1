import type { HostFacts } from '../facts/types.ts'
import { oldReleases } from '../tasks/deploy/old-releases.ts'
import { EXIT } from '../values/errors.ts'
import { changesReleases, type Running } from './running.ts'
import { seenIn, type SeenRelease } from './seen-releases.ts'

/** The releases that can be named after a run; undefined if it has read no host. */
export const seenAfter = (running: Running, exit: number): readonly SeenRelease[] | undefined => {
  const { state, intent } = running
  const layouts = intent.hosts.flatMap(({ name, release }) => {
    const layout = release ? state.reads.get(name)?.layout : undefined
    return layout === undefined ? [] : [state.switched.has(name) && changesReleases(running) ? afterSwitch(running, layout, exit) : layout]
  })
  return layouts.length === 0 ? undefined : seenIn(layouts)
}

const afterSwitch = ({ deploy, intent, request: { stage } }: Running, layout: HostFacts, exit: number): HostFacts => {
  const { release: name, revision } = deploy
  const ended = exit === EXIT.done
  const live = layout.current.kind === 'link' ? layout.current.release : undefined
  const removed = ended && intent.making ? oldReleases({ live, releases: layout.releases }, name, stage.keepReleases) : []
  const before = layout.releases.filter((one) => one.name !== name && !removed.includes(one.name))
  return {
    ...layout,
    current: { kind: 'link', target: `releases/${name}`, release: name, exists: true },
    releases: [
      ...before.map((one) => (ended && intent.rollback && one.name === live && live > name ? { ...one, state: 'bad' as const } : one)),
      { name, state: ended ? 'good' : 'doubtful', recorded: true, revision },
    ],
  }
}
