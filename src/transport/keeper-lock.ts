import type { Host } from '../inventory/types.ts'
import { toText } from '../shell/bytes.ts'
import { placeRemedy } from '../shell/place-remedy.ts'
import { pathBin } from '../shell/quote.ts'
import { path } from '../values/path.ts'
import { ShipitError } from '../values/errors.ts'
import { parseAround, parseIrregular } from '../values/own-places.ts'
import type { HostProcess, LockRequest, LockResult } from './types.ts'

/** The messages that make the keeper take the lock: one per value, each on one line and short enough for a pipe to take at once. */
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
  const around = how === 'inside' ? parseAround(detail) : undefined
  if (around) return { taken: false, run: '', around }
  if (how === 'held') {
    const [run = '', owner = '', what = '', since = '', ...more] = holder.map(line)
    const left = more.flatMap((text) => (text.startsWith('left ') ? (hostProcess(text.slice(5)) ?? []) : []))
    const keeper = Number(/^keeper (\d+) \d+ \d+$/.exec(more[0] ?? '')?.[1])
    return {
      taken: false,
      owner: owner || 'somebody',
      what: what || 'something',
      since: Number(since) || 0,
      run,
      ...(detail === '' ? {} : { halted: detail.split(' ').map(Number) }),
      ...(left.length > 0 ? { left, ...(keeper > 1 ? { keeper } : {}) } : {}),
    }
  }
  if (how === 'foreign') return { taken: false, run: '', holder: hostProcess(line(detail)) }
  const [, user, said] = /^(\S+) (.*)$/s.exec(detail) ?? []
  const closed = Object.hasOwn(CLOSED, how) ? CLOSED[how] : undefined
  if (closed && user !== undefined && said !== undefined)
    return new ShipitError(`${closed.message}: ${line(said)}`, { host: host.name, hint: closed.remedy(said, user, deployTo) })
  const { message, hint } = TROUBLE[how] ?? { message: 'the lock could not be taken', hint: undefined }
  return new ShipitError(detail === '' ? message : `${message}: ${line(detail)}`, { host: host.name, hint })
}

const taken = (user: string, dir: string): string => `sudo chown -R ${user} ${dir} && sudo chmod -R u+rwX ${dir}`

/** `.shipit` exists, so somebody created it. */
const openRemedy: typeof placeRemedy = (said, user, deployTo) =>
  /ermission denied/.test(said)
    ? `its owner or its mode keeps ${user} out. On that host: ${taken(user, toText(pathBin(path(`${deployTo}/.shipit`))))}`
    : /Is a directory/i.test(said)
      ? `${deployTo}/.shipit/lock is a directory: move it away`
      : placeRemedy(said, user, deployTo)

/** Parses `1234 root sleep 300`, which the keeper prints. */
export const hostProcess = (text: string): HostProcess | undefined => {
  const [, pid, user, command] = /^(\d+) (\S+) (.*)$/.exec(line(text)) ?? []
  return pid === undefined ? undefined : { pid: Number(pid), user: user!, command: command!.trim() }
}

/** `1234 (root) sleep 300` */
export const nameOf = ({ pid, user, command }: HostProcess): string => `${pid} (${user}) ${command}`

const CLOSED: Record<string, { message: string; remedy: typeof placeRemedy }> = {
  mkdir: { message: 'the directory of the lock cannot be created', remedy: placeRemedy },
  open: { message: 'the lock file cannot be opened', remedy: openRemedy },
}

const TROUBLE: Record<string, { message: string; hint: string }> = {
  flock: { message: 'the host has no flock, which holds the lock', hint: 'install it: apt-get install util-linux, or apk add flock' },
  failed: { message: 'the lock cannot be taken', hint: 'DEPLOY_TO must be on a file system that knows flock(2)' },
  write: { message: 'the lock file cannot be written', hint: 'is the disk full? (df -h; df -i)' },
}

/** One line of printable text. */
const line = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- what strangers wrote must not move our cursor
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .trim()
    .slice(0, 200)
