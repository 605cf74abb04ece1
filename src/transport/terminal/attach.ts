import type { ClientChannel } from 'ssh2'
import { cleanText } from '../../redact/clean.ts'
import { masked } from '../../redact/mask.ts'
import { EXIT, ShipitError } from '../../values/errors.ts'
import type { AttachOptions, ChannelEnd, LocalTerminal } from '../types.ts'
import { bootstrap, readiness } from './bootstrap.ts'
import { escapeFilter } from './escape.ts'
import { trackModes } from './modes.ts'

/** A command on the host, with a terminal there. */
export interface RemoteTerminal {
  readonly stream: ClientChannel
  readonly closed: Promise<ChannelEnd>
  /** Hangs up, without waiting for the host. */
  close(): void
}

/** How many milliseconds the account has to start a shell: as for scripts. */
const STARTS = 30_000

/**
 * Runs the script on a terminal of the host, with the local terminal as its screen and keyboard, until it ends, the connection is lost or
 * the signal aborts. Then the local terminal is as it was, whatever happened. Throws ShipitError (exit 3) if the account starts no shell.
 */
export const attachTerminal = async (
  host: string,
  open: (exec: string) => Promise<RemoteTerminal>,
  script: Buffer,
  { terminal, signal }: AttachOptions,
): Promise<ChannelEnd> => {
  const boot = bootstrap(script)
  const remote = await open(boot.exec)
  const { stream } = remote
  const start = readiness(boot.ready)
  const modes = trackModes()
  let giveBack: (() => void) | undefined
  let cut = false
  const show = (chunk: Buffer): void => {
    if (cut) return
    modes.output(chunk)
    if (terminal.write(chunk)) return
    stream.pause()
    terminal.output.once('drain', () => stream.resume())
  }
  const hangUp = (): void => {
    cut = true
    // what is not read any more would keep the channel open
    stream.resume()
    remote.close()
  }
  const output = (chunk: Buffer): void => {
    if (giveBack) return show(chunk)
    const rest = start.output(chunk)
    if (!rest) return
    clearTimeout(timer)
    giveBack = connectTerminal(terminal, stream, hangUp)
    stream.write(script)
    if (rest.length > 0) show(rest)
  }
  const timer = setTimeout(() => remote.close(), STARTS)
  signal.addEventListener('abort', hangUp, { once: true })
  stream.on('data', output)
  stream.stderr.on('data', output)
  if (signal.aborted) hangUp()
  try {
    const end = await remote.closed
    if (!giveBack && !signal.aborted && !end.lost) throw noShell(host, start.printed())
    cut ||= end.lost !== undefined
    return cut && !end.lost && end.code === undefined ? { ...end, signal: end.signal ?? 'SIGHUP' } : end
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', hangUp)
    giveBack?.()
    if (cut && giveBack) terminal.write(Buffer.from(`${modes.undo()}\r\n`))
  }
}

/** Connects keyboard and size to the host. Returns a function that gives the terminal back as it was. */
const connectTerminal = ({ input, output, away }: LocalTerminal, stream: ClientChannel, hangUp: () => void): (() => void) => {
  const escape = escapeFilter()
  const typed = (chunk: Buffer): void => {
    const { bytes, closed } = escape(chunk)
    if (closed) return hangUp()
    if (bytes.length === 0 || !stream.writable || stream.write(bytes)) return
    input.pause()
    stream.once('drain', () => input.resume())
  }
  const resize = (): void => stream.setWindow(output.rows, output.columns, 0, 0)
  // a stopped process that goes on: its shell has reset the terminal meanwhile
  const goOn = (): void => {
    input.setRawMode(false)
    input.setRawMode(true)
    resize()
  }
  const giveBack = (): void => {
    process.off('exit', giveBack)
    process.off('SIGCONT', goOn)
    output.off('resize', resize)
    input.off('data', typed)
    input.off('end', hangUp)
    input.setRawMode(false)
    input.pause()
    away(false)
  }
  away(true)
  process.on('exit', giveBack)
  process.on('SIGCONT', goOn)
  output.on('resize', resize)
  input.on('end', hangUp)
  input.setRawMode(true)
  input.on('data', typed)
  input.resume()
  return giveBack
}

const noShell = (host: string, printed: string): ShipitError => {
  const text = cleanText(masked(printed)).trim().slice(-500)
  return new ShipitError(`the account starts no shell on a terminal${text === '' ? '' : `; it printed: ${text}`}`, {
    exit: EXIT.unreachable,
    host,
    hint: 'check its login shell, ForceCommand in sshd_config, and command= in authorized_keys',
  })
}
