import { spawn } from 'node:child_process'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import ssh2, { type ServerChannel } from 'ssh2'
import { createKey } from '../../src/sandbox/keys.ts'
import { paced, type Pace } from './pace.ts'

/** A git server over ssh that accepts every login. It answers keepalives even while git hangs. */
export const startGitSsh = async (root: string, pace: Pace): Promise<{ port: number; stop(): void }> => {
  const sockets = new Set<Socket>()
  const server = new ssh2.Server({ hostKeys: [createKey().private] }, (connection) => {
    connection.on('error', () => {})
    connection.on('authentication', (context) => context.accept())
    connection.on('session', (accept) =>
      accept()
        .on('env', (acceptEnv) => acceptEnv?.())
        .on('exec', (acceptExec, _reject, { command }) => serve(acceptExec(), root, command, pace)),
    )
  })
  const listener = createServer((socket) => {
    sockets.add(socket)
    server.injectSocket(socket)
  })
  await new Promise<void>((resolve) => void listener.listen(0, '127.0.0.1', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    stop: () => {
      for (const socket of sockets) socket.destroy()
      listener.close()
    },
  }
}

const serve = (channel: ServerChannel, root: string, command: string, pace: Pace): void => {
  const [, path] = /^git-upload-pack '\/(.+)'$/.exec(command) ?? []
  const child = spawn('git', ['upload-pack', path ?? ''], { cwd: root, stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.on('error', () => {})
  channel.on('error', () => {})
  channel.on('close', () => child.kill())
  channel.pipe(child.stdin)
  let code = 0
  child.on('exit', (exit) => (code = exit ?? 1))
  // exit before the end of the stream, because end() makes ssh2 close the channel
  void paced(
    child.stdout,
    {
      write: (chunk: Buffer) => channel.write(chunk),
      once: channel.once.bind(channel),
      end: () => (channel.exit(code), channel.end()),
    } as never,
    pace,
  )
}
