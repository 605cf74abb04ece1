import { after, before } from 'node:test'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { must } from './child.ts'
import { labHost } from './host.ts'
import type { LabHost } from './host.ts'
import { labDir, labFile, scripts } from './paths.ts'

export interface Lab {
  /** Takes every host down. */
  stop(): Promise<void>
}

/** The hosts for the tests of a `describe`: booted before and taken down after them. */
export const hosts = <N extends Name>(...names: readonly N[]): Readonly<Record<N, LabHost>> => {
  let standing: Lab | undefined
  before(async () => void (standing = await lab(...names)), { timeout: 900_000 })
  after(() => standing?.stop())
  return Object.fromEntries(names.map((name) => [name, labHost(name)])) as Record<N, LabHost>
}
type Name = `h${1 | 2 | 3 | 4 | 5 | 6}`

/** Why this machine cannot boot the lab, or `false`. In CI (`CI` is set) that is an error, not a skipped test. */
export const cannot = (): string | false => {
  const reason = missing()
  if (reason && process.env.CI) throw new Error(`the host tests must run in CI, but ${reason}`)
  return reason && `host tests: ${reason}`
}

const missing = (): string | false => {
  if (process.platform !== 'linux') return 'they need Linux'
  if (process.getuid?.() !== 0) return 'they need root (network namespaces, mounts, systemd-nspawn)'
  const tools = ['systemd-nspawn', 'ip', 'ssh', 'git', 'flock', 'python3', ...(existsSync(labFile('base.stamp')) ? [] : ['mmdebstrap'])]
  const absent = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  return absent.length > 0 && `${absent.join(', ')} not installed: see test/hosts/README.md`
}

/**
 * Boots hosts from a fresh copy of the base. Builds the base if it is missing.
 * A machine runs one lab of a number at a time: a second one waits until the first is down.
 */
export const lab = async (...names: readonly Name[]): Promise<Lab> => {
  mkdirSync(labDir, { recursive: true })
  const stop = await guard()
  try {
    // takes some minutes on an idle machine; the limit is for a hang
    await must(`${scripts}base.sh`, [], { deadline: 2_400_000 })
    await must(`${scripts}repo.sh`, [])
    await Promise.all(names.map((name) => must(`${scripts}up.sh`, [name])))
  } catch (error) {
    await stop()
    throw error
  }
  return { stop }
}

/**
 * A process that holds the lab's lock and takes the hosts down as soon as this process closes its end of the pipe: by `stop`, or when it
 * dies for any reason. `SHIPIT_HOSTS_KEEP=1` leaves the hosts up for you to inspect.
 */
const guard = async (): Promise<() => Promise<void>> => {
  const down = process.env.SHIPIT_HOSTS_KEEP ? ':' : `"${scripts}down.sh" --all`
  const child = spawn(
    'flock',
    ['-o', labFile('lab.lock'), 'sh', '-c', `trap '' INT TERM HUP; ${down}; echo mine; cat >/dev/null; ${down}`],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      detached: true,
    },
  )
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.once('error', reject)
  })
  // the pipe alone must not keep a finished test process alive
  child.unref()
  return async () => {
    child.ref()
    child.stdin.end()
    await ended
  }
}
