import type { Look } from './look.ts'
import type { Drift, HostStatus } from './status-types.ts'

/** What is live on most hosts: a release, the target of `current`, or '' for nothing; of several, the newest. Undefined without hosts. */
export const mostLive = (looks: readonly Look[]): string | undefined => {
  const counts = new Map<string, number>()
  for (const { host, layout } of looks) {
    if (!host.release) continue
    const what = elsewhereOf({ layout }) ?? (layout.current.kind === 'link' ? layout.current.release! : '')
    counts.set(what, (counts.get(what) ?? 0) + 1)
  }
  return [...counts].sort(([one, n], [other, m]) => m - n || (one < other ? 1 : -1))[0]?.[0]
}

/** What is in the place of `current`, if that is no release: a target, or `a directory`. */
export const elsewhereOf = ({ layout: { current } }: Pick<Look, 'layout'>): string | undefined => {
  if (current.kind === 'other') return current.what
  if (current.kind !== 'link' || (current.release !== undefined && current.exists)) return undefined
  return current.exists ? current.target : `${current.target}, which does not exist`
}

/** Everything that is not in step, host by host. */
export const findDrift = (hosts: readonly HostStatus[], most: string | undefined): readonly Drift[] =>
  hosts.flatMap((one) => driftOf(one, most))

const driftOf = (status: HostStatus, most: string | undefined): readonly Drift[] => {
  const { host, read, live, elsewhere, differs, services } = status
  const on = (what: string): Drift => ({ host, what })
  if (!read) return [on('could not be read')]
  const release = differs
    ? [
        on(
          `${live ? `is on ${live.release}` : elsewhere === undefined ? 'has no live release' : `current is ${elsewhere}`}; others ${most === '' ? 'have none' : `are on ${most}`}`,
        ),
      ]
    : []
  return [
    ...release,
    ...services.flatMap(({ name, from, release: runs, up, state }) => [
      ...(from === 'other' ? [on(`${name} runs from ${runs ?? 'an older release'}, which is not the live one`)] : []),
      // before the first deploy, services cannot run
      ...(up === true || (up === false && live === undefined && status.releases) ? [] : [on(`${name} is ${state}`)]),
    ]),
    ...status.unread.map(({ recipe, why }) => on(`the services of ${recipe} are not known: ${why}`)),
  ]
}
