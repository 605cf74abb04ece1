import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import type { RunEvent } from '../../../src/events/types.ts'
import type { Outcome } from './child.ts'
import { COMPILED } from '../../support/cache.ts'
import { root } from './paths.ts'
import type { Project } from './project.ts'

export interface CliOutcome extends Outcome {
  /** the events of `--output jsonl`; empty with another output */
  readonly events: readonly RunEvent[]
}
export interface CliOptions {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly deadline?: number
  /** default: `jsonl`; `none`: for commands that have no such option */
  readonly output?: 'jsonl' | 'plain' | 'tree' | 'none'
}
export interface Running {
  readonly child: ChildProcess
  readonly done: Promise<CliOutcome>
  /** Resolves with the nth event that matches; rejects when the run ends without one. */
  event(match: (event: RunEvent) => boolean, nth?: number): Promise<RunEvent>
}

/** Runs the command line from source in a project and waits for its end. */
export const shipit = (project: Project, args: readonly string[], o: CliOptions = {}): Promise<CliOutcome> =>
  spawnShipit(project, args, o).done

/** Starts the command line from source in a project. */
export const spawnShipit = (project: Project, args: readonly string[], o: CliOptions = {}): Running => {
  const started = performance.now()
  const output = o.output === 'none' ? [] : ['--output', o.output ?? 'jsonl']
  const child = spawn(process.execPath, [join(root, 'src/cli/bin.ts'), ...args, ...output], {
    cwd: project.dir,
    env: { PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: project.home, USER: 'tester', ...COMPILED, ...o.env },
    stdio: 'pipe',
  })
  const events: RunEvent[] = []
  const listeners = new Set<() => void>()
  let stdout = ''
  let stderr = ''
  let rest = ''
  let ended = false
  const tell = (): void => listeners.forEach((listener) => listener())
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('{"')) events.push(JSON.parse(line) as RunEvent)
    tell()
  })
  child.stdin.on('error', () => {}).end(o.input ?? '')

  const done = new Promise<CliOutcome>((resolve, reject) => {
    const deadline = o.deadline ?? 90_000
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new Error(`shipit ${args.join(' ')}: still running after ${deadline} ms\n${stdout}\n${stderr}`))
    }, deadline)
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      ended = true
      tell()
      resolve({ code: code ?? undefined, signal: signal ?? undefined, stdout, stderr, events, ms: performance.now() - started })
    })
  })
  const event = (match: (event: RunEvent) => boolean, nth = 1): Promise<RunEvent> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = events.filter(match)[nth - 1]
        if (!found && !ended) return
        listeners.delete(look)
        if (found) resolve(found)
        else reject(new Error(`shipit ${args.join(' ')} ended before the event came\n${stdout}\n${stderr}`))
      }
      listeners.add(look)
      look()
    })
  return { child, done, event }
}

/** Asserts that the run ended with this exit code, and fails with all its output. */
export const exits = (outcome: Outcome, code: number): void => {
  if (outcome.code !== code) assert.fail(`expected exit ${code}, got ${said(outcome)}`)
}

/** Standard output and error together, for matching. */
export const text = (outcome: Outcome): string => `${outcome.stdout}\n${outcome.stderr}`

/** The text for a failed assertion. */
export const said = (outcome: Outcome): string => `exit ${outcome.code ?? outcome.signal}\n${outcome.stdout}\n${outcome.stderr}`
