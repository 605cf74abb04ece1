import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { compileScript } from '../../src/shell/compile.ts'
import { frameReader } from '../../src/shell/frames.ts'
import type { Command } from '../../src/shell/types.ts'
import { program } from './needs.ts'

/** The installed ones of the shells that a script has to work with. */
export const shells: readonly { readonly name: string; readonly argv: readonly [string, ...string[]] }[] = [
  { name: 'dash', argv: ['dash'] as const },
  { name: 'bash', argv: ['bash', '--posix'] as const },
  { name: 'busybox sh', argv: ['busybox', 'sh'] as const },
].filter(({ argv }) => program(argv[0]) !== undefined)

export interface Ran {
  readonly status: 'ok' | 'skipped' | 'failed'
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Compiles commands like a run does and runs them in a shell; returns a result for each that was reached. */
export const runSteps = (shell: readonly [string, ...string[]], commands: readonly Command[], env: Record<string, string> = {}): Ran[] => {
  const token = 'frameTokenOfTest'
  const script = compileScript(
    commands.map((command, id) => ({ id, command })),
    { token },
  )
  const { stdout, stderr } = spawnSync(shell[0], shell.slice(1), { input: script, env: { PATH: process.env['PATH'], ...env } })
  const out: { stdout: string; stderr: string; status?: Ran['status']; code?: number }[] = []
  const at = (id: number) => (out[id] ??= { stdout: '', stderr: '' })
  const reader = frameReader(token, {
    frame: (frame) => {
      if (frame.type === 'skip') Object.assign(at(frame.id), { status: 'skipped', code: frame.code })
      if (frame.type === 'end') Object.assign(at(frame.id), { status: frame.code === 0 ? 'ok' : 'failed', code: frame.code })
    },
    output: (id, stream, chunk) => {
      if (id !== undefined) at(id)[stream] += chunk.toString()
    },
  })
  reader.stdout(stdout)
  reader.stderr(stderr)
  return out.map((one) => ({ stdout: one.stdout, stderr: one.stderr, status: one.status ?? 'failed', code: one.code ?? -1 }))
}

export interface Stubs {
  readonly dir: string
  /** for `env`: a PATH that begins with the stubs */
  readonly path: string
  /** every call so far, with its arguments */
  calls(): string[]
  remove(): void
}

/** Programs for PATH that log their calls and then run their text (sh). */
export const stubs = (programs: Readonly<Record<string, string>>): Stubs => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-stubs-'))
  const bin = join(dir, 'bin')
  const log = join(dir, 'calls')
  mkdirSync(bin)
  writeFileSync(log, '')
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return {
    dir,
    path: `${bin}:${process.env['PATH'] ?? ''}`,
    calls: () => readFileSync(log, 'utf8').split('\n').filter(Boolean),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
