import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compileScript, hello } from '../../src/shell/compile.ts'
import { frameReader } from '../../src/shell/frames.ts'
import type { Command, Frame } from '../../src/shell/types.ts'

export type Shell = readonly [string, ...string[]]

/** The shells that hosts use as /bin/sh. */
const ALL: readonly Shell[] = [['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh']]

const answers = ([file, ...args]: Shell): boolean => spawnSync(file, [...args, '-c', 'exit 7']).status === 7

export const shells = ALL.filter(answers)

/** For `test({ skip })`: which shells are missing. With CI set a missing one is an error. */
export const missingShells = (): string | false => {
  const missing = ALL.filter((shell) => !shells.includes(shell)).map((shell) => shell.join(' '))
  if (missing.length === 0) return false
  if (process.env['CI'] !== undefined) throw new Error(`not installed: ${missing.join(', ')}`)
  return `not installed: ${missing.join(', ')}`
}

/** Why sudo does not let this account become another without a password, which tests of `.as()` need. */
export const noSudo = (): string | false => {
  if (spawnSync('sudo', ['-n', '-H', '-u', 'nobody', '--', '/bin/sh', '-c', 'exit 7']).status === 7) return false
  if (process.env['CI'] !== undefined) throw new Error('sudo -n -u nobody does not work here')
  return 'sudo -n -u nobody does not work here'
}

export const TOKEN = 'a1f0TESTtokenTEST0f1a'

export interface Ran {
  readonly code: number | null
  readonly frames: readonly Frame[]
  /** what each step printed, by its number from 0 */
  readonly stdout: readonly Buffer[]
  readonly stderr: readonly Buffer[]
  /** what came outside any step */
  readonly stray: string
}

/** Compiles the commands to one script and has a real shell run it; ids are positions. */
export const run = (
  shell: Shell,
  commands: readonly Command[],
  options: { env?: Record<string, string>; cwd?: string; groups?: readonly number[] } = {},
): Promise<Ran> =>
  runScript(
    shell,
    compileScript(
      commands.map((command, id) => ({ id, command, ...(options.groups && { checkGroup: options.groups[id]! }) })),
      { token: TOKEN, ...(options.env && { env: options.env }) },
    ),
    commands.length,
    options.cwd,
  )

export const runScript = ([file, ...args]: Shell, script: Buffer, count: number, cwd: string = tmpdir()): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, stdio: 'pipe' })
    const frames: Frame[] = []
    const chunks = { stdout: Array.from({ length: count }, (): Buffer[] => []), stderr: Array.from({ length: count }, (): Buffer[] => []) }
    let stray = ''
    const reader = frameReader(TOKEN, {
      frame: (frame) => frames.push(frame),
      output: (id, stream, chunk) => (id === undefined ? (stray += chunk.toString()) : chunks[stream][id]!.push(chunk)),
    })
    child.stdout.on('data', reader.stdout)
    child.stderr.on('data', reader.stderr)
    // a shell whose step fails may exit before it has read everything
    child.stdin.on('error', () => {})
    child.on('error', reject)
    child.on('close', (code) => {
      const [stdout, stderr] = [chunks.stdout.map((list) => Buffer.concat(list)), chunks.stderr.map((list) => Buffer.concat(list))]
      resolve({ code, frames, stdout, stderr, stray })
    })
    child.stdin.write(hello(TOKEN))
    child.stdin.end(script)
  })

/** The end of each step: `end 0`, `skip`, … */
export const ends = ({ frames }: Ran): string[] =>
  frames.flatMap((frame) =>
    frame.type === 'end'
      ? [`end ${frame.code}${frame.guard === undefined ? '' : ` guard ${frame.guard}`}`]
      : frame.type === 'skip'
        ? [`skip ${frame.guard} ${frame.code}`]
        : [],
  )

export const tempDir = (): { readonly dir: string; [Symbol.dispose](): void } => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-shell-'))
  return { dir, [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }) }
}
