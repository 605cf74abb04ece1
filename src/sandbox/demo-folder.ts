import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usageError } from '../values/errors.ts'
import { quote } from '../shell/quote.ts'
import { configText, pageText } from './demo-project.ts'
import type { SandboxHost } from './types.ts'
import { createKey } from './keys.ts'

/** The folder of a demo: the side of your machine. The homes of the hosts are in `hosts`. */
export interface DemoFolder {
  readonly hosts: string
  /** The repository that is deployed, with its deploy.config.ts. */
  readonly shop: string
  /** Runs shipit in it: `shipit demo deploy`. */
  readonly shipit: string
  /** Logs in to a host: `ssh web1 COMMAND`. Undefined if ssh is not installed. */
  readonly ssh: string | undefined
  readonly authorizedKey: string
  /** Writes the files that need the ports and keys of the hosts. */
  writeConfigs(hosts: readonly SandboxHost[]): void
  /** Commits another version of the page. */
  commit(version: number, message: string): void
}

/** Lays out a demo in `root`, an empty folder: a home with a key, and folders for the repository and hosts. Throws (usage) without git. */
export const createDemoFolder = (root: string): DemoFolder => {
  if (!isInstalled('git', '--version')) throw usageError('the demo needs git', { hint: 'install git, and run shipit demo again' })
  const home = join(root, 'you')
  const shop = join(root, 'shop')
  const hosts = join(root, 'hosts')
  const sshDir = join(home, '.ssh')
  const keyFile = join(sshDir, 'id_ed25519')
  const sshConfig = join(sshDir, 'config')
  const knownHosts = join(sshDir, 'known_hosts')
  const shipit = join(root, 'shipit')
  const ssh = isInstalled('ssh', '-V') ? join(root, 'ssh') : undefined
  const key = createKey('shipit demo')

  for (const dir of [sshDir, shop, hosts]) mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(keyFile, key.private, { mode: 0o600 })
  writeScript(shipit, `HOME=${quote(home)} SHIPIT_DEMO=1 exec ${quote(process.execPath)} ${quote(entry)} "$@"`)
  if (ssh !== undefined) writeScript(ssh, `exec ssh -F ${quote(sshConfig)} "$@"`)

  const git = (...args: string[]) => execFileSync('git', ['-C', shop, ...args], { env: gitEnv(), stdio: ['ignore', 'ignore', 'pipe'] })
  return {
    hosts,
    shop,
    shipit,
    ssh,
    authorizedKey: key.public,
    writeConfigs(known) {
      writeFileSync(knownHosts, known.map(({ knownHost }) => `${knownHost}\n`).join(''))
      writeFileSync(sshConfig, known.map(hostEntry).join('') + sshDefaults(keyFile, knownHosts))
      // ssh itself reads an alias in ssh_config: if it is not installed, hosts are addressed by port.
      const servers = known.map(({ name, port }) => (ssh === undefined ? `127.0.0.1:${port}` : name))
      git('init', '--quiet', '--initial-branch=main')
      for (const [key, value] of settings) git('config', key, value)
      writeFileSync(join(shop, 'deploy.config.ts'), configText({ repoUrl: shop, servers, keyFile, sshConfig }))
    },
    commit(version, message) {
      writeFileSync(join(shop, 'index.html'), pageText(version))
      git('add', '--all')
      git('commit', '--quiet', '--message', message)
    },
  }
}

const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../cli/bin.ts' : './bin.js', import.meta.url))

/** Settings of the repository, so that a commit works however git is set up on this machine. */
const settings = [
  ['user.name', 'Demo'],
  ['user.email', 'demo@example.com'],
  ['commit.gpgSign', 'false'],
  ['core.hooksPath', '/dev/null'],
] as const

/** Without the variables that git sets for hooks: a hook may start the demo. */
const gitEnv = (): NodeJS.ProcessEnv => Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')))

const hostEntry = ({ name, port }: SandboxHost): string => `Host ${name}\n  HostName 127.0.0.1\n  Port ${port}\n`

const sshDefaults = (keyFile: string, knownHosts: string): string =>
  [
    'Host *',
    'User demo',
    `IdentityFile "${keyFile}"`,
    'IdentitiesOnly yes',
    'IdentityAgent none',
    `UserKnownHostsFile "${knownHosts}"`,
    'GlobalKnownHostsFile /dev/null',
    '',
  ].join('\n  ')

const writeScript = (file: string, line: string): void => {
  writeFileSync(file, `#!/bin/sh\n${line}\n`)
  chmodSync(file, 0o755)
}

const isInstalled = (program: string, flag: string): boolean => {
  try {
    execFileSync(program, [flag], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
