import type { Frame, FrameSink } from '../../shell/types.ts'
import type { SessionTrace } from '../types.ts'

/** What a session has on its host, in case it is lost. */
export interface Tracks {
  /** adds a waiting shell */
  add(pid: number): void
  remove(pid: number): void
  /** The shell now runs a script. Returns a sink for it that also notes each step that begins. */
  script(pid: number, stay: boolean, sink: FrameSink | undefined): FrameSink
  /** Fixes the trace: what happens after the loss of a session does not count. */
  freeze(known: Pick<SessionTrace, 'key' | 'deployTo' | 'sudoPassword'> & { readonly keeper: string | undefined }): void
  readonly trace: SessionTrace | undefined
}

export const tracks = (): Tracks => {
  const shells = new Map<number, { readonly began: number | undefined; readonly stay: boolean }>()
  let trace: SessionTrace | undefined
  return {
    add: (pid) => void shells.set(pid, { began: undefined, stay: false }),
    remove: (pid) => void shells.delete(pid),
    script: (pid, stay, sink) => {
      shells.set(pid, { began: undefined, stay })
      const note = (frame: Frame): void => {
        if (frame.type === 'begin') shells.set(pid, { began: frame.at || undefined, stay })
      }
      return {
        frame: (frame) => {
          note(frame)
          sink?.frame(frame)
        },
        again: (id, stream) => sink?.again?.(id, stream),
        output: (id, stream, chunk) => sink?.output(id, stream, chunk),
      }
    },
    freeze: ({ keeper, ...known }) => {
      if (trace || keeper === undefined) return
      const began = [...shells.values()].flatMap((shell) => shell.began ?? [])
      trace = {
        ...known,
        keeper,
        shells: [...shells].map(([pid, { stay }]) => ({ pid, stay })),
        from: began.length > 0 ? Math.min(...began) : undefined,
      }
    },
    get trace() {
      return trace
    },
  }
}
