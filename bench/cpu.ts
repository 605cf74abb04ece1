import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Reads how much processor time a program of Node took, its children left out. Wall time says little on a machine that others use. */
export interface Meter {
  /** the environment of a program that is to be metered */
  readonly env: Readonly<Record<string, string>>
  /** what the last program took, in milliseconds */
  readonly read: () => number
  readonly remove: () => void
}

export const createMeter = (): Meter => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-bench-'))
  const [program, result] = [join(dir, 'meter.cjs'), join(dir, 'ms')]
  writeFileSync(
    program,
    `process.on('exit', () => {
      const { user, system } = process.cpuUsage()
      require('node:fs').writeFileSync(${JSON.stringify(result)}, String((user + system) / 1000))
    })`,
  )
  return {
    env: { NODE_OPTIONS: `--require ${program}` },
    read: () => Number(readFileSync(result, 'utf8')),
    remove: () => rmSync(dir, { recursive: true }),
  }
}

/** Milliseconds of processor time of one call of Node. Throws if it fails. */
export const cpuOf = (meter: Meter, args: readonly string[], cwd?: string): number => {
  const env = { ...process.env, ...meter.env }
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} failed (${status}):\n${stderr}`)
  return meter.read()
}
