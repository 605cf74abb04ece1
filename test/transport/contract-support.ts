import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import type { Host } from '../../src/inventory/types.ts'
import type { Command, Frame, FrameSink, ScriptStep } from '../../src/shell/types.ts'

export const localHost: Host = {
  name: 'here',
  address: 'localhost',
  user: userInfo().username,
  port: undefined,
  roles: [],
  primary: true,
  release: true,
  vars: {},
  ssh: { transport: 'local' },
  sshCommand: [],
  has: () => false,
}

export const steps = (...commands: readonly Command[]): ScriptStep[] => commands.map((command, i) => ({ id: i + 1, command }))

export interface Heard extends FrameSink {
  readonly frames: Frame[]
  /** the output of step `id` on that stream */
  text(id: number | undefined, stream?: 'stdout' | 'stderr'): string
  bytes(id: number | undefined, stream?: 'stdout' | 'stderr'): Buffer
  /** resolves to the first whole line that step `id` writes */
  line(id: number): Promise<string>
}

/** A sink that keeps all output and frames. */
export const hear = (): Heard => {
  const frames: Frame[] = []
  const chunks: { id: number | undefined; stream: string; chunk: Buffer }[] = []
  const bytes: Heard['bytes'] = (id, stream = 'stdout') =>
    Buffer.concat(chunks.filter((c) => c.id === id && c.stream === stream).map((c) => c.chunk))
  return {
    frames,
    frame: (frame) => void frames.push(frame),
    output: (id, stream, chunk) => void chunks.push({ id, stream, chunk: Buffer.from(chunk) }),
    bytes,
    text: (id, stream) => bytes(id, stream).toString(),
    line: async (id) => {
      await until(() => bytes(id).includes(10))
      return bytes(id).toString().split('\n')[0]!
    },
  }
}

/** Waits until `holds` returns true, at most 30 seconds. */
export const until = async (holds: () => boolean | Promise<boolean>, what = holds.toString()): Promise<void> => {
  for (const end = Date.now() + 30_000; Date.now() < end; await pause(20)) if (await holds()) return
  throw new Error(`not within 30 s: ${what}`)
}

/** Whether the process runs; a zombie does not. */
export const alive = (pid: number): boolean => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  } catch {
    return false
  }
}

/** The pids that steps wrote into a file, one a line, once there are `count`. */
export const pidsIn = async (file: string, count = 1): Promise<number[]> => {
  const read = (): number[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number) : [])
  await until(() => read().length >= count, `${count} pids in ${file}`)
  return read()
}

export interface Process {
  readonly pid: number
  readonly name: string
  readonly parent: number
  readonly group: number
}

/** All processes of this machine. */
export const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name = '', parent, group] = /\((.*)\) \S (\d+) (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? []
        return [{ pid: Number(pid), name, parent: Number(parent), group: Number(group) }]
      } catch {
        // the process ended meanwhile
        return []
      }
    })

/** The descendants of a process. */
export const descendants = (pid: number, all = processes()): Process[] =>
  all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...descendants(child.pid, all)])
