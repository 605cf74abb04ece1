import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Host, SshOptions } from '../../src/inventory/types.ts'
import { exec } from './exec.ts'
import { program } from './needs.ts'
import { freePort } from './port.ts'

export { needs } from './needs.ts'
export { withAccount } from './account.ts'

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa'

export interface SshdOptions {
  /** accounts with bash read their ~/.bashrc, as they do everywhere else */
  readonly rc?: boolean
  /** Types of the host keys; ed25519 alone by default (rsa takes a second to make). */
  hostKeys?: readonly KeyType[]
  /** More lines of sshd_config; they win over the defaults here. */
  config?: readonly string[]
  /** The port to use, for a server that returns with other keys. */
  port?: number
}

export interface Sshd {
  readonly dir: string
  readonly port: number
  /** the account that runs the tests */
  readonly user: string
  /** ed25519, no passphrase; opens every account of this server */
  readonly keyFile: string
  /** holds every host key of this server under `[127.0.0.1]:port` */
  readonly knownHosts: string
  /** an ssh_config with keyFile and knownHosts and nothing of the machine */
  readonly configFile: string
  readonly hostKeyFiles: Readonly<Partial<Record<KeyType, string>>>
  /** Makes another key. With `authorized: false` the server rejects it. */
  newKey(type?: KeyType, options?: { passphrase?: string; authorized?: boolean; format?: 'PEM' }): Promise<string>
  /** a Host of the inventory for this server */
  host(ssh?: SshOptions & { name?: string }): Host
  /** what sshd logged so far (LogLevel VERBOSE) */
  log(): string
  /** kills (-9) the processes of all connections; the listener stays */
  dropConnections(): void
  stop(): Promise<void>
}

/** Starts a real sshd on 127.0.0.1 with fresh keys. As root every account can log in with `keyFile`, otherwise only the current one. */
export const startSshd = async (options: SshdOptions = {}): Promise<Sshd> => {
  const binary = program('sshd')
  if (!binary) throw new Error('sshd is not installed: guard the test with needs("sshd")')
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 })
  const dir = mkdtempSync(join(tmpdir(), 'shipit-sshd-'))
  // sshd reads the authorized keys as the account that logs in
  chmodSync(dir, 0o755)
  const hostKeyFiles: Partial<Record<KeyType, string>> = {}
  for (const type of options.hostKeys ?? ['ed25519']) hostKeyFiles[type] = await makeKey(join(dir, `host_${type}`), type)
  const authorized = join(dir, 'authorized_keys')
  const keyFile = await makeKey(join(dir, 'client_ed25519'), 'ed25519')
  writeFileSync(authorized, readFileSync(`${keyFile}.pub`), { mode: 0o644 })

  const { child, port, log } = await listen(binary, dir, options, Object.values(hostKeyFiles))
  const knownHosts = join(dir, 'known_hosts')
  const publicKeys = Object.values(hostKeyFiles).map((file) => readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' '))
  writeFileSync(knownHosts, publicKeys.map((key) => `[127.0.0.1]:${port} ${key}\n`).join(''), { mode: 0o600 })
  const configFile = join(dir, 'ssh_config')
  writeFileSync(
    configFile,
    `IdentityFile ${keyFile}\nIdentitiesOnly yes\nIdentityAgent none\nUserKnownHostsFile ${knownHosts}\nGlobalKnownHostsFile /dev/null\n`,
  )

  // do not leave a server behind if the test file dies
  const onExit = (): void => {
    for (const pid of [...descendants(child.pid!), child.pid!]) kill(pid, 'SIGKILL')
    rmSync(dir, { recursive: true, force: true })
  }
  process.once('exit', onExit)
  const user = userInfo().username
  let keys = 0
  return {
    dir,
    port,
    user,
    keyFile,
    knownHosts,
    configFile,
    hostKeyFiles,
    newKey: async (type = 'ed25519', wanted = {}) => {
      const file = await makeKey(join(dir, `extra_${++keys}_${type}`), type, wanted.passphrase, wanted.format)
      if (wanted.authorized !== false) writeFileSync(authorized, readFileSync(`${file}.pub`), { flag: 'a' })
      return file
    },
    host: ({ name, ...ssh } = {}) => ({
      name: name ?? `lab-${port}`,
      address: '127.0.0.1',
      user: ssh.user ?? user,
      port: ssh.port ?? port,
      roles: ['app'],
      primary: true,
      release: true,
      vars: {},
      ssh: { configFile, ...ssh },
      sshCommand: [],
      has: (role) => role === 'app',
    }),
    log,
    dropConnections: () => descendants(child.pid!).forEach((pid) => kill(pid, 'SIGKILL')),
    stop: async () => {
      process.off('exit', onExit)
      child.ref()
      const sessions = descendants(child.pid!)
      const ended = child.exitCode !== null || child.signalCode !== null ? undefined : new Promise((resolve) => child.once('exit', resolve))
      kill(child.pid!, 'SIGTERM')
      await ended
      for (const pid of sessions) kill(pid, 'SIGKILL')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const listen = async (
  binary: string,
  dir: string,
  options: SshdOptions,
  hostKeys: readonly string[],
): Promise<{ child: ChildProcess; port: number; log: () => string }> => {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const file = join(dir, 'sshd_config')
    writeFileSync(
      file,
      [...(options.config ?? []), ...baseConfig(dir, port, options.rc === true), ...hostKeys.map((key) => `HostKey ${key}`)].join('\n') +
        '\n',
    )
    const child = spawn(binary, ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    const started = await new Promise<boolean>((resolve) => {
      child.stderr!.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        if (text.includes('Server listening on')) resolve(true)
      })
      child.once('error', () => resolve(false))
      child.once('exit', () => resolve(false))
    })
    // the log pipe must not keep a test process alive
    const pipe = child.stderr as unknown as { unref?: () => void }
    pipe.unref?.()
    child.unref()
    if (started) return { child, port, log: () => text }
    if (attempt === 5 || !/Bind to port|Address already in use/.test(text)) {
      rmSync(dir, { recursive: true, force: true })
      throw new Error(`sshd did not start:\n${text}`)
    }
  }
}

// Debian's bash reads ~/.bashrc for every command that sshd starts, unless it believes that it is an inner shell. That file belongs
// to the machine: it may be slow, or wait forever.
const NO_RC = 'SetEnv SHLVL=2'

const baseConfig = (dir: string, port: number, rc: boolean): string[] => [
  `Port ${port}`,
  'ListenAddress 127.0.0.1',
  `PidFile ${join(dir, 'sshd.pid')}`,
  `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
  'StrictModes no',
  'UsePAM no',
  'PasswordAuthentication no',
  'KbdInteractiveAuthentication no',
  'PermitRootLogin prohibit-password',
  'LogLevel VERBOSE',
  'UseDNS no',
  ...(rc ? [] : [NO_RC]),
  'MaxStartups 100:30:200',
  // OpenSSH 9.8 and later punish a source that fails to log in
  ...(penalties() ? ['PerSourcePenalties no'] : []),
]

let knowsPenalties: boolean | undefined
const penalties = (): boolean => (knowsPenalties ??= readFileSync(program('sshd')!).includes('persourcepenalties'))

const makeKey = async (file: string, type: KeyType, passphrase = '', format?: 'PEM'): Promise<string> => {
  const bits = type === 'rsa' ? ['-b', '2048'] : []
  await exec('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...bits,
    ...(format ? ['-m', format] : []),
    '-N',
    passphrase,
    '-C',
    'shipit test',
    '-f',
    file,
  ])
  return file
}

const kill = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // it has already ended
  }
}

/** sshd processes under `root`: one or two a connection. Processes that they run for a client are not included. */
const descendants = (root: number): number[] => {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'latin1')
      const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
      if (comm.startsWith('sshd')) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
    } catch {
      // the process has ended meanwhile
    }
  }
  const under = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...under(child)])
  return under(root)
}
