import type { HostFacts, RecipeFacts } from '../facts/types.ts'
import type { UploadFact } from '../facts/upload-fact.ts'
import type { Host } from '../inventory/types.ts'
import type { Command } from '../shell/types.ts'
import type { Barrier } from '../tasks/barriers.ts'
import type { TaskEntry } from '../tasks/entry.ts'
import type { FinallyHook } from '../tasks/order.ts'

/** Everything that was read from one host. */
export interface HostRead {
  readonly layout: HostFacts
  /** by the name that the recipe is used under */
  readonly recipes: Readonly<Record<string, RecipeFacts>>
  /** for a plan: what there is in the places of uploads, by their keys (`run/asked-uploads.ts`); some are not asked about */
  readonly uploads?: ReadonlyMap<string, UploadFact>
  /** missing linked files, if they were checked: one line per file, and what to do */
  readonly unlinked?: { readonly reason: string; readonly hint: string | undefined } | undefined
}

export interface PlannedTask {
  readonly name: string
  readonly steps: readonly Command[]
  /** the rest of the task is in the next script of the host */
  readonly more?: true
}

/** Tasks that are sent to a host as one script. */
export interface Chunk {
  readonly tasks: readonly PlannedTask[]
  /** the most hosts that run it at a time */
  readonly limit: number | undefined
  readonly agent: boolean
  /** its only step takes the terminal */
  readonly tty?: true
}

/** One host's part of a wave. */
export interface Lane {
  readonly host: Host
  readonly chunks: readonly Chunk[]
}

/** If a step fails: with `finish`, the other hosts go on to the end of the wave; with `cancel`, their running steps are ended. */
export type FailurePolicy = 'finish' | 'cancel'

/** Work without a barrier inside it. */
export type Wave = {
  readonly title: string
  /** milliseconds to wait before it begins */
  readonly wait?: number
  readonly tasks: readonly string[]
  readonly hosts: readonly Host[]
  /** the barrier that ends it */
  readonly barrier: Barrier | undefined
  readonly policy: FailurePolicy
  /** all checks run and are reported, even if some fail */
  readonly checks?: boolean
  /** all hosts have switched when it begins */
  readonly published: boolean
  /** it runs to its end, whatever fails in it, and also if the run is interrupted */
  readonly finally?: FinallyHook
} & ({ readonly kind: 'steps'; readonly lanes: readonly Lane[] } | { readonly kind: 'run'; readonly task: TaskEntry })

/** A deploy as a value: what will run where, in order. */
export interface Plan {
  readonly waves: readonly Wave[]
  /** the finally hooks, and how many waves are before each */
  readonly finals?: readonly { readonly hook: FinallyHook; readonly at: number }[]
}
