import { spawn } from 'node:child_process'

export interface Outcome {
  /** exit code; undefined when a signal ended it */
  readonly code: number | undefined
  readonly signal: NodeJS.Signals | undefined
  readonly stdout: string
  readonly stderr: string
  /** wall time */
  readonly ms: number
}
export interface ChildOptions {
  readonly cwd?: string | undefined
  readonly env?: NodeJS.ProcessEnv | undefined
  readonly input?: string | undefined
  /** milliseconds after which it is killed; default two minutes */
  readonly deadline?: number | undefined
}

/** Runs a program. Rejects only if it cannot be started or outlives its deadline. */
export const run = (command: string, args: readonly string[], o: ChildOptions = {}): Promise<Outcome> =>
  new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, { cwd: o.cwd, env: o.env, stdio: 'pipe' })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
    child.stdin.on('error', () => {}).end(o.input ?? '')
    const deadline = o.deadline ?? 120_000
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`${command} ${args.join(' ')}: still running after ${deadline} ms\n${stdout}\n${stderr}`))
    }, deadline)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr, ms: performance.now() - started })
    })
  })

/** {@link run} for a program that must succeed. Resolves to its stdout without the last newline. */
export const must = async (command: string, args: readonly string[], o: ChildOptions = {}): Promise<string> => {
  const out = await run(command, args, o)
  if (out.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${out.code ?? out.signal}\n${out.stdout}${out.stderr}`)
  return out.stdout.replace(/\n$/, '')
}

/** Calls `ask` until it returns true; fails at the deadline, which is generous. */
export const until = async (what: string, ask: () => Promise<boolean> | boolean, deadline = 30_000): Promise<void> => {
  const end = performance.now() + deadline
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`waited ${deadline} ms in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
