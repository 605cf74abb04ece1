import type { Host } from '../inventory/types.ts'
import { sh } from '../shell/sh.ts'
import type { Path } from '../values/path.ts'
import { lostOf } from './link.ts'
import { runSilently } from './silent.ts'
import type { RunState } from './state.ts'

export interface Found {
  readonly release: string | undefined
  readonly revision: string | undefined
}
/** By host name; undefined for a host that did not answer. */
export type ReadBack = ReadonlyMap<string, Found | undefined>

/** Reads what `current` leads to on the reachable release hosts, and settles a switch that got no answer. */
export const readBack = async (state: RunState, hosts: readonly Host[], current: Path, release: string): Promise<ReadBack> => {
  const found = await Promise.all(
    hosts.filter((host) => host.release).map(async (host) => [host.name, await ask(state, host, current)] as const),
  )
  for (const [name, what] of found) if (what?.release === release && state.unsure.has(name)) state.switched.add(name)
  return new Map(found)
}

const ask = async (state: RunState, host: Host, current: Path): Promise<Found | undefined> => {
  if (lostOf(state, host.name)) return undefined
  try {
    const [answer] = await runSilently(state, host, [sh`readlink ${current} || echo; cat ${current}/REVISION 2>/dev/null || :`])
    const [link = '', revision] = answer!.stdout.split('\n')
    return { release: /\/(\d{14})\/?$/.exec(link)?.[1], revision: revision || undefined }
  } catch {
    return undefined
  }
}
