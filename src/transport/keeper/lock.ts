import { masked } from '../../redact/mask.ts'
import type { Host } from '../../inventory/types.ts'
import { toText } from '../../shell/bytes.ts'
import { deployPathRemedy } from '../../shell/deploy-path-remedy.ts'
import { pathBin } from '../../shell/quote.ts'
import { typed } from '../../shell/typed.ts'
import { path } from '../../values/path.ts'
import { ShipitError } from '../../values/errors.ts'
import { parseHold } from '../../values/hold.ts'
import { LOCK_RUN_FILE } from '../../values/layout.ts'
import { parseEnclosing, parseIrregular } from '../../values/own-files.ts'
import type { HostProcess, LockRequest, LockResult } from '../types.ts'

/** The messages that make the keeper take the lock: one per value, each on one line. */
export const lockMessages = (request: LockRequest): string[] => {
  if (/[\n\r\0]/.test(request.deployTo)) throw new TypeError('a directory with a line break in its name cannot be locked')
  return [
    `dir ${request.deployTo}`,
    `run ${line(request.run)}`,
    `owner ${line(request.owner)}`,
    `what ${line(request.what)}`,
    `since ${Math.floor(request.since)}`,
    ...(request.again ? ['again'] : []),
    'lock',
  ]
}

/** Parses the keeper's answer. `holder` has the lines of the lock file, which anybody may have written. */
export const lockAnswer = (
  host: Host,
  { how, detail, deployTo }: { readonly how: string; readonly detail: string; readonly deployTo: string },
  { holder, irregular }: { readonly holder: readonly string[]; readonly irregular: readonly string[] },
): LockResult | ShipitError => {
  if (how === 'taken') return { taken: true }
  if (how === 'irregular') return { taken: false, run: '', irregular: irregular.flatMap((text) => parseIrregular(text) ?? []) }
  if (how === 'hold') return { taken: false, run: '', hold: parseHold(holder.map(line)) }
  const enclosing = how === 'inside' ? parseEnclosing(detail) : undefined
  if (enclosing) return { taken: false, run: '', enclosing }
  if (how === 'held') {
    const [run = '', owner = '', what = '', since = '', ...more] = holder.map(line)
    const left = more.flatMap((text) => (text.startsWith('left ') ? (hostProcess(text.slice(5)) ?? []) : []))
    const keeper = Number(/^keeper (\d+) \d+ \d+$/.exec(more[0] ?? '')?.[1])
    return {
      taken: false,
      owner: owner || 'an unknown user',
      what: what || 'something',
      since: Number(since) || 0,
      run,
      ...(detail === '' ? {} : { halted: detail.split(' ').map(Number) }),
      ...(left.length > 0 ? { left, ...(keeper > 1 ? { keeper } : {}) } : {}),
    }
  }
  if (how === 'write') return notWritten(host, detail, deployTo)
  if (how === 'foreign') return { taken: false, run: '', holder: hostProcess(line(detail)) }
  const [, user, stderr] = /^(\S+) (.*)$/s.exec(detail) ?? []
  const closed = Object.hasOwn(CLOSED, how) ? CLOSED[how] : undefined
  if (closed && user !== undefined && stderr !== undefined)
    return new ShipitError(`${closed.message}: ${line(stderr)}`, { host: host.name, hint: closed.remedy(stderr, user, deployTo) })
  const { message, hint } = TROUBLE[how] ?? { message: 'the lock could not be taken', hint: undefined }
  return new ShipitError(detail === '' ? message : `${message}: ${line(detail)}`, { host: host.name, hint })
}

const takeOverCommand = (user: string, dir: string): string => `sudo chown -R ${user} ${dir} && sudo chmod -R u+rwX ${dir}`

/** `detail`: the account of this run, the owner of the file (or `-`), and what the shell printed. */
const notWritten = (host: Host, detail: string, deployTo: string): ShipitError => {
  const [, user = '', owner = '-', stderr = ''] = /^(\S+) (\S+) (.*)$/s.exec(detail) ?? []
  const message = 'the lock file cannot be written'
  if (owner === '-' || !/ermission denied/.test(stderr))
    return new ShipitError(`${message}${stderr === '' ? '' : `: ${line(stderr)}`}`, {
      host: host.name,
      hint: 'is the disk full? (df -h; df -i)',
    })
  const file = path(deployTo).join(LOCK_RUN_FILE)
  return new ShipitError(`${message}: ${file} belongs to ${owner}, and its mode keeps ${user} out`, {
    host: host.name,
    hint: `if both accounts deploy here, on that host, as ${owner} or root: chmod g+rw ${typed(file)}`,
  })
}

/** `.shipit` exists, so another program or user created it. */
const openRemedy: typeof deployPathRemedy = (stderr, user, deployTo) =>
  /ermission denied/.test(stderr)
    ? `its owner or its mode keeps ${user} out. On that host: ${takeOverCommand(user, toText(pathBin(path(`${deployTo}/.shipit`))))}`
    : /Is a directory/i.test(stderr)
      ? `${deployTo}/.shipit/lock is a directory: move it away`
      : deployPathRemedy(stderr, user, deployTo)

/** Parses `1234 root sleep 300`, which the keeper prints. */
export const hostProcess = (text: string): HostProcess | undefined => {
  const [, pid, user, command] = /^(\d+) (\S+) (.*)$/.exec(line(text)) ?? []
  return pid === undefined ? undefined : { pid: Number(pid), user: user!, command: command!.trim() }
}

/** `1234 (root) sleep 300` */
export const nameOf = ({ pid, user, command }: HostProcess): string => `${pid} (${user}) ${command}`

const CLOSED: Record<string, { message: string; remedy: typeof deployPathRemedy }> = {
  mkdir: { message: 'the directory of the lock cannot be created', remedy: deployPathRemedy },
  open: { message: 'the lock file cannot be opened', remedy: openRemedy },
}

const TROUBLE: Record<string, { message: string; hint: string }> = {
  flock: {
    message: 'the host has no flock, which shipit needs for the lock',
    hint: 'install it: apt-get install util-linux, or apk add flock',
  },
  failed: { message: 'the lock cannot be taken', hint: 'DEPLOY_TO must be on a file system that supports flock(2)' },
}

/** One line of printable text, secrets masked. */
const line = (text: string): string =>
  masked(text)
    // oxlint-disable-next-line no-control-regex -- what strangers wrote must not move our cursor
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 200)
