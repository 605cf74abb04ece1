import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants, userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import type { ServerChannel } from 'ssh2'
import { standIns } from './stand-ins.ts'

export interface ProcessGroup {
  /** Sends the signal to the whole group; does nothing if the group is gone. */
  kill(signal: NodeJS.Signals): void
}

export interface HostProcesses {
  /** Runs `command` in a shell that leads its own process group, with the channel as stdin, stdout and stderr. */
  start(command: string, channel: ServerChannel): ProcessGroup
  /** Process groups whose leader still runs. */
  groups(): readonly number[]
  /** Sends TERM to everything that runs, and KILL after a second. */
  end(): Promise<void>
}

/** The processes of one host. */
export const createHostProcesses = (name: string, home: string): HostProcesses => {
  const children = new Map<number, ChildProcess>()
  const env = environment(name, home, standIns(join(home, '.stand-ins')))
  return {
    start(command, channel) {
      const child = spawn('/bin/sh', ['-c', command], { cwd: home, env, detached: true, stdio: 'pipe' })
      if (child.pid !== undefined) children.set(child.pid, child)
      child.once('exit', () => children.delete(child.pid!))
      connect(child, channel)
      return { kill: (signal) => kill(child.pid, signal) }
    },
    groups: () => [...children.keys()],
    async end() {
      const groups = [...children.keys()]
      const gone = [...children.values()].map((child) => once(child, 'exit'))
      const signalAll = (signal: NodeJS.Signals) => groups.forEach((group) => kill(group, signal))
      signalAll('SIGTERM')
      const impatient = setTimeout(() => signalAll('SIGKILL'), 1000)
      await Promise.all(gone)
      clearTimeout(impatient)
      signalAll('SIGKILL')
    },
  }
}

/** The variables that a login sets. Only PATH comes from the environment of the demo. */
const environment = (name: string, home: string, last: string): NodeJS.ProcessEnv => ({
  HOME: home,
  USER: userInfo().username,
  LOGNAME: userInfo().username,
  SHELL: '/bin/sh',
  PATH: `${process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'}${delimiter}${last}`,
  LANG: 'C.UTF-8',
  SHIPIT_DEMO_HOST: name,
})

const connect = (child: ChildProcess, channel: ServerChannel): void => {
  const { stdin, stdout, stderr } = child
  // If either side disconnects, the pipe of the other breaks, as on a server.
  for (const stream of [stdin, stdout, stderr, channel]) stream?.on('error', () => {})
  channel.pipe(stdin!)
  stdout!.pipe(channel, { end: false })
  stderr!.pipe(channel.stderr, { end: false })
  // As in sshd: the status once the leader has exited, the end once no process holds the output.
  child.once('exit', (code, signal) => {
    if (signal === null) channel.exit(code ?? 255)
    else channel.exit(signal.slice(3), false, '')
  })
  child.once('close', () => channel.end())
  child.once('error', () => {
    channel.exit(127)
    channel.end()
  })
  channel.once('close', () => {
    stdin?.end()
    stdout?.destroy()
    stderr?.destroy()
  })
}

const kill = (group: number | undefined, signal: NodeJS.Signals): void => {
  if (group === undefined || !(signal in constants.signals)) return
  try {
    process.kill(-group, signal)
  } catch {
    // gone already
  }
}
