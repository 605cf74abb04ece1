import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

export interface Measured {
  readonly ms: number
  /** the most memory that it had, in kB */
  readonly memory: number
}

/** Runs a program: wall time, and the most memory that the process had, by its own VmHWM, looked at while it runs. Rejects if it fails. */
export const measured = (
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Measured> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let memory = 0
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)))
    const look = setInterval(() => {
      memory = Math.max(memory, highWater(child.pid!))
    }, 50)
    child.on('error', reject)
    child.on('close', (code) => {
      clearInterval(look)
      if (code === 0) resolve({ ms: performance.now() - started, memory })
      else reject(new Error(`${program} ${args.join(' ')} failed (${code}):\n${said}`))
    })
  })

const highWater = (pid: number): number => {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
  } catch {
    return 0
  }
}
