import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { exec } from './exec.ts'
import { program } from './needs.ts'

export interface TestAgent {
  readonly socket: string
  add(keyFile: string): Promise<void>
  stop(): Promise<void>
}

/** A real ssh-agent with no keys (guard the test with `needs('ssh-agent', 'ssh-add')`). */
export const startAgent = async (): Promise<TestAgent> => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-agent-'))
  const socket = join(dir, 'socket')
  const child = spawn(program('ssh-agent')!, ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] })
  // it prints its variables when the socket is there
  await new Promise((resolve, reject) => {
    child.stdout.once('data', resolve)
    child.once('exit', () => reject(new Error('ssh-agent did not start')))
  })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  return {
    socket,
    add: async (keyFile) => {
      await exec('ssh-add', ['-q', keyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } })
    },
    stop: async () => {
      process.off('exit', kill)
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
