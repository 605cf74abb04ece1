import type { Host } from '../inventory/types.ts'
import { PUT } from '../facts/put.ts'
import { raw } from '../shell/raw.ts'
import { sh } from '../shell/sh.ts'
import { isCommit } from '../values/commit.ts'
import type { Path } from '../values/path.ts'
import { lostOf } from './link.ts'
import { probe } from './probe.ts'
import type { RunState } from './state.ts'

export interface CurrentLink {
  readonly release: string | undefined
  readonly revision: string | undefined
}
/** By host name; undefined for a host that did not answer. */
export type CurrentLinks = ReadonlyMap<string, CurrentLink | undefined>

/** Reads what `current` leads to on the reachable release hosts, and settles a switch that got no answer. */
export const readCurrent = async (state: RunState, hosts: readonly Host[], current: Path, release: string): Promise<CurrentLinks> => {
  const links = await Promise.all(
    hosts.filter((host) => host.release).map(async (host) => [host.name, await readLink(state, host, current)] as const),
  )
  for (const [name, what] of links) if (what?.release === release && state.unsure.has(name)) state.switched.add(name)
  return new Map(links)
}

const readLink = async (state: RunState, host: Host, current: Path): Promise<CurrentLink | undefined> => {
  if (lostOf(state, host.name)) return undefined
  try {
    const [answer] = await probe(state, host, [
      sh`
${raw(PUT)}
put link "$(readlink ${current})"
if [ -f ${current}/REVISION ]; then head -c 65 ${current}/REVISION 2>/dev/null || :; fi
`,
    ])
    const [link = '', revision = ''] = answer!.stdout.split('\n')
    return { release: /\/(\d{14})\/?$/.exec(link)?.[1], revision: isCommit(revision) ? revision : undefined }
  } catch {
    return undefined
  }
}
