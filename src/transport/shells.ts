import type { Client, ClientChannel, ExecOptions } from 'ssh2'
import { EXIT, ShipitError } from '../values/errors.ts'
import { type ExecWith, firstWords } from './firstwords.ts'
import type { Channel, ChannelEnd, ChannelSink } from './types.ts'

export interface ShellsOptions {
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

/** Opens shells on one connection: a few at a time, the rest wait their turn. */
export const shells = (options: ShellsOptions): ((sink: ChannelSink, agent: boolean, first?: string) => Promise<Channel>) => {
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
      gone(options)
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    open++
  }
  const wakeAll = (): void => waiting.splice(0).forEach((wake) => wake())
  options.client.once('close', wakeAll)
  const execWith = firstWords(options.client)

  return async (sink, agent, first) => {
    for (let refusals = 0; ;) {
      await enter()
      try {
        gone(options)
        const started = await execShell(options.client, execWith, agent, first)
        peak = Math.max(peak, ++live)
        if (agent) options.onAgent(1)
        return wire(started, sink, options.lost, () => {
          if (agent) options.onAgent(-1)
          live--
          leave()
        })
      } catch (error) {
        open--
        gone(options, error as Error)
        // sshd answers 2 beyond MaxSessions: the most that were ever open are what it allows. If fewer are open, it has not yet freed the
        // place of one that has just closed.
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
    const words = execWith(first, () =>
      client.exec('exec /bin/sh', options, (error, stream) => {
        if (error) return reject(error)
        if (first !== undefined && !words.sent()) stream.write(first)
        const started: Started = { stream, code: undefined, signal: undefined }
        // listen from here on: what ends at once reports its code in the same packet
        stream.on('exit', (code: number | null, signal?: string) => {
          started.code = code ?? undefined
          started.signal = signal
        })
        resolve(started)
      }),
    )
  })

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
  stream.on('data', (chunk: Buffer) => closed || sink.stdout(chunk))
  // both must be read: they share a window, and `close` waits for the end of both
  stream.stderr.on('data', (chunk: Buffer) => closed || sink.stderr(chunk))
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
    end: () => {
      if (!closed && stream.writable) stream.end()
    },
    close: () => {
      if (closed) return
      stream.close()
      // sshd answers when the command has ended, maybe never; until then it counts the session
      finish({ code: started.code, signal: started.signal, lost: undefined })
    },
  }
}

/** Throws if the connection is gone. */
const gone = (options: ShellsOptions, error?: Error): void => {
  const lost = options.lost()
  if (lost || (error && /^(?:Not connected|No response from server)$/.test(error.message)))
    throw new ShipitError(`the connection to ${options.address} is lost: ${(lost ?? error!).message}`, {
      exit: EXIT.unreachable,
      host: options.host,
      cause: lost ?? error,
    })
}

const refused = (options: ShellsOptions, error: Error & { reason?: unknown }): ShipitError => {
  const [message, hint] =
    error.reason === 2
      ? ['sshd opens no session', 'is MaxSessions in its sshd_config 0, or is the account out of processes?']
      : /agent forwarding/i.test(error.message)
        ? ['sshd does not let the ssh agent be forwarded', 'set AllowAgentForwarding in its sshd_config, or forwardAgent: false']
        : [
            `sshd does not start a shell (${error.message})`,
            'may this account run commands? (its login shell, ForceCommand, restrict in authorized_keys)',
          ]
  return new ShipitError(`${options.address}: ${message}`, { exit: EXIT.unreachable, host: options.host, hint, cause: error })
}
