import type { Client, ClientChannel, ExecOptions } from 'ssh2'
import { EXIT, ShipitError } from '../../values/errors.ts'
import { drained } from '../drained.ts'
import { type ExecWith, sendEarlyStdin } from '../ssh2-internals/early-stdin.ts'
import { openWindowEarly } from '../ssh2-internals/early-window.ts'
import type { RemoteTerminal } from '../terminal/attach.ts'
import type { Channel, ChannelEnd, ChannelSink } from '../types.ts'

export interface ChannelsOptions {
  readonly client: Client
  /** the host's name, and `deploy@10.0.0.1:22`, for errors */
  readonly host: string
  readonly address: string
  /** why the connection is gone, once it is */
  readonly lost: () => Error | undefined
  /** called with 1 and -1 when a channel with the forwarded agent opens and closes */
  readonly onAgent: (change: 1 | -1) => void
}

/** sshd's default MaxSessions is 10; two are left for others that share the connection */
const MOST = 8

export interface ChannelOpener {
  /** a channel with a shell */
  shell(sink: ChannelSink, agent: boolean, first?: string): Promise<Channel>
  /** a command on a terminal of this size */
  terminal(exec: string, size: { readonly rows: number; readonly columns: number }): Promise<RemoteTerminal>
}

/** Opens channels on one connection: as many as sshd allows at a time; the rest wait their turn. */
export const channelOpener = (options: ChannelsOptions): ChannelOpener => {
  const start = channelStarter(options)
  const execWith = sendEarlyStdin(options.client)
  return {
    shell: (sink, agent, first) =>
      start(
        () => execShell(options.client, execWith, agent, first),
        (started, onClose) => {
          if (agent) options.onAgent(1)
          return wire(started, sink, options.lost, () => {
            if (agent) options.onAgent(-1)
            onClose()
          })
        },
      ),
    terminal: (exec, size) =>
      start(
        () => execTerminal(options.client, exec, size),
        (started, onClose) => wireTerminal(started, options.lost, onClose),
      ),
  }
}

/** Starts something on a channel of its own, when there is room for it, and passes it to `use`, with what to call when it has closed. */
type StartChannel = <T>(exec: () => Promise<Started>, use: (started: Started, onClose: () => void) => T) => Promise<T>

const channelStarter = (options: ChannelsOptions): StartChannel => {
  let open = 0
  let most = MOST
  // how many channels sshd has open, and the most it ever had
  let live = 0
  let peak = 0
  const waiting: (() => void)[] = []
  const leave = (): void => {
    open--
    waiting.shift()?.()
  }
  const enter = async (): Promise<void> => {
    while (open >= most) {
      throwIfLost(options)
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    open++
  }
  const wakeAll = (): void => waiting.splice(0).forEach((wake) => wake())
  options.client.once('close', wakeAll)

  return async (exec, use) => {
    for (let refusals = 0; ;) {
      await enter()
      try {
        throwIfLost(options)
        const started = await exec()
        peak = Math.max(peak, ++live)
        return use(started, () => {
          live--
          leave()
        })
      } catch (error) {
        open--
        throwIfLost(options, error as Error)
        // sshd answers 2 beyond MaxSessions: the most that were ever open are what it allows. If fewer are open, it has not yet freed
        // one that has just closed.
        if ((error as { reason?: unknown }).reason !== 2) {
          waiting.shift()?.()
          throw refused(options, error as Error)
        }
        if (open > 0 && open >= peak) most = Math.min(most, open)
        else if (++refusals > 3) throw refused(options, error as Error)
        else await new Promise((resolve) => setTimeout(resolve, 100 * 2 ** refusals))
      }
    }
  }
}

const execShell = (client: Client, execWith: ExecWith, agent: boolean, first: string | undefined): Promise<Started> =>
  new Promise((resolve, reject) => {
    // agentForward is documented by ssh2 and missing from its types
    const options: ExecOptions & { agentForward?: boolean } = agent ? { agentForward: true } : {}
    const early = execWith(first, () =>
      client.exec('exec /bin/sh', options, (error, stream) => {
        if (error) return reject(error)
        if (first !== undefined && !early.sent()) stream.write(first)
        resolve(listened(stream))
      }),
    )
  })

const execTerminal = (client: Client, exec: string, { rows, columns }: { rows: number; columns: number }): Promise<Started> =>
  new Promise((resolve, reject) => {
    const pty = { rows, cols: columns, width: 0, height: 0, term: process.env['TERM'] ?? 'xterm' }
    client.exec(exec, { pty }, (error, stream) => (error ? reject(error) : resolve(listened(stream))))
  })

/** Listens from the first moment on: what ends at once reports its code in the same packet. */
const listened = (stream: ClientChannel): Started => {
  const started: Started = { stream, code: undefined, signal: undefined }
  stream.on('exit', (code: number | null, signal?: string) => {
    started.code = code ?? undefined
    started.signal = signal
  })
  return started
}

interface Started {
  readonly stream: ClientChannel
  code: number | undefined
  signal: string | undefined
}

const wire = (started: Started, sink: ChannelSink, lost: () => Error | undefined, onClose: () => void): Channel => {
  const { stream } = started
  let closed = false
  const finish = (end: ChannelEnd): void => {
    if (closed) return
    closed = true
    sink.close(end)
  }
  const openWindow = openWindowEarly(stream)
  const passTo = (take: (chunk: Buffer) => void) => (chunk: Buffer) => {
    if (!closed) take(chunk)
    openWindow()
  }
  stream.on('data', passTo(sink.stdout))
  // both have to be read: they share a window, and `close` waits for the end of both
  stream.stderr.on('data', passTo(sink.stderr))
  stream.on('error', () => undefined)
  stream.stderr.on('error', () => undefined)
  stream.on('close', () => {
    onClose()
    // an exit code that arrived before the connection ended is valid; what did not arrive is unknown
    finish({ code: started.code, signal: started.signal, lost: lost() })
  })
  return {
    write: (bytes) => {
      if (!closed && stream.writable) stream.write(bytes)
    },
    drained: () => (closed ? Promise.resolve() : drained(stream)),
    end: () => {
      if (!closed && stream.writable) stream.end()
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    close: () => {
      if (closed) return
      stream.close()
      // sshd answers when the command has ended, maybe never; until then it counts the session
      finish({ code: started.code, signal: started.signal, lost: undefined })
    },
  }
}

const wireTerminal = (started: Started, lost: () => Error | undefined, onClose: () => void): RemoteTerminal => {
  const { stream } = started
  const closed = Promise.withResolvers<ChannelEnd>()
  const finish = (reason: Error | undefined) => closed.resolve({ code: started.code, signal: started.signal, lost: reason })
  stream.on('error', () => undefined)
  stream.stderr.on('error', () => undefined)
  stream.on('close', () => {
    onClose()
    finish(started.code === undefined && started.signal === undefined ? lost() : undefined)
  })
  return {
    stream,
    closed: closed.promise,
    close: () => {
      stream.close()
      finish(undefined)
    },
  }
}

/** Throws if the connection is gone. */
const throwIfLost = (options: ChannelsOptions, error?: Error): void => {
  const lost = options.lost()
  if (lost || (error && /^(?:Not connected|No response from server)$/.test(error.message)))
    throw new ShipitError(`the connection to ${options.address} is lost: ${(lost ?? error!).message}`, {
      exit: EXIT.unreachable,
      host: options.host,
      cause: lost ?? error,
    })
}

const refused = (options: ChannelsOptions, error: Error & { reason?: unknown }): ShipitError => {
  const [message, hint] =
    error.reason === 2
      ? [
          'sshd opens no session',
          'check that MaxSessions in its sshd_config is not 0, and that the account has not reached its limit of processes',
        ]
      : /pseudo-terminal/i.test(error.message)
        ? ['sshd gives no terminal', 'check PermitTTY in its sshd_config, and no-pty or restrict in authorized_keys']
        : /agent forwarding/i.test(error.message)
          ? ['sshd does not allow agent forwarding', 'set AllowAgentForwarding in its sshd_config, or forwardAgent: false']
          : [
              `sshd does not start a shell (${error.message})`,
              'can this account run commands? Check its login shell, ForceCommand in sshd_config, and restrict in authorized_keys',
            ]
  return new ShipitError(`${options.address}: ${message}`, { exit: EXIT.unreachable, host: options.host, hint, cause: error })
}
