import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AttachOptions, ChannelEnd } from '../types.ts'

/**
 * Runs the script on the local terminal itself: a child that shares it. Ctrl-C goes to both, so the caller ignores it meanwhile. The text
 * comes on a descriptor of its own, because the process list shows arguments.
 */
export const attachLocal = async (script: Buffer, { terminal, signal }: AttachOptions): Promise<ChannelEnd> => {
  terminal.away(true)
  const child = spawn('/bin/sh', ['-c', 'shipit_t=$(cat <&3; echo .); exec 3<&-; eval "${shipit_t%.}"'], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  })
  const text = child.stdio[3] as NodeJS.WritableStream
  text.on('error', () => {})
  text.end(script)
  const hangUp = (): void => hangUpAll(child)
  signal.addEventListener('abort', hangUp, { once: true })
  if (signal.aborted) hangUp()
  try {
    const [code, name] = (await once(child, 'exit')) as [number | null, string | null]
    return { code: code ?? undefined, signal: name ?? undefined, lost: undefined }
  } finally {
    signal.removeEventListener('abort', hangUp)
    terminal.away(false)
  }
}

/** Ends the shell and what it runs: nothing else closes this terminal for them. */
const hangUpAll = (child: ChildProcess): void => {
  for (const pid of [...descendants(child.pid!), child.pid!]) {
    try {
      process.kill(pid, 'SIGHUP')
      process.kill(pid, 'SIGCONT')
    } catch {
      // it has ended meanwhile
    }
  }
}

/** Linux lists the children of a process; elsewhere only the shell itself is ended. */
const descendants = (pid: number): readonly number[] => {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
    return children.flatMap((one) => [...descendants(one), one])
  } catch {
    return []
  }
}
