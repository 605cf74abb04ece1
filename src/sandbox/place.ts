import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { usageError } from '../values/errors.ts'
import { quote } from '../shell/quote.ts'
import { config, page } from './project.ts'
import type { SandboxHost } from './types.ts'
import { newKey } from './keys.ts'

/** The folder of a demo: your machine's side of it. The hosts' homes are in `hosts`. */
export interface Place {
  readonly hosts: string
  /** The repository that is deployed, with its deploy.config.ts. */
  readonly shop: string
  /** Runs shipit in it: `shipit demo deploy`. */
  readonly shipit: string
  /** Logs in to a host: `ssh web1 COMMAND`. Undefined where ssh is not installed. */
  readonly ssh: string | undefined
  readonly authorizedKey: string
  /** Makes the files that need the hosts' ports and keys. */
  introduce(hosts: readonly SandboxHost[]): void
  /** Another version of the page, committed. */
  commit(version: number, message: string): void
}

/** Lays out a demo in `root`, an empty folder: a home with a key of its own, and an empty git repository. Throws (usage) without git. */
export const layOut = (root: string): Place => {
  if (!installed('git', '--version')) throw usageError('the demo needs git', { hint: 'install git, and run shipit demo again' })
  const home = join(root, 'you')
  const shop = join(root, 'shop')
  const hosts = join(root, 'hosts')
  const sshDir = join(home, '.ssh')
  const keyFile = join(sshDir, 'id_ed25519')
  const sshConfig = join(sshDir, 'config')
  const knownHosts = join(sshDir, 'known_hosts')
  const shipit = join(root, 'shipit')
  const ssh = installed('ssh', '-V') ? join(root, 'ssh') : undefined
  const key = newKey('shipit demo')

  for (const dir of [sshDir, shop, hosts]) mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(keyFile, key.private, { mode: 0o600 })
  script(shipit, `HOME=${quote(home)} SHIPIT_DEMO=1 exec ${quote(process.execPath)} ${quote(entry)} "$@"`)
  if (ssh !== undefined) script(ssh, `exec ssh -F ${quote(sshConfig)} "$@"`)

  const git = (...args: string[]) => execFileSync('git', ['-C', shop, ...args], { env: gitEnv(), stdio: ['ignore', 'ignore', 'pipe'] })
  return {
    hosts,
    shop,
    shipit,
    ssh,
    authorizedKey: key.public,
    introduce(known) {
      writeFileSync(knownHosts, known.map(({ knownHost }) => `${knownHost}\n`).join(''))
      writeFileSync(sshConfig, known.map(hostEntry).join('') + sshDefaults(keyFile, knownHosts))
      // An alias of ssh_config is read by ssh itself: where it is not installed, hosts are called by their ports.
      const servers = known.map(({ name, port }) => (ssh === undefined ? `127.0.0.1:${port}` : name))
      git('init', '--quiet', '--initial-branch=main')
      for (const [key, value] of settings) git('config', key, value)
      writeFileSync(join(shop, 'deploy.config.ts'), config({ repoUrl: shop, servers, keyFile, sshConfig }))
    },
    commit(version, message) {
      writeFileSync(join(shop, 'index.html'), page(version))
      git('add', '--all')
      git('commit', '--quiet', '--message', message)
    },
  }
}

const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../cli/bin.ts' : './bin.js', import.meta.url))

/** The repository's own, so that a commit works whatever the machine's git is set to. */
const settings = [
  ['user.name', 'Demo'],
  ['user.email', 'demo@example.com'],
  ['commit.gpgSign', 'false'],
  ['core.hooksPath', '/dev/null'],
] as const

/** Without the variables that git sets for hooks: the demo may be started by one. */
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

const script = (file: string, line: string): void => {
  writeFileSync(file, `#!/bin/sh\n${line}\n`)
  chmodSync(file, 0o755)
}

const installed = (program: string, flag: string): boolean => {
  try {
    execFileSync(program, [flag], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
