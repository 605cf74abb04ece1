import type { Command } from '../shell/types.ts'
import type { UploadContent } from '../shell/upload-content.ts'
import { withoutVariables, type HostEnvironments } from './environment.ts'
import { fullLines } from './step-text.ts'
import type { Lane, Wave } from './types.ts'

/** One task on the hosts that run the same steps of it. A task that is code has no steps. */
export interface Group {
  readonly task: string
  readonly hosts: readonly string[]
  readonly steps?: readonly Command[]
}

/**
 * The tasks of a wave in order, each as often as hosts differ. `shown`: the environments of hosts that are shown elsewhere, so that hosts
 * which differ in nothing else are together.
 */
export const groupsOf = (wave: Wave, shown?: HostEnvironments): readonly Group[] =>
  wave.kind === 'run'
    ? [{ task: wave.task.name, hosts: wave.hosts.map(({ name }) => name) }]
    : wave.tasks.flatMap((task) => groupsOfTask(task, wave.lanes, shown))

/** Hosts with the same commands share them; hosts whose commands only look the same when cut do not. */
const groupsOfTask = (task: string, lanes: readonly Lane[], shown: HostEnvironments | undefined): Group[] => {
  const contents = distinctContents()
  const groups = new Map<string, { readonly task: string; readonly hosts: string[]; readonly steps: readonly Command[] }>()
  for (const lane of lanes) {
    const steps = lane.chunks.flatMap((chunk) => chunk.tasks.filter(({ name }) => name === task).flatMap((planned) => planned.steps))
    if (steps.length === 0) continue
    const elsewhere = shown?.get(lane.host.name)
    const lines = steps.flatMap((step) => fullLines(elsewhere === undefined ? step : withoutVariables(step, elsewhere)))
    const text = [...lines, ...steps.flatMap(({ spec: { upload } }) => contents.number(upload?.content))].join('\n')
    const group = groups.get(text)
    if (group) group.hosts.push(lane.host.name)
    else groups.set(text, { task, hosts: [lane.host.name], steps })
  }
  return [...groups.values()]
}

/** Numbers for what steps send that is in no file: equal bytes have one number. */
const distinctContents = () => {
  const seen: Uint8Array[] = []
  return {
    number: (content: UploadContent | undefined): readonly string[] => {
      if (content?.kind !== 'bytes') return []
      const known = seen.findIndex((bytes) => Buffer.compare(bytes, content.bytes) === 0)
      return [String(known < 0 ? seen.push(content.bytes) - 1 : known)]
    },
  }
}
